"""The official Python SDK (PyPI `cloudflare`) against a started server: upload, list, details, blob, variants,
delivery, deletion, refusals."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone

import cloudflare
import httpx
import pytest
from cloudflare import Cloudflare
from conftest import FIXTURES, assert_image

# The SDK marks v1.list as deprecated, as the API does. People still call it.
pytestmark = pytest.mark.filterwarnings("ignore:deprecated:DeprecationWarning")

HERO = {"fit": "cover", "width": 200, "height": 100, "metadata": "none"}


def ids(images) -> list[str]:
    return [image.id for image in images]


def assert_refused(refusal: pytest.ExceptionInfo, status: int, code: int) -> None:
    assert refusal.value.status_code == status
    assert refusal.value.errors[0].code == code


def assert_variant_url(url: str, base: str, image_id: str, variant: str) -> None:
    path = rf"(cdn-cgi/imagedelivery/)?[A-Za-z0-9_-]{{22}}/{re.escape(image_id)}/{variant}"
    assert re.fullmatch(rf"{re.escape(base)}/{path}", url), url


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
        image = account.v1.create(account_id=account.id, file=(FIXTURES / "photo.jpg").read_bytes())
        assert image.filename == "upload"
        blob = account.v1.blobs.get(image.id, account_id=account.id)
        assert blob.headers["content-type"] == "image/jpeg"

    def test_a_wrong_content_type_of_the_part_does_not_matter(self, account):
        png = (FIXTURES / "geometry.png").read_bytes()
        image = account.v1.create(account_id=account.id, file=("geometry.png", png, "text/plain"))
        blob = account.v1.blobs.get(image.id, account_id=account.id)
        assert blob.headers["content-type"] == "image/png"

    def test_a_file_that_is_no_image_is_refused_with_5455(self, account):
        with pytest.raises(cloudflare.APIStatusError) as refusal:
            account.upload("broken/not-an-image.jpg")
        assert_refused(refusal, 415, 5455)
        assert account.v2.list(account_id=account.id).images == []

    def test_a_custom_id_that_is_taken_is_refused_with_5409(self, account):
        account.upload("photo.jpg", id="shop/red.jpg")
        with pytest.raises(cloudflare.ConflictError) as refusal:
            account.upload("geometry.png", id="shop/red.jpg")
        assert_refused(refusal, 409, 5409)
        assert account.v1.get("shop/red.jpg", account_id=account.id).filename == "photo.jpg"


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
        assert account.v1.get(image_id, account_id=account.id) == image
        blob = account.v1.blobs.get(image_id, account_id=account.id)
        assert blob.read() == (FIXTURES / "photo.jpg").read_bytes()
        assert_image(httpx.get(image.variants[0]), "image/jpeg", (1024, 768))

        account.v1.delete(image_id, account_id=account.id)
        with pytest.raises(cloudflare.NotFoundError) as refusal:
            account.v1.get(image_id, account_id=account.id)
        assert_refused(refusal, 404, 5404)
        assert httpx.get(image.variants[0]).status_code == 404

    def test_slashes_stay_literal_in_the_variant_url(self, account, base):
        image = account.upload("photo.jpg", id="shop/caps/red.jpg")
        assert_variant_url(image.variants[0], base, "shop/caps/red.jpg", "public")


class TestListDetailsAndBlob:
    def test_v1_lists_every_image_of_the_account(self, account):
        uploaded = [account.upload("photo.jpg"), account.upload("geometry.png")]
        # The SDK's page expects `result.items`, the service answers `result.images`: read it from the page,
        # where the SDK leaves it as plain dicts.
        page = account.v1.list(account_id=account.id)
        assert sorted(image["id"] for image in page.result.images) == sorted(ids(uploaded))

    def test_v1_pages_are_counted_from_one_and_end_empty(self, account):
        uploaded = [account.upload("photo.jpg"), account.upload("geometry.png")]
        pages = [account.v1.list(account_id=account.id, page=page, per_page=1) for page in (1, 2, 3)]
        listed = [[image["id"] for image in page.result.images] for page in pages]
        assert [len(page) for page in listed] == [1, 1, 0]
        assert sorted(sum(listed, [])) == sorted(ids(uploaded))

    def test_v2_lists_newest_first_or_oldest_first_on_request(self, account):
        first, second = account.upload("photo.jpg"), account.upload("geometry.png")
        newest = account.v2.list(account_id=account.id)
        assert ids(newest.images) == [second.id, first.id]
        assert newest.continuation_token is None
        oldest = account.v2.list(account_id=account.id, sort_order="asc")
        assert ids(oldest.images) == [first.id, second.id]

    def test_v2_continues_where_the_token_says(self, account):
        first, second = account.upload("photo.jpg"), account.upload("geometry.png")
        page = account.v2.list(account_id=account.id, per_page=1)
        assert ids(page.images) == [second.id]
        last = account.v2.list(account_id=account.id, per_page=1, continuation_token=page.continuation_token)
        assert ids(last.images) == [first.id]
        assert last.continuation_token is None

    def test_details_are_what_the_upload_answered(self, account):
        image = account.upload("photo.jpg", metadata={"album": "pets"}, creator="user-7")
        assert image.creator == "user-7"
        assert account.v1.get(image.id, account_id=account.id) == image

    @pytest.mark.parametrize(
        ("name", "content_type"),
        [("photo.jpg", "image/jpeg"), ("geometry.png", "image/png"), ("animation.gif", "image/gif")],
    )
    def test_a_blob_is_the_uploaded_file_byte_for_byte(self, account, name, content_type):
        image = account.upload(name)
        blob = account.v1.blobs.get(image.id, account_id=account.id)
        assert blob.headers["content-type"] == content_type
        assert blob.read() == (FIXTURES / name).read_bytes()

    def test_an_image_of_another_account_is_not_found(self, new_account):
        image, other = new_account().upload("photo.jpg"), new_account()
        with pytest.raises(cloudflare.NotFoundError) as refusal:
            other.v1.get(image.id, account_id=other.id)
        assert_refused(refusal, 404, 5404)
        assert other.v2.list(account_id=other.id).images == []

    def test_stats_count_uploads_and_deletions(self, account):
        assert account.v1.stats.get(account_id=account.id).count.current == 0
        image = account.upload("photo.jpg")
        count = account.v1.stats.get(account_id=account.id).count
        assert count.current == 1
        assert count.allowed > count.current
        account.v1.delete(image.id, account_id=account.id)
        assert account.v1.stats.get(account_id=account.id).count.current == 0


class TestVariants:
    def test_a_fresh_account_has_the_variant_public(self, account):
        # A map by name. The SDK types it as one object with the field `hero`, copied from an example, and so
        # leaves the other names as plain dicts.
        variants = account.v1.variants.list(account_id=account.id).variants
        assert variants.to_dict() == {
            "public": {
                "id": "public",
                "options": {"fit": "scale-down", "width": 1366, "height": 768, "metadata": "none"},
                "neverRequireSignedURLs": False,
            }
        }

    def test_a_variant_is_created_listed_found_edited_and_deleted(self, account):
        variants, here = account.v1.variants, {"account_id": account.id}

        created = variants.create(id="hero", options=HERO, never_require_signed_urls=True, **here).variant
        assert created.to_dict() == {"id": "hero", "options": HERO, "neverRequireSignedURLs": True}
        assert variants.get("hero", **here).variant.to_dict() == created.to_dict()
        listed = variants.list(**here).variants.to_dict()
        assert sorted(listed) == ["hero", "public"]
        assert listed["hero"] == created.to_dict()

        wider = {**HERO, "width": 300}
        edited = variants.edit("hero", options=wider, never_require_signed_urls=False, **here).variant
        assert edited.to_dict() == {"id": "hero", "options": wider, "neverRequireSignedURLs": False}
        assert variants.get("hero", **here).variant.to_dict() == edited.to_dict()

        assert variants.delete("hero", **here) == {}
        assert list(variants.list(**here).variants.to_dict()) == ["public"]
        # Only the status: the live service answers this one in plain text, without a code.
        with pytest.raises(cloudflare.NotFoundError):
            variants.get("hero", **here)
        with pytest.raises(cloudflare.NotFoundError) as refusal:
            variants.delete("hero", **here)
        assert_refused(refusal, 404, 5401)

    def test_a_new_variant_is_delivered_with_its_size(self, account, base):
        image = account.upload("photo.jpg")
        account.v1.variants.create(account_id=account.id, id="hero", options=HERO)
        hero, public = sorted(account.v1.get(image.id, account_id=account.id).variants)
        assert_variant_url(hero, base, image.id, "hero")
        assert_variant_url(public, base, image.id, "public")
        assert_image(httpx.get(hero), "image/jpeg", (200, 100))

    def test_a_variant_name_with_a_dash_is_refused_with_5400(self, account):
        with pytest.raises(cloudflare.BadRequestError) as refusal:
            account.v1.variants.create(account_id=account.id, id="big-hero", options=HERO)
        assert_refused(refusal, 400, 5400)

    def test_a_variant_name_that_is_taken_is_refused_with_5409(self, account):
        account.v1.variants.create(account_id=account.id, id="hero", options=HERO)
        with pytest.raises(cloudflare.ConflictError) as refusal:
            account.v1.variants.create(account_id=account.id, id="hero", options=HERO)
        assert_refused(refusal, 409, 5409)


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

        assert account.v1.delete(image.id, account_id=account.id) == {}

        for call in (account.v1.get, account.v1.blobs.get, account.v1.delete):
            with pytest.raises(cloudflare.NotFoundError) as refusal:
                call(image.id, account_id=account.id)
            assert_refused(refusal, 404, 5404)
        assert account.v1.list(account_id=account.id).result.images == []
        for headers in ({}, {"if-none-match": etag}):
            gone = httpx.get(image.variants[0], headers=headers)
            assert (gone.status_code, gone.headers["cf-images"]) == (404, "err=9404")


class TestCredentials:
    def test_a_request_without_credentials_is_refused_with_9106(self, account, base):
        response = httpx.get(f"{base}/client/v4/accounts/{account.id}/images/v1")
        assert response.status_code == 400
        assert response.json()["success"] is False
        assert response.json()["errors"][0]["code"] == 9106

    def test_an_e_mail_and_a_key_open_the_account_too(self, account, base):
        image = account.upload("photo.jpg")
        key = {"api_email": "dev@example.com", "api_key": "144c9defac04969c7bfad8efaa8ea194"}
        with Cloudflare(base_url=f"{base}/client/v4", max_retries=0, **key) as client:
            assert client.images.v1.get(image.id, account_id=account.id) == image
