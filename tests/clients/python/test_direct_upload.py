"""Direct uploads: one-time URLs made with the official Python SDK, used with httpx as a browser does."""

from __future__ import annotations

import asyncio
import re
from datetime import datetime, timedelta, timezone

import cloudflare
import httpx
import pytest
from conftest import FIXTURES, assert_image, assert_not_delivered, refused

ORIGIN = {"origin": "https://shop.example"}


def post(upload_url: str, name: str = "photo.jpg") -> httpx.Response:
    """POSTs a file to an upload URL, without credentials."""
    return httpx.post(upload_url, headers=ORIGIN, files={"file": (name, (FIXTURES / name).read_bytes())})


def assert_post_refused(response: httpx.Response, status: int, code: int) -> None:
    body = response.json()
    assert (response.status_code, body["success"], body["result"]) == (status, False, None)
    assert body["errors"][0]["code"] == code
    # Readable for the script of any page.
    assert response.headers["access-control-allow-origin"] == "*"


def after(**time: int) -> datetime:
    return datetime.now(timezone.utc) + timedelta(**time)


class TestDirectUpload:
    def test_without_arguments_it_gives_an_id_and_a_url_with_it(self, account, base):
        direct = account.v2.direct_uploads.create(**account.here)
        assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{10}00", direct.id)
        assert re.fullmatch(rf"{re.escape(base)}/upload/[A-Za-z0-9_-]{{22}}/{direct.id}", direct.upload_url)

    def test_without_a_body_it_gives_the_same(self, account, base):
        # As django-cloudflare-images asks; the SDK can't send nothing.
        url = f"{base}/client/v4/accounts/{account.id}/images/v2/direct_upload"
        result = httpx.post(url, headers={"authorization": "Bearer any-token"}).json()["result"]
        assert result["uploadURL"].endswith("/" + result["id"])
        assert post(result["uploadURL"]).status_code == 200

    def test_v1_takes_json_with_an_expiry(self, account):
        result = account.raw("post", "/v1/direct_upload", body={"expiry": after(minutes=10).isoformat()})["result"]
        assert post(result["uploadURL"]).status_code == 200
        assert account.v1.get(result["id"], **account.here).filename == "photo.jpg"

    def test_v2_refuses_json_with_5415(self, account):
        with refused(cloudflare.APIStatusError, 415, 5415):
            account.raw("post", "/v2/direct_upload", body={"expiry": after(minutes=10).isoformat()})

    def test_it_takes_id_metadata_creator_and_expiry(self, account):
        fields = {"id": "shop/50% red.jpg", "metadata": {"shot": {"roll": "a"}}, "creator": "user-7"}
        direct = account.v2.direct_uploads.create(expiry=after(minutes=10), **fields, **account.here)
        assert direct.id == fields["id"]
        # One segment, slashes and all.
        assert direct.upload_url.endswith("/shop%2F50%25%20red.jpg")
        image = post(direct.upload_url).json()["result"]
        assert [image["id"], image["meta"], image["creator"]] == list(fields.values())
        assert_image(httpx.get(image["variants"][0]), "image/jpeg", (1024, 768))

    def test_it_can_be_for_a_private_image(self, account):
        direct = account.v2.direct_uploads.create(require_signed_urls=True, **account.here)
        image = post(direct.upload_url).json()["result"]
        assert image["requireSignedURLs"] is True
        assert_not_delivered(httpx.get(image["variants"][0]), 403, 9425)

    @pytest.mark.parametrize("minutes", [3, 359])
    def test_an_expiry_is_two_minutes_to_six_hours_from_now(self, account, minutes):
        direct = account.v2.direct_uploads.create(expiry=after(minutes=minutes), **account.here)
        assert post(direct.upload_url).status_code == 200

    @pytest.mark.parametrize("minutes", [-1, 1, 361])
    def test_another_expiry_is_refused_with_5400(self, account, minutes):
        with refused(cloudflare.BadRequestError, 400, 5400):
            account.v2.direct_uploads.create(expiry=after(minutes=minutes), **account.here)

    def test_a_private_image_with_a_custom_id_is_refused_with_5410(self, account):
        with refused(cloudflare.BadRequestError, 400, 5410):
            account.v2.direct_uploads.create(id="red.jpg", require_signed_urls=True, **account.here)

    def test_an_id_that_can_be_none_is_refused_with_5411(self, account):
        with refused(cloudflare.BadRequestError, 400, 5411):
            account.v2.direct_uploads.create(id="3f1c0a52-6c0e-4b7d-2a11-5d0c9e8b7a00", **account.here)

    def test_an_id_that_is_taken_is_refused_with_5409(self, account):
        account.upload("photo.jpg", id="image.jpg")
        account.v2.direct_uploads.create(id="draft.jpg", **account.here)
        for image_id in ("image.jpg", "draft.jpg"):
            with refused(cloudflare.ConflictError, 409, 5409):
                account.v2.direct_uploads.create(id=image_id, **account.here)
        with refused(cloudflare.ConflictError, 409, 5409):
            account.upload("photo.jpg", id="draft.jpg")


class TestDraft:
    def test_it_is_found_but_in_no_list_and_not_counted(self, account):
        direct = account.v2.direct_uploads.create(**account.here)
        draft = account.v1.get(direct.id, **account.here)
        assert (draft.id, draft.draft, draft.filename, draft.meta) == (direct.id, True, None, None)
        assert account.v2.list(**account.here).images == []
        assert list(account.v1.list(**account.here)) == []
        assert account.v1.stats.get(**account.here).count.current == 0

    def test_it_is_neither_delivered_nor_a_blob(self, account):
        direct = account.v2.direct_uploads.create(**account.here)
        draft = account.v1.get(direct.id, **account.here)
        assert_not_delivered(httpx.get(draft.variants[0]), 404, 9404)
        with refused(cloudflare.NotFoundError, 404, 5404):
            account.v1.blobs.get(direct.id, **account.here)

    def test_it_is_edited_and_stays_one(self, account):
        direct = account.v2.direct_uploads.create(metadata={"album": "pets"}, **account.here)
        edited = account.v1.edit(direct.id, metadata={"album": "cats"}, creator="user-7", **account.here)
        assert (edited.id, edited.draft, edited.meta) == (direct.id, True, {"album": "cats"})
        image = post(direct.upload_url).json()["result"]
        assert (image["meta"], image["creator"]) == ({"album": "cats"}, "user-7")

    def test_deleted_it_takes_its_upload_url_along(self, account):
        direct = account.v2.direct_uploads.create(**account.here)
        assert account.v1.delete(direct.id, **account.here) == {}
        assert_post_refused(post(direct.upload_url), 404, 5404)


class TestUploadUrl:
    def test_it_takes_a_file_once_and_answers_with_the_image(self, account):
        direct = account.v2.direct_uploads.create(**account.here)
        response = post(direct.upload_url)
        assert response.status_code == 200
        assert response.headers["access-control-allow-origin"] == "*"
        assert response.json() == account.raw("get", f"/v1/{direct.id}")
        assert "draft" not in response.json()["result"]
        image = account.v1.get(direct.id, **account.here)
        assert image.filename == "photo.jpg"
        assert [one.to_dict() for one in account.v2.list(**account.here).images] == [image.to_dict()]

        assert_post_refused(post(direct.upload_url, "geometry.png"), 409, 5409)
        assert account.v1.get(direct.id, **account.here) == image

    def test_unknown_it_is_not_found(self, account):
        direct = account.v2.direct_uploads.create(**account.here)
        assert_post_refused(post(direct.upload_url.replace(direct.id, "nothing")), 404, 5404)
        foreign = re.sub(r"upload/.{22}", "upload/" + "A" * 22, direct.upload_url)
        assert_post_refused(post(foreign), 404, 5404)

    def test_it_stays_usable_after_an_upload_that_failed(self, account):
        direct = account.v2.direct_uploads.create(**account.here)
        assert_post_refused(post(direct.upload_url, "broken/not-an-image.jpg"), 415, 5455)
        assert_post_refused(httpx.post(direct.upload_url, content=b"raw"), 415, 5415)
        assert_post_refused(httpx.post(direct.upload_url, files={"other": b"x"}), 400, 5400)
        assert account.v1.get(direct.id, **account.here).draft is True
        assert post(direct.upload_url).status_code == 200

    def test_it_lets_browsers_of_every_origin_ask_first(self, account):
        direct = account.v2.direct_uploads.create(**account.here)
        preflight = httpx.options(direct.upload_url, headers={**ORIGIN, "access-control-request-method": "POST"})
        assert (preflight.status_code, preflight.content) == (204, b"")
        assert preflight.headers["access-control-allow-origin"] == "*"
        assert "POST" in preflight.headers["access-control-allow-methods"]
        assert post(direct.upload_url).status_code == 200

    def test_it_lets_one_of_50_simultaneous_posts_win(self, account):
        direct = account.v2.direct_uploads.create(**account.here)
        photo = (FIXTURES / "photo.jpg").read_bytes()

        async def post_all() -> list[httpx.Response]:
            limits = httpx.Limits(max_connections=50)
            async with httpx.AsyncClient(limits=limits, headers=ORIGIN, timeout=30) as client:
                posts = (client.post(direct.upload_url, files={"file": (f"{n}.jpg", photo)}) for n in range(50))
                return await asyncio.gather(*posts)

        answers = asyncio.run(post_all())
        won = [answer for answer in answers if answer.status_code == 200]
        assert len(won) == 1
        for lost in answers:
            if lost is not won[0]:
                assert_post_refused(lost, 409, 5409)
        assert account.raw("get", f"/v1/{direct.id}") == won[0].json()
        assert account.v1.stats.get(**account.here).count.current == 1
