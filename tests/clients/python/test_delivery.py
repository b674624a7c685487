"""What the URLs that the official Python SDK hands out deliver."""

from __future__ import annotations

import cloudflare
import httpx
from conftest import assert_image, assert_not_delivered, refused


class TestDelivery:
    def test_public_scales_a_photo_down_to_fit_1366x768(self, account):
        url = account.upload("photo.jpg").variants[0]
        assert_image(httpx.get(url), "image/jpeg", (1024, 768))

    def test_public_does_not_enlarge_a_small_image_and_keeps_its_format(self, account):
        url = account.upload("geometry.png").variants[0]
        assert_image(httpx.get(url), "image/png", (400, 300))

    def test_a_client_that_takes_webp_gets_webp(self, account):
        url = account.upload("photo.jpg").variants[0]
        webp = httpx.get(url, headers={"accept": "image/webp"})
        assert_image(webp, "image/webp", (1024, 768))
        assert "accept" in webp.headers["vary"].lower()
        jpeg = httpx.get(url, headers={"accept": "image/jpeg"})
        assert_image(jpeg, "image/jpeg", (1024, 768))
        assert jpeg.headers["etag"] != webp.headers["etag"]

    def test_an_etag_that_still_holds_is_answered_with_an_empty_304(self, account):
        url = account.upload("photo.jpg").variants[0]
        etag = httpx.get(url).headers["etag"]
        unchanged = httpx.get(url, headers={"if-none-match": etag})
        assert (unchanged.status_code, unchanged.content) == (304, b"")
        assert unchanged.headers["etag"] == etag
        changed = httpx.get(url, headers={"if-none-match": '"something-else"'})
        assert_image(changed, "image/jpeg", (1024, 768))

    def test_a_head_has_the_headers_of_a_get_and_no_body(self, account):
        url = account.upload("photo.jpg").variants[0]
        get, head = httpx.get(url), httpx.head(url)
        assert (head.status_code, head.content) == (200, b"")
        assert head.headers["content-length"] == str(len(get.content))
        for name in ("content-type", "etag", "cache-control", "vary"):
            assert head.headers[name] == get.headers[name]

    def test_a_deleted_image_is_gone_from_api_and_delivery(self, account):
        image = account.upload("photo.jpg")
        # Delivered once before: a kept rendition must not outlive its image.
        etag = httpx.get(image.variants[0]).headers["etag"]

        assert account.v1.delete(image.id, **account.here) == {}

        for call in (account.v1.get, account.v1.blobs.get, account.v1.delete):
            with refused(cloudflare.NotFoundError, 404, 5404):
                call(image.id, **account.here)
        assert account.v1.list(**account.here).result.images == []
        for headers in ({}, {"if-none-match": etag}):
            assert_not_delivered(httpx.get(image.variants[0], headers=headers), 404, 9404)
