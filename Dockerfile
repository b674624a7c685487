# tintype in an empty image: the program, /data, /tmp and licences.
#
#   docker build -t tintype .
#   docker buildx build --platform linux/amd64,linux/arm64 -t tintype .
#
# RUST is an image with Debian and a Rust toolchain. The compiler runs on the builder's own architecture, whatever is built.
ARG RUST=rust:1.95-bookworm

FROM scratch AS empty
LABEL org.opencontainers.image.title="tintype" \
  org.opencontainers.image.description="Cloudflare Images on localhost" \
  org.opencontainers.image.licenses="MIT OR Apache-2.0"
ENV TINTYPE_DATA=/data TINTYPE_LISTEN=0.0.0.0:1856 TINTYPE_TLS=0.0.0.0:443
EXPOSE 1856 443
# Any other uid does as well. Docker lets every uid listen on 443 (net.ipv4.ip_unprivileged_port_start=0).
USER 65532:65532
# A big seed is loaded before anything is answered; the first success ends the time for it.
HEALTHCHECK --interval=2s --timeout=2s --start-period=5m --retries=5 CMD ["/tintype", "healthcheck"]
ENTRYPOINT ["/tintype"]

# Of a folder that `scripts/rootfs` has filled: docker build --target prebuilt -f Dockerfile FOLDER
FROM empty AS prebuilt
COPY . /
VOLUME /data

FROM --platform=$BUILDPLATFORM ${RUST} AS build
ARG TARGETARCH
WORKDIR /src
COPY scripts/static-tools scripts/
RUN scripts/static-tools ${TARGETARCH}
COPY . .
RUN --mount=type=cache,target=/usr/local/cargo/registry --mount=type=cache,target=/src/target \
  scripts/rootfs "$(scripts/static ${TARGETARCH})" /rootfs ${TARGETARCH}

FROM empty
COPY --from=build /rootfs/ /
VOLUME /data
