"""The service under test, named by the environment, and what every case gets from it."""

from __future__ import annotations

import os
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest

import support
from support import Api, ok, picture

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
    """A web site with pictures, for uploads by URL."""

    def do_GET(self):
        path = self.path.split("?")[0]
        if path == "/moved":
            return self.answer(302, b"", {"location": "/pictures/still.gif"})
        if path == "/loop":
            return self.answer(302, b"", {"location": "/loop"})
        # user:secret
        if path == "/private.gif" and self.headers.get("authorization") != "Basic dXNlcjpzZWNyZXQ=":
            return self.answer(401, b"", {"www-authenticate": "Basic"})
        if path in ("/pictures/still.gif", "/private.gif"):
            return self.answer(200, picture()[1], {"content-type": "image/gif"})
        if path == "/page.html":
            return self.answer(200, b"<!doctype html><p>no picture</p>", {"content-type": "text/html"})
        if path == "/huge.png":
            return self.answer(200, support.png(8, 8, padding=10 << 20), {"content-type": "image/png"})
        self.answer(404, b"", {})

    def answer(self, status, body, headers):
        self.send_response(status)
        for name, value in {**headers, "content-length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        try:
            self.wfile.write(body)
        except ConnectionError:
            pass  # who has seen enough hangs up

    def log_message(self, *_):
        pass


@pytest.fixture(scope="session")
def origin(base):
    """The address under which the service reaches `Origin`."""
    public = os.environ.get("CONFORMANCE_ORIGIN_URL", "").rstrip("/")
    if not public and httpx.URL(base).host not in ("127.0.0.1", "localhost", "::1"):
        pytest.skip("CONFORMANCE_ORIGIN_URL is not set")
    server = ThreadingHTTPServer(("127.0.0.1", int(os.environ.get("CONFORMANCE_ORIGIN_PORT", 0))), Origin)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield public or f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
