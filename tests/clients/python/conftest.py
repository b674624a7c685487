"""What every Python suite needs: the started server, a fresh account on it, our own images, and what the SDK can't
do."""

from __future__ import annotations

import io
import os
import re
import secrets
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from cloudflare import APIStatusError, Cloudflare
from PIL import Image

FIXTURES = Path(__file__).resolve().parents[3] / "fixtures"


def pytest_configure(config: pytest.Config) -> None:
    # The SDK marks v1.list as deprecated, as the API does. People still call it.
    config.addinivalue_line("filterwarnings", "ignore:deprecated:DeprecationWarning")


@pytest.fixture(scope="session")
def base() -> str:
    """The started server, without a slash at the end."""
    url = os.environ.get("TINTYPE_URL")
    assert url, "TINTYPE_URL is not set: start the suites with tests/clients/run"
    return url.rstrip("/")


def client_for(base: str, **credentials: str) -> Cloudflare:
    """The SDK for a server. max_retries=0: it repeats a 409 twice, which would cost every conflict a second or two."""
    return Cloudflare(base_url=f"{base}/client/v4", max_retries=0, **(credentials or {"api_token": "any-token"}))


@dataclass
class Account:
    """An account id, and the SDK's `client.images.v1` and `.v2` to use it with."""

    id: str
    client: Cloudflare

    @property
    def v1(self):
        return self.client.images.v1

    @property
    def v2(self):
        return self.client.images.v2

    @property
    def here(self) -> dict[str, str]:
        """What every method of the SDK wants: `account.v1.get(image_id, **account.here)`."""
        return {"account_id": self.id}

    def upload(self, name: str, **fields):
        return self.v1.create(file=FIXTURES / name, **self.here, **fields)

    def raw(self, method: str, path: str, **options) -> dict:
        """For what no method of the SDK sends: the whole answer. `raw("get", "/v1/config")`"""
        call = getattr(self.client, method)
        return call(f"/accounts/{self.id}/images{path}", cast_to=object, **options)


@pytest.fixture
def new_account(base) -> Iterator[Callable[[], Account]]:
    """Makes accounts nobody has used yet, so that tests neither wait for nor see each other."""
    with client_for(base) as client:
        yield lambda: Account(secrets.token_hex(16), client)


@pytest.fixture
def account(new_account) -> Account:
    return new_account()


@pytest.fixture
def start_tintype() -> Iterator[Callable[..., str]]:
    """Starts servers for settings that the shared one hasn't, until the end of the test; returns their addresses."""
    binary = os.environ.get("TINTYPE_BIN")
    assert binary, "TINTYPE_BIN is not set: start the suites with tests/clients/run"
    # A server refuses to start with a variable that looks like a setting and is none.
    env = {name: value for name, value in os.environ.items() if not name.startswith("TINTYPE_")}
    servers = []

    def start(*settings: str) -> str:
        command = [binary, "--listen", "127.0.0.1:0", "--ephemeral", *settings]
        server = subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        servers.append(server)
        address = re.search(r"http://127[.0-9]+:\d+", server.stdout.readline())
        assert address, "tintype left before it was ready"
        return address[0]

    yield start
    for server in servers:
        server.terminate()
        server.communicate(timeout=10)


@contextmanager
def refused(error_class: type[APIStatusError], status: int, code: int) -> Iterator[pytest.ExceptionInfo]:
    """What happens in here is refused by the server, with this class, HTTP status and Cloudflare error code."""
    with pytest.raises(error_class) as refusal:
        yield refusal
    assert refusal.value.status_code == status
    assert refusal.value.errors[0].code == code


def ids(images) -> list[str]:
    return [image.id for image in images]


def assert_variant_url(url: str, base: str, image_id: str, variant: str) -> None:
    path = rf"(cdn-cgi/imagedelivery/)?[A-Za-z0-9_-]{{22}}/{re.escape(image_id)}/{variant}"
    assert re.fullmatch(rf"{re.escape(base)}/{path}", url), url


def assert_image(response: httpx.Response, content_type: str, size: tuple[int, int]) -> None:
    """The answer is an image of that type and size, and its pixels decode."""
    assert response.status_code == 200
    assert response.headers["content-type"] == content_type
    with Image.open(io.BytesIO(response.content)) as image:
        image.load()
        assert (image.get_format_mimetype(), image.size) == (content_type, size)


def assert_not_delivered(response: httpx.Response, status: int, code: int) -> None:
    """A delivery that was refused says so in its status, its header and its text."""
    assert (response.status_code, response.headers["cf-images"]) == (status, f"err={code}")
    assert response.headers["content-type"].startswith("text/plain")
    assert response.text.startswith(f"ERROR {code}: ")
