"""Variants: `/accounts/{account_id}/images/v1/variants`."""

import pytest

from support import Guess, eventually, fact, ok, refused, word

OPTIONS = {"fit": "cover", "width": 600, "height": 400, "metadata": "none"}


def create(api, name=None, options=OPTIONS, **more):
    return api.post("/v1/variants", json={"id": name or word(), "options": options, **more})


def created(api, *args, **more):
    return ok(create(api, *args, **more))["variant"]


def gone(response):
    """There is no such variant: plain text at the real service, the envelope at tintype (§4.1, 3)."""
    assert response.status_code == 404
    if response.headers["content-type"].startswith("text/plain"):
        assert response.text.strip() == "variant not found"
    else:
        refused(response, 5401, 404)


@fact("§1.12 [R] keys in this order")
def test_a_variant_has_these_keys_in_this_order(api):
    name = word()
    result = ok(create(api, name, neverRequireSignedURLs=True))

    assert list(result) == ["variant"]
    assert list(result["variant"]) == ["id", "options", "neverRequireSignedURLs"]
    assert list(result["variant"]["options"]) == ["fit", "width", "height", "metadata"]
    assert result["variant"] == {"id": name, "options": OPTIONS, "neverRequireSignedURLs": True}


@fact("§1.12 [D]")
def test_never_require_signed_urls_is_false_by_default(api):
    assert created(api)["neverRequireSignedURLs"] is False


@fact("§1.12, §1.14 [D]")
def test_variants_are_listed_as_a_map_by_name(api):
    variant = created(api)
    result = ok(api.get("/v1/variants"))

    assert list(result) == ["variants"]
    assert result["variants"][variant["id"]] == variant
    assert all(name == variant["id"] for name, variant in result["variants"].items())


@fact("§1.12 [D]")
@pytest.mark.disposable
def test_every_account_has_public(api):
    assert ok(api.get("/v1/variants/public"))["variant"] == {
        "id": "public",
        "options": {"fit": "scale-down", "width": 1366, "height": 768, "metadata": "none"},
        "neverRequireSignedURLs": False,
    }


@fact("§1.12 [D]")
def test_a_variant_is_what_it_was_created_as(api):
    variant = created(api)

    assert ok(api.get(f"/v1/variants/{variant['id']}")) == {"variant": variant}


@fact("§1.12 [D]")
def test_flat_is_the_variant_without_its_wrapper(api):
    variant = created(api)

    assert ok(api.get(f"/v1/variants/{variant['id']}/flat")) == variant


@fact("§1.12 [D]")
@pytest.mark.parametrize("fit", ["scale-down", "contain", "cover", "crop", "pad"])
def test_every_fit_is_taken(api, fit):
    assert created(api, options={**OPTIONS, "fit": fit})["options"]["fit"] == fit


@fact("§1.12 [D]")
@pytest.mark.parametrize("metadata", ["keep", "copyright", "none"])
def test_every_metadata_is_taken(api, metadata):
    assert created(api, options={**OPTIONS, "metadata": metadata})["options"]["metadata"] == metadata


@fact("§1.12, §1.14 [D] examples that send fewer")
def test_not_every_option_is_needed(api):
    options = created(api, options={"width": 200})["options"]

    assert options["width"] == 200
    assert options.get("height") is None


@fact("§1.12, §1.14 [D] options that no schema has")
@pytest.mark.parametrize("more", [{"blur": 20}, {"browser_ttl": 86400}])
def test_blur_and_browser_ttl_are_options_too(api, more):
    assert created(api, options={**OPTIONS, **more})["options"] == {**OPTIONS, **more}


@fact("§3 [D]")
@pytest.mark.parametrize("ttl", [3599, 31_536_001, -1])
def test_a_browser_ttl_is_an_hour_to_a_year(api, ttl):
    refused(create(api, options={**OPTIONS, "browser_ttl": ttl}), Guess(5400), Guess(400))


@fact("§4.2 [R]")
def test_another_fit_is_refused_by_name(api):
    message = refused(create(api, options={**OPTIONS, "fit": "squash"}), 5400, 400)

    assert "'squash' is not a supported fit mode. Use 'cover', 'contain' or 'scale-down'" in message


@fact("§1.12, §4.2 [R]")
def test_options_are_required(api):
    message = refused(api.post("/v1/variants", json={"id": word()}), 5400, 400)

    assert "missing field `options`" in message


@fact("§1.12 [D]")
def test_an_id_is_required(api):
    refused(api.post("/v1/variants", json={"options": OPTIONS}), 5400, 400)


@fact("§1.12 [D] the types")
@pytest.mark.parametrize(
    "body",
    [
        {"id": 7, "options": OPTIONS},
        {"id": "a", "options": []},
        {"id": "a", "options": OPTIONS, "neverRequireSignedURLs": "yes"},
    ],
)
def test_other_types_are_refused(api, body):
    refused(api.post("/v1/variants", json=body), Guess(5400), Guess(400))


@fact("§4.2 [D]")
@pytest.mark.parametrize("body", ["", "{", "text"])
def test_what_is_no_json_is_refused(api, body):
    refused(api.post("/v1/variants", content=body, headers={"content-type": "application/json"}), Guess(5400), Guess(400))


@fact("§3 [D] from 1")
@pytest.mark.parametrize("side", ["width", "height"])
@pytest.mark.parametrize("length", [0, -1, "wide"])
def test_a_side_is_at_least_one_pixel(api, side, length):
    refused(create(api, options={**OPTIONS, side: length}), Guess(5400), Guess(400))


@fact("§3 [R] a live-tested client's comment")
@pytest.mark.parametrize("side", ["width", "height"])
def test_a_side_is_at_most_9999_pixels(api, side):
    assert created(api, options={**OPTIONS, side: 9999})["options"][side] == 9999
    refused(create(api, options={**OPTIONS, side: 10_000}), Guess(5400), Guess(400))


@fact("§3 [R] letters and digits")
@pytest.mark.parametrize("name", ["{}-x", "{}_x", "{}.x", "{} x", "{}/x", "{}é"])
def test_a_name_has_letters_and_digits_only(api, name):
    refused(create(api, name.format(word())), 5400, 400)


@fact("§3 [D]")
def test_a_name_has_at_most_99_characters(api):
    longest = word().ljust(99, "x")

    assert created(api, longest)["id"] == longest
    refused(create(api, longest + "x"), Guess(5400), Guess(400))


@fact("§3 [D]")
def test_an_empty_name_is_refused(api):
    refused(api.post("/v1/variants", json={"id": "", "options": OPTIONS}), Guess(5400), Guess(400))


@fact("§4.2 [R]")
def test_a_taken_name_is_a_conflict(api):
    name = created(api)["id"]

    refused(create(api, name), 5409, 409)
    refused(create(api, "public"), 5409, 409)


@fact("§1.0 [R] images have a URL for it")
def test_images_get_a_url_for_a_new_variant(api):
    image = api.uploaded()
    name = created(api)["id"]

    def shown():
        assert any(url.endswith(f"/{image['id']}/{name}") for url in ok(api.image(image["id"]))["variants"])

    eventually(shown)


# Edit


@fact("§1.12 [D]")
def test_an_edit_changes_options_and_the_flag(api):
    name = created(api)["id"]
    options = {"fit": "pad", "width": 10, "height": 20, "metadata": "keep"}

    edited = ok(api.patch(f"/v1/variants/{name}", json={"options": options, "neverRequireSignedURLs": True}))
    assert edited == {"variant": {"id": name, "options": options, "neverRequireSignedURLs": True}}
    assert ok(api.get(f"/v1/variants/{name}")) == edited


@fact("§1.12 [S] what Terraform sends")
def test_an_edit_keeps_what_it_does_not_name(api):
    name = created(api, neverRequireSignedURLs=True)["id"]

    edited = ok(api.patch(f"/v1/variants/{name}", json={"options": {"width": 10}}))
    assert edited["variant"] == {"id": name, "options": {**OPTIONS, "width": 10}, "neverRequireSignedURLs": True}


@fact("§1.12 [I]")
def test_an_edit_may_leave_the_options_out(api):
    name = created(api)["id"]

    edited = ok(api.patch(f"/v1/variants/{name}", json={"neverRequireSignedURLs": True}))
    assert edited["variant"] == {"id": name, "options": OPTIONS, "neverRequireSignedURLs": True}


@fact("§4.2 [R] the same rules")
@pytest.mark.parametrize("options", [{"fit": "squash"}, {"width": 0}, {"metadata": "some"}])
def test_an_edit_follows_the_rules_and_changes_nothing_else(api, options):
    variant = created(api)
    refused(api.patch(f"/v1/variants/{variant['id']}", json={"options": options}), Guess(5400), Guess(400))

    assert ok(api.get(f"/v1/variants/{variant['id']}"))["variant"] == variant


# What is not there


@fact("§4.1, 3 [R]")
def test_an_unknown_variant_is_404(api):
    gone(api.get(f"/v1/variants/{word()}"))


@fact("§6.29 [I] an envelope, where the real service has plain text")
def test_an_unknown_variant_is_5401_in_the_envelope(api):
    refused(api.get(f"/v1/variants/{word()}"), 5401, 404)
    refused(api.get(f"/v1/variants/{word()}/flat"), 5401, 404)


@fact("§4.1, 3, §4.2 [R]")
def test_editing_or_deleting_an_unknown_variant_is_5401(api):
    refused(api.patch(f"/v1/variants/{word()}", json={"options": OPTIONS}), 5401, 404)
    refused(api.delete(f"/v1/variants/{word()}"), 5401, 404)


@fact("§4.2 [I] a name that no variant can have")
def test_a_name_that_no_variant_can_have_is_not_found_either(api):
    refused(api.get("/v1/variants/no-such_name"), 5401, 404)
    refused(api.delete("/v1/variants/no-such_name"), 5401, 404)


# Delete and limit


@fact("§1.12 [D]")
def test_a_deleted_variant_is_gone(api):
    name = created(api)["id"]
    assert ok(api.delete(f"/v1/variants/{name}")) == {}

    eventually(lambda: gone(api.get(f"/v1/variants/{name}")))
    assert name not in ok(api.get("/v1/variants"))["variants"]


@fact("§1.12, §6.27 [R] 200, and it stays")
@pytest.mark.disposable
def test_public_can_not_be_deleted(api):
    assert ok(api.delete("/v1/variants/public")) == {}

    assert ok(api.get("/v1/variants/public"))["variant"]["id"] == "public"


@fact("§3 [D] 100; §6.28 which answer")
@pytest.mark.disposable
def test_an_account_has_at_most_100_variants(api):
    for _ in range(100 - len(ok(api.get("/v1/variants"))["variants"])):
        created(api)

    refused(create(api), Guess(5400), Guess(400))
    assert len(ok(api.get("/v1/variants"))["variants"]) == 100
