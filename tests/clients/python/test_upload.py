"""Uploads of a file by the official Python SDK (PyPI `cloudflare`): what is answered, kept and refused."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone

import cloudflare
import httpx
import pytest
from conftest import FIXTURES, assert_image, assert_variant_url, ids, refused


class TestUpload:
    def test_an_upload_is_answered_with_the_whole_image(self, account, base):
        image = account.upload("photo.jpg", metadata={"album": "pets", "shot": {"roll": 7}})

        assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{10}00", image.id)
        assert image.filename == "photo.jpg"
        assert abs(datetime.now(timezone.utc) - image.uploaded) < timedelta(minutes=1)
        assert image.require_signed_urls is False
        assert len(image.variants) == 1
        assert_variant_url(image.variants[0], base, image.id, "public")
        # The SDK sends dicts as `metadata.shot.roll`: on that way every value becomes a string.
        assert image.meta == {"album": "pets", "shot": {"roll": "7"}}
        assert image.creator is None

    def test_metadata_sent_as_json_text_keeps_its_types(self, account):
        image = account.upload("photo.jpg", metadata='{"shot": {"roll": 7, "keep": true}}')
        assert image.meta == {"shot": {"roll": 7, "keep": True}}

    def test_bare_bytes_are_recognised_although_nothing_names_them(self, account):
        # The SDK labels bare bytes `upload` and application/octet-stream.
        image = account.v1.create(**account.here, file=(FIXTURES / "photo.jpg").read_bytes())
        assert image.filename == "upload"
        blob = account.v1.blobs.get(image.id, **account.here)
        assert blob.headers["content-type"] == "image/jpeg"

    def test_a_wrong_content_type_of_the_part_does_not_matter(self, account):
        png = (FIXTURES / "geometry.png").read_bytes()
        image = account.v1.create(**account.here, file=("geometry.png", png, "text/plain"))
        blob = account.v1.blobs.get(image.id, **account.here)
        assert blob.headers["content-type"] == "image/png"

    def test_a_file_that_is_no_image_is_refused_with_5455(self, account):
        with refused(cloudflare.APIStatusError, 415, 5455):
            account.upload("broken/not-an-image.jpg")
        assert account.v2.list(**account.here).images == []

    def test_a_custom_id_that_is_taken_is_refused_with_5409(self, account):
        account.upload("photo.jpg", id="shop/red.jpg")
        with refused(cloudflare.ConflictError, 409, 5409):
            account.upload("geometry.png", id="shop/red.jpg")
        assert account.v1.get("shop/red.jpg", **account.here).filename == "photo.jpg"

    def test_a_truncated_file_is_refused_with_9422(self, account):
        with refused(cloudflare.UnprocessableEntityError, 422, 9422):
            account.upload("broken/truncated.png")

    def test_a_file_over_10_mb_is_refused_with_5413(self, account):
        # A photo first, so that only its size speaks against it.
        large = (FIXTURES / "photo.jpg").read_bytes() + bytes(10 << 20)
        with refused(cloudflare.APIStatusError, 413, 5413):
            account.v1.create(file=large, **account.here)
        assert account.v2.list(**account.here).images == []

    def test_a_body_that_is_no_form_is_refused_with_5415(self, account):
        with refused(cloudflare.APIStatusError, 415, 5415):
            account.raw("post", "/v1", body={"url": "http://127.0.0.1/cat.jpg"})

    def test_an_upload_needs_a_file_or_a_url_and_not_both(self, account):
        with refused(cloudflare.BadRequestError, 400, 5400):
            account.v1.create(**account.here)
        with refused(cloudflare.BadRequestError, 400, 5400):
            account.upload("photo.jpg", url="http://127.0.0.1/cat.jpg")

    @pytest.mark.parametrize("metadata", ['{"text": "%s"}' % ("x" * 1024), "[1]", "7", "{"], ids=lambda text: text[:9])
    def test_metadata_that_is_too_long_or_no_object_is_refused_with_5400(self, account, metadata):
        with refused(cloudflare.BadRequestError, 400, 5400):
            account.upload("photo.jpg", metadata=metadata)

    def test_lists_in_metadata_are_kept(self, account):
        image = account.upload("photo.jpg", metadata={"tags": ["cat", "pet"], "shot": {"lens": {"name": "50 mm"}}})
        assert image.meta == {"tags": ["cat", "pet"], "shot": {"lens": {"name": "50 mm"}}}

    def test_a_private_upload_says_so(self, account):
        image = account.upload("photo.jpg", require_signed_urls=True)
        assert image.require_signed_urls is True
        assert account.v1.get(image.id, **account.here) == image

    def test_of_twenty_simultaneous_uploads_with_one_id_a_single_one_wins(self, account):
        def upload(_) -> bool:
            try:
                return account.upload("geometry.png", id="one").id == "one"
            except cloudflare.ConflictError as conflict:
                assert conflict.errors[0].code == 5409
                return False

        with ThreadPoolExecutor(20) as pool:
            won = list(pool.map(upload, range(20)))
        assert won.count(True) == 1
        assert ids(account.v2.list(**account.here).images) == ["one"]


class TestCustomIds:
    # The SDK sends an id as one segment (`/` as `%2F`), whatever characters it has.
    @pytest.mark.parametrize(
        "image_id",
        [
            "shop/caps/red.jpg",
            "Urlaub/Strand & Möwe.jpg",
            "100%/sale+more.jpg",
            "keys/door.jpg",  # starts like the route of the signing keys
            "albums/blob",  # ends like the route of the original bytes
        ],
    )
    def test_a_custom_id_is_uploaded_found_delivered_and_deleted(self, account, image_id):
        image = account.upload("photo.jpg", id=image_id)
        assert image.id == image_id
        assert account.v1.get(image_id, **account.here) == image
        blob = account.v1.blobs.get(image_id, **account.here)
        assert blob.read() == (FIXTURES / "photo.jpg").read_bytes()
        assert_image(httpx.get(image.variants[0]), "image/jpeg", (1024, 768))

        account.v1.delete(image_id, **account.here)
        with refused(cloudflare.NotFoundError, 404, 5404):
            account.v1.get(image_id, **account.here)
        assert httpx.get(image.variants[0]).status_code == 404

    def test_slashes_stay_literal_in_the_variant_url(self, account, base):
        image = account.upload("photo.jpg", id="shop/caps/red.jpg")
        assert_variant_url(image.variants[0], base, "shop/caps/red.jpg", "public")

    @pytest.mark.parametrize(
        "image_id",
        ["3f1c0a52-6c0e-4b7d-2a11-5d0c9e8b7a00", "/shop/red.jpg", "shop/red/", "shop/list.txt", "x" * 1025],
        ids=["uuid", "slash-first", "slash-last", "other-extension", "too-long"],
    )
    def test_an_id_that_can_be_none_is_refused_with_5411(self, account, image_id):
        with refused(cloudflare.BadRequestError, 400, 5411):
            account.upload("photo.jpg", id=image_id)

    def test_an_id_with_1024_characters_of_any_script_is_taken(self, account):
        image_id = "ключ" * 256
        assert account.upload("photo.jpg", id=image_id).id == image_id
        assert account.v1.get(image_id, **account.here).id == image_id

    def test_a_private_upload_with_a_custom_id_is_refused_with_5410(self, account):
        with refused(cloudflare.BadRequestError, 400, 5410):
            account.upload("photo.jpg", id="shop/red.jpg", require_signed_urls=True)
