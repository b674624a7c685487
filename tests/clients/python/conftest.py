"""What every Python suite needs: the started server, a fresh account on it, and our own images."""

from __future__ import annotations

import io
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from cloudflare import Cloudflare
from PIL import Image

FIXTURES = Path(__file__).resolve().parents[3] / "fixtures"


@pytest.fixture(scope="session")
def base() -> str:
    """The started server, without a slash at the end."""
    url = os.environ.get("TINTYPE_URL")
    assert url, "TINTYPE_URL is not set: start the suites with tests/clients/run"
    return url.rstrip("/")


@dataclass
class Account:
    """An account id, and the SDK's `client.images.v1` and `.v2` to use it with."""

    id: str
    v1: object
    v2: object

    def upload(self, name: str, **fields):
        return self.v1.create(account_id=self.id, file=FIXTURES / name, **fields)


@pytest.fixture
def new_account(base):
    """Makes accounts nobody has used yet, so that tests neither wait for nor see each other."""
    # max_retries=0: the SDK repeats a 409 twice, which would cost every conflict a second or two.
    with Cloudflare(base_url=f"{base}/client/v4", api_token="any-token", max_retries=0) as client:
        yield lambda: Account(secrets.token_hex(16), client.images.v1, client.images.v2)


@pytest.fixture
def account(new_account) -> Account:
    return new_account()


def assert_image(response: httpx.Response, content_type: str, size: tuple[int, int]) -> None:
    """The answer is an image of that type and size, and its pixels decode."""
    assert response.status_code == 200
    assert response.headers["content-type"] == content_type
    with Image.open(io.BytesIO(response.content)) as image:
        image.load()
        assert (image.get_format_mimetype(), image.size) == (content_type, size)
