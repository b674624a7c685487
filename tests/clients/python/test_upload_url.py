"""Uploads by URL through the official Python SDK, from a web server of our own on loopback."""

from __future__ import annotations

import base64
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import cloudflare
import httpx
import pytest
from conftest import FIXTURES, Account, assert_image, client_for, refused

BASIC = "Basic " + base64.b64encode(b"dev@example.com:s3cret/:word").decode()


class Web(BaseHTTPRequestHandler):
    """A photo, one behind a password, one that moved, one that moves for ever, a page; and nothing else."""

    def do_GET(self):
        path = self.path.split("?")[0]
        photo = (FIXTURES / "photo.jpg").read_bytes()
        match path:
            case "/shop/photo.jpg":
                self.answer(200, photo)
            case "/private.jpg" if self.headers["authorization"] == BASIC:
                self.answer(200, photo)
            case "/private.jpg":
                self.answer(401)
            case "/moved.jpg":
                self.answer(302, location="/shop/photo.jpg")
            case "/round.jpg":
                self.answer(302, location="/round.jpg")
            case "/page.jpg":
                self.answer(200, b"<!doctype html>")
            case "/large.jpg":
                self.answer(200, photo + bytes(10 << 20))
            case "/broken.jpg":
                self.answer(500)
            case _:
                self.answer(404)

    def answer(self, status: int, body: bytes = b"", **headers: str) -> None:
        self.send_response(status)
        for name, value in {"content-length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        try:
            self.wfile.write(body)
        except ConnectionError:
            pass  # Who fetches has seen enough.

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def origin():
    with ThreadingHTTPServer(("127.0.0.1", 0), Web) as web:
        threading.Thread(target=web.serve_forever, daemon=True).start()
        yield f"127.0.0.1:{web.server_port}"
        web.shutdown()


class TestUploadByUrl:
    def test_an_image_is_fetched_and_named_by_the_last_segment_of_its_url(self, account, origin):
        image = account.v1.create(url=f"http://{origin}/shop/photo.jpg?size=large", **account.here)
        assert image.filename == "photo.jpg"
        assert account.v1.blobs.get(image.id, **account.here).read() == (FIXTURES / "photo.jpg").read_bytes()
        assert_image(httpx.get(image.variants[0]), "image/jpeg", (1024, 768))

    def test_id_metadata_and_creator_go_along_with_a_url(self, account, origin):
        fields = {"id": "shop/red.jpg", "metadata": {"album": "pets"}, "creator": "user-7", **account.here}
        image = account.v1.create(url=f"http://{origin}/shop/photo.jpg", **fields)
        assert (image.id, image.meta, image.creator) == ("shop/red.jpg", {"album": "pets"}, "user-7")
        with refused(cloudflare.ConflictError, 409, 5409):
            account.v1.create(url=f"http://{origin}/shop/photo.jpg", **fields)

    def test_a_user_and_a_password_in_the_url_are_sent_as_basic_auth(self, account, origin):
        with refused(cloudflare.BadRequestError, 400, 5454):
            account.v1.create(url=f"http://{origin}/private.jpg", **account.here)
        user = "dev%40example.com:s3cret%2F%3Aword"
        image = account.v1.create(url=f"http://{user}@{origin}/private.jpg", **account.here)
        assert image.filename == "private.jpg"

    def test_a_redirect_is_followed(self, account, origin):
        image = account.v1.create(url=f"http://{origin}/moved.jpg", **account.here)
        assert account.v1.blobs.get(image.id, **account.here).read() == (FIXTURES / "photo.jpg").read_bytes()

    @pytest.mark.parametrize("path", ["nothing.jpg", "broken.jpg", "round.jpg"])
    def test_a_url_that_gives_no_file_is_refused_with_5454(self, account, origin, path):
        with refused(cloudflare.BadRequestError, 400, 5454):
            account.v1.create(url=f"http://{origin}/{path}", **account.here)
        assert account.v2.list(**account.here).images == []

    @pytest.mark.parametrize(
        "url",
        ["http://127.0.0.1:9/a.jpg", "http://nowhere.invalid/a.jpg", "https://imagedelivery.net/hash/cat/public"],
    )
    def test_a_url_that_can_not_be_asked_is_refused_with_5454(self, account, url):
        with refused(cloudflare.BadRequestError, 400, 5454):
            account.v1.create(url=url, **account.here)

    def test_a_url_of_something_else_is_refused_with_5455(self, account, origin):
        with refused(cloudflare.APIStatusError, 415, 5455):
            account.v1.create(url=f"http://{origin}/page.jpg", **account.here)

    def test_a_url_of_a_file_over_10_mb_is_refused_with_5413(self, account, origin):
        with refused(cloudflare.APIStatusError, 413, 5413):
            account.v1.create(url=f"http://{origin}/large.jpg", **account.here)

    @pytest.mark.parametrize("url", ["ftp://127.0.0.1/photo.jpg", "file:///etc/passwd", "photo.jpg"])
    def test_a_url_that_is_not_http_is_refused(self, account, url):
        with pytest.raises(cloudflare.BadRequestError):
            account.v1.create(url=url, **account.here)

    def test_a_server_that_was_told_so_does_not_fetch_from_this_machine(self, start_tintype, origin):
        with client_for(start_tintype("--deny-private-fetch")) as client:
            account = Account("0" * 32, client)
            with refused(cloudflare.BadRequestError, 400, 5454):
                account.v1.create(url=f"http://{origin}/shop/photo.jpg", **account.here)
