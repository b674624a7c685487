"""The service under test, named by the environment, and what every case gets from it."""

from __future__ import annotations

import os
import socket
import struct
import threading
from contextlib import suppress
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote

import httpx
import pytest

import support
from support import OLD_BROWSER, Api, ok, picture

# What tintype doesn't do yet. Whoever builds it has to take it from here: then the case passes, and that fails.
NOT_YET: dict[str, str] = {}


def setting(name: str) -> str:
    value = os.environ.get(f"CONFORMANCE_{name}", "")
    assert value, f"CONFORMANCE_{name} is not set: see README.md"
    return value


def pytest_configure(config):
    support.assumptions_hold = "not assumed" not in (config.option.markexpr or "")


def pytest_collection_modifyitems(items):
    real = "cloudflare.com" in os.environ.get("CONFORMANCE_BASE_URL", "")
    for item in items:
        if not real and item.originalname in NOT_YET:
            item.add_marker(pytest.mark.xfail(reason=NOT_YET[item.originalname], strict=True))
        assert item.get_closest_marker("fact"), f"{item.nodeid} says no source"
        for name in ("disposable", "slow"):
            if item.get_closest_marker(name) and not os.environ.get(f"CONFORMANCE_{name.upper()}"):
                item.add_marker(pytest.mark.skip(reason=f"CONFORMANCE_{name.upper()} is not set"))


@pytest.fixture(scope="session")
def base() -> str:
    """`https://…/client/v4`"""
    return setting("BASE_URL").rstrip("/")


@pytest.fixture(scope="session")
def account() -> str:
    return setting("ACCOUNT")


@pytest.fixture(scope="session")
def images(base, account) -> str:
    return f"{base}/accounts/{account}/images"


@pytest.fixture(scope="session")
def bearer() -> dict[str, str]:
    return {"authorization": f"Bearer {setting('TOKEN')}"}


@pytest.fixture(scope="session")
def plain():
    """A client without credentials, for upload URLs and the gateway."""
    with httpx.Client(timeout=60) as client:
        yield client


@pytest.fixture
def api(images, bearer):
    with Api(images, bearer) as api:
        try:
            yield api
        finally:
            api.clean()


@pytest.fixture
def batch(api, base):
    """The same account through the batch host, with a token for it."""
    token = ok(api.get("/v1/batch_token"))["token"]
    host = base.removesuffix("/client/v4")
    url = "https://batch.imagedelivery.net" if host == "https://api.cloudflare.com" else f"{host}/batch"
    with Api(f"{url}/images", {"authorization": f"Bearer {token}"}) as batch:
        try:
            yield batch
        finally:
            batch.clean()


@pytest.fixture
def creator() -> str:
    """A creator that no other image has: by it a listing shows the images of one case."""
    return support.unique()


@pytest.fixture
def image(api) -> dict:
    """geometry.png, 400x300, hosted."""
    return api.uploaded(file="geometry.png")


@pytest.fixture
def get(plain):
    """Gets a variant of an image, or a URL; as a client that takes any image but the new kinds, if nothing else is said."""

    def get(image, last="public", accept=OLD_BROWSER, method="GET", **headers):
        url = image if isinstance(image, str) else support.address(image, last)
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        return plain.request(method, url, headers={"accept": accept, **headers})

    return get


@pytest.fixture
def config(api):
    """The account's configuration, put back in the end."""
    before = ok(api.get("/v1/config"))
    yield before
    api.patch("/v1/config", json=before)


@pytest.fixture
def key_to_spare(api):
    """The name of a key that may be made."""
    if len(ok(api.get("/v1/keys"))["keys"]) > 1:
        pytest.skip("the account has all the keys it may have")
    return "conformance"


class Origin(BaseHTTPRequestHandler):
    """A web site with pictures, for what is fetched by URL. It isn't always well."""

    # Of every request: the path with its query, and the headers.
    asked: list[tuple[str, Message]] = []

    PICTURES = {str(file.relative_to(support.FIXTURES)) for file in support.FIXTURES.rglob("*.*")}
    # Redirects, by where they lead.
    LEADS = {
        "/moved": "/pictures/still.gif",
        "/loop": "/loop",
        "/astray": "http://[/",
        "/to-mail": "mailto:ann@example.com",
        "/nowhere": None,
    }
    # Pictures that come with something.
    SAYS = {
        "/tagged.png": {"etag": '"v1"', "cache-control": "public, max-age=7200", "set-cookie": "a=b"},
        "/brief.png": {"cache-control": "public, max-age=60"},
        "/strict.png": {"cache-control": "public, max-age=7200, must-revalidate"},
    }
    PAGES = {
        "/page.html": ("text/html", b"<!doctype html><p>no picture</p>"),
        "/scan.tiff": ("image/tiff", (support.FIXTURES / "broken/document.tiff").read_bytes()),
        "/old.bmp": ("image/bmp", (support.FIXTURES / "broken/document.bmp").read_bytes()),
        "/labelled.txt": ("text/plain", picture("geometry.png")[1]),
    }

    def do_GET(self):
        path = self.path.split("?")[0]
        self.asked.append((self.path, self.headers))
        if path in self.LEADS:
            leads = self.LEADS[path]
            return self.answer(302, b"", {"location": leads} if leads else {})
        # user:secret
        if path == "/private.gif" and self.headers.get("authorization") != "Basic dXNlcjpzZWNyZXQ=":
            return self.answer(401, b"", {"www-authenticate": "Basic"})
        if path == "/private.gif":
            return self.answer(200, picture()[1], {"content-type": "image/gif"})
        if path in self.SAYS:
            return self.answer(200, picture("geometry.png")[1], {"content-type": "image/png", **self.SAYS[path]})
        if path in self.PAGES:
            kind, body = self.PAGES[path]
            return self.answer(200, body, {"content-type": kind})
        if path == "/huge.png":
            return self.answer(200, support.png(8, 8, padding=10 << 20), {"content-type": "image/png"})
        if path.startswith("/long/"):
            frames = int(path.removeprefix("/long/").removesuffix(".gif"))
            return self.answer(200, support.gif(2000, 2000, frames), {"content-type": "image/gif"})
        if path.startswith("/status/"):
            return self.answer(int(path.removeprefix("/status/")), b"no", {"content-type": "text/plain"})
        if path.startswith("/badly/"):
            return getattr(self, path.removeprefix("/badly/"))()
        name = unquote(path.removeprefix("/pictures/"))
        if path.startswith("/pictures/") and name in self.PICTURES:
            _, body, kind = picture(name)
            return self.answer(200, body, {"content-type": kind})
        self.answer(404, b"", {})

    def answer(self, status, body, headers):
        self.send_response(status)
        for name, value in {**headers, "content-length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.write(body)

    def write(self, body) -> bool:
        try:
            self.wfile.write(body)
            return True
        except ConnectionError:
            return False  # who has seen enough hangs up

    def promise(self, length: int | None) -> None:
        """Begins a picture that is so long, or of no known length."""
        self.send_response(200)
        self.send_header("content-type", "image/png")
        if length is not None:
            self.send_header("content-length", str(length))
        self.end_headers()

    def wait(self) -> None:
        """Until the other side hangs up."""
        with suppress(ConnectionError):
            while self.connection.recv(1 << 12):
                pass

    def reset(self):
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()

    def silent(self):
        self.wait()

    def slow(self):
        self.promise(100)
        self.write(b"abc")
        self.wait()

    def cut(self):
        self.promise(100)
        self.write(b"abc")

    def large(self):
        self.promise(200 << 20)
        self.wait()

    def endless(self):
        self.promise(None)
        while self.write(bytes(1 << 18)):
            pass

    def finish(self):
        with suppress(OSError):  # after a reset
            super().finish()

    def log_message(self, *_):
        pass


def is_here(url: str) -> bool:
    return httpx.URL(url).host in ("127.0.0.1", "localhost", "::1")


@pytest.fixture(scope="session")
def origin(base):
    """The address under which the service reaches `Origin`."""
    public = os.environ.get("CONFORMANCE_ORIGIN_URL", "").rstrip("/")
    if not public and not is_here(base):
        pytest.skip("CONFORMANCE_ORIGIN_URL is not set")
    server = ThreadingHTTPServer(("127.0.0.1", int(os.environ.get("CONFORMANCE_ORIGIN_PORT", 0))), Origin)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield public or f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def flexible(config, api):
    """The account shows flexible variants."""
    if not config["flexible_variants"]:
        if not os.environ.get("CONFORMANCE_DISPOSABLE"):
            pytest.skip("flexible variants are off, and CONFORMANCE_DISPOSABLE is not set")
        ok(api.patch("/v1/config", json={"flexible_variants": True}))


@pytest.fixture(scope="session")
def zone_url() -> str:
    """`https://…`: a zone of the account with transformations switched on."""
    url = os.environ.get("CONFORMANCE_ZONE_URL", "").rstrip("/")
    return url or pytest.skip("CONFORMANCE_ZONE_URL is not set")


@pytest.fixture(scope="session")
def zone_image() -> str:
    """The path of a copy of fixtures/geometry.png on the zone."""
    return os.environ.get("CONFORMANCE_ZONE_IMAGE") or pytest.skip("CONFORMANCE_ZONE_IMAGE is not set")


@pytest.fixture(scope="session")
def zone(plain, zone_url, zone_image):
    """Transforms: `zone("w=40")` geometry.png of the zone, `zone("w=40", source)` another source, as it stands."""

    def get(options: str, source: str | None = None, headers: dict[str, str] | None = None, method: str = "GET"):
        source = zone_image.removeprefix("/") if source is None else source
        target = f"{httpx.URL(zone_url).path.rstrip('/')}/cdn-cgi/image/{options}/{source}"
        # As it stands, too: httpx would escape what is escaped badly.
        headers = {"accept": OLD_BROWSER, **(headers or {})}
        return plain.request(method, zone_url, headers=headers, extensions={"target": target.encode()})

    return get


@pytest.fixture(scope="session")
def local_zone(zone, zone_url):
    """The same for sources that are out of reach for others: only where the zone is on this machine."""
    return zone if is_here(zone_url) else pytest.skip("the zone is not on this machine")
