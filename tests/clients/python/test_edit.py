"""Editing by the official Python SDK: metadata, creator, and who may see an image."""

from __future__ import annotations

import re

import cloudflare
import httpx
import pytest
from conftest import assert_image, assert_not_delivered, ids, refused


class TestEdit:
    def test_metadata_is_replaced_as_a_whole_and_the_rest_stays(self, account):
        image = account.upload("photo.jpg", metadata={"album": "pets", "roll": 7}, creator="user-7")
        metadata = {"album": "cats", "shot": {"roll": 7, "keep": True, "none": None}}
        edited = account.v1.edit(image.id, metadata=metadata, **account.here)
        assert edited == image.model_copy(update={"meta": metadata})
        assert account.v1.get(image.id, **account.here) == edited

    def test_a_creator_is_set_changed_and_cleared(self, account):
        image = account.upload("photo.jpg", metadata={"album": "pets"})
        for creator in ("user-7", "user-8"):
            assert account.v1.edit(image.id, creator=creator, **account.here).creator == creator
        assert account.v1.edit(image.id, creator="", **account.here) == image

    @pytest.mark.parametrize("metadata", [None, {}], ids=["null", "empty"])
    def test_metadata_of_nothing_clears_it(self, account, metadata):
        image = account.upload("photo.jpg", metadata={"album": "pets"})
        assert account.v1.edit(image.id, metadata=metadata, **account.here).meta is None
        assert account.v1.get(image.id, **account.here).meta is None

    def test_an_edit_of_nothing_changes_nothing(self, account):
        image = account.upload("photo.jpg", metadata={"album": "pets"}, creator="user-7")
        assert account.v1.edit(image.id, **account.here) == image

    def test_an_edit_may_come_as_a_form(self, account, base):
        # As Terraform sends it.
        image = account.upload("photo.jpg", metadata={"album": "pets"}, creator="user-7")
        response = httpx.patch(
            f"{base}/client/v4/accounts/{account.id}/images/v1/{image.id}",
            headers={"authorization": "Bearer any-token"},
            files={"metadata": (None, '{"shot": {"roll": 7}}', "application/json"), "creator": (None, "user-8")},
        )
        assert response.status_code == 200
        edited = account.v1.get(image.id, **account.here)
        assert edited == image.model_copy(update={"meta": {"shot": {"roll": 7}}, "creator": "user-8"})

    @pytest.mark.parametrize(
        "changes",
        [{"metadata": {"text": "x" * 1024}}, {"metadata": [1]}, {"creator": 7}, {"require_signed_urls": "yes"}],
        ids=["long", "list", "creator", "bool"],
    )
    def test_an_edit_that_is_refused_changes_nothing(self, account, changes):
        image = account.upload("photo.jpg", metadata={"album": "pets"})
        with refused(cloudflare.BadRequestError, 400, 5400):
            account.v1.edit(image.id, **{"creator": "user-7", **changes}, **account.here)
        assert account.v1.get(image.id, **account.here) == image

    def test_an_unknown_image_can_not_be_edited(self, account):
        with refused(cloudflare.NotFoundError, 404, 5404):
            account.v1.edit("nothing", creator="user-7", **account.here)


class TestPrivacy:
    def test_a_change_gives_a_new_id_and_moves_everything_over(self, account):
        image = before = account.upload("photo.jpg", metadata={"album": "pets"}, creator="user-7")
        assert_image(httpx.get(image.variants[0]), "image/jpeg", (1024, 768))
        for private in (True, False):
            edited = account.v1.edit(before.id, require_signed_urls=private, **account.here)
            assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{10}00", edited.id)
            assert edited.id != before.id
            moved = {"id": edited.id, "requireSignedURLs": private}
            moved["variants"] = [url.replace(before.id, edited.id) for url in before.variants]
            assert edited.to_dict() == {**before.to_dict(), **moved}
            for call in (account.v1.get, account.v1.blobs.get, account.v1.delete):
                with refused(cloudflare.NotFoundError, 404, 5404):
                    call(before.id, **account.here)
            assert_not_delivered(httpx.get(before.variants[0]), 404, 9404)
            assert [one.to_dict() for one in account.v2.list(**account.here).images] == [edited.to_dict()]
            before = edited
        assert before.uploaded == image.uploaded
        assert_image(httpx.get(before.variants[0]), "image/jpeg", (1024, 768))

    @pytest.mark.parametrize("private", [True, False])
    def test_the_same_value_again_keeps_the_id(self, account, private):
        image = account.upload("photo.jpg", require_signed_urls=private)
        assert account.v1.edit(image.id, require_signed_urls=private, **account.here) == image

    def test_an_image_with_a_custom_id_can_not_become_private(self, account):
        image = account.upload("photo.jpg", id="shop/red.jpg")
        with refused(cloudflare.BadRequestError, 400, 5410):
            account.v1.edit(image.id, require_signed_urls=True, creator="user-7", **account.here)
        assert account.v1.get(image.id, **account.here) == image
        assert account.v1.edit(image.id, require_signed_urls=False, **account.here) == image

    def test_a_change_keeps_the_place_among_the_others(self, account):
        images = [account.upload("geometry.png") for _ in range(3)]
        edited = account.v1.edit(images[1].id, require_signed_urls=True, **account.here)
        listed = account.v2.list(sort_order="asc", **account.here).images
        assert ids(listed) == [images[0].id, edited.id, images[2].id]
