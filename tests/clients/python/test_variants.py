"""Variants, by the official Python SDK."""

from __future__ import annotations

import cloudflare
import httpx
import pytest
from conftest import assert_image, assert_not_delivered, assert_variant_url, refused

HERO = {"fit": "cover", "width": 200, "height": 100, "metadata": "none"}


class TestVariants:
    def test_a_fresh_account_has_the_variant_public(self, account):
        # A map by name. The SDK types it as one object with the field `hero`, copied from an example, and so
        # leaves the other names as plain dicts.
        variants = account.v1.variants.list(**account.here).variants
        assert variants.to_dict() == {
            "public": {
                "id": "public",
                "options": {"fit": "scale-down", "width": 1366, "height": 768, "metadata": "none"},
                "neverRequireSignedURLs": False,
            }
        }

    def test_a_variant_is_created_listed_found_edited_and_deleted(self, account):
        variants, here = account.v1.variants, account.here

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
        with refused(cloudflare.NotFoundError, 404, 5401):
            variants.delete("hero", **here)

    def test_a_new_variant_is_delivered_with_its_size(self, account, base):
        image = account.upload("photo.jpg")
        account.v1.variants.create(**account.here, id="hero", options=HERO)
        hero, public = sorted(account.v1.get(image.id, **account.here).variants)
        assert_variant_url(hero, base, image.id, "hero")
        assert_variant_url(public, base, image.id, "public")
        assert_image(httpx.get(hero), "image/jpeg", (200, 100))

    def test_a_variant_name_with_a_dash_is_refused_with_5400(self, account):
        with refused(cloudflare.BadRequestError, 400, 5400):
            account.v1.variants.create(**account.here, id="big-hero", options=HERO)

    def test_a_variant_name_that_is_taken_is_refused_with_5409(self, account):
        account.v1.variants.create(**account.here, id="hero", options=HERO)
        with refused(cloudflare.ConflictError, 409, 5409):
            account.v1.variants.create(**account.here, id="hero", options=HERO)

    def test_an_edit_changes_the_options_it_names_and_keeps_the_others(self, account):
        # As Terraform sends it: only what has changed.
        account.v1.variants.create(id="hero", options=HERO, never_require_signed_urls=True, **account.here)
        edited = account.v1.variants.edit("hero", options={"width": 300}, **account.here).variant
        assert edited.to_dict() == {"id": "hero", "options": {**HERO, "width": 300}, "neverRequireSignedURLs": True}

    def test_an_edited_variant_is_delivered_with_its_new_size_and_a_deleted_one_no_more(self, account):
        account.v1.variants.create(id="hero", options=HERO, **account.here)
        url = next(url for url in account.upload("photo.jpg").variants if url.endswith("/hero"))
        assert_image(httpx.get(url), "image/jpeg", (200, 100))
        account.v1.variants.edit("hero", options={**HERO, "fit": "contain"}, **account.here)
        assert_image(httpx.get(url), "image/jpeg", (133, 100))
        account.v1.variants.delete("hero", **account.here)
        assert_not_delivered(httpx.get(url), 403, 9425)

    def test_blur_and_browser_ttl_are_kept(self, account):
        options = {**HERO, "blur": 20, "browser_ttl": 7200}
        created = account.v1.variants.create(id="hero", options=options, **account.here)
        assert created.variant.options.to_dict() == options

    def test_a_flat_variant_is_the_definition_itself(self, account):
        created = account.v1.variants.create(id="hero", options=HERO, **account.here)
        assert account.raw("get", "/v1/variants/hero/flat")["result"] == created.variant.to_dict()

    def test_the_variant_public_stays_when_it_is_deleted(self, account):
        assert account.v1.variants.delete("public", **account.here) == {}
        assert account.v1.variants.get("public", **account.here).variant.id == "public"

    def test_an_unknown_variant_can_neither_be_edited_nor_deleted(self, account):
        with refused(cloudflare.NotFoundError, 404, 5401):
            account.v1.variants.edit("hero", options=HERO, **account.here)
        with refused(cloudflare.NotFoundError, 404, 5401):
            account.v1.variants.delete("hero", **account.here)

    @pytest.mark.parametrize(
        "fields",
        [
            {"options": {**HERO, "fit": "stretch"}},
            {"options": {**HERO, "width": 0}},
            {"options": {**HERO, "height": "tall"}},
            {"options": {**HERO, "metadata": "some"}},
            {"options": None},
            {"id": "x" * 100},
            {"id": "big_hero"},
        ],
        ids=["fit", "width", "height", "metadata", "no options", "long name", "underscore"],
    )
    def test_an_invalid_variant_is_refused_with_5400(self, account, fields):
        with refused(cloudflare.BadRequestError, 400, 5400):
            account.v1.variants.create(**{"id": "hero", "options": HERO, **fields}, **account.here)
        assert list(account.v1.variants.list(**account.here).variants.to_dict()) == ["public"]

    def test_an_account_has_at_most_100_variants(self, account):
        # The first is public.
        for index in range(99):
            account.v1.variants.create(id=f"v{index}", options=HERO, **account.here)
        with refused(cloudflare.BadRequestError, 400, 5400):
            account.v1.variants.create(id="v99", options=HERO, **account.here)
        assert len(account.v1.variants.list(**account.here).variants.to_dict()) == 100
