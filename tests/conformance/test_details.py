"""Image details: `GET /accounts/{account_id}/images/v1/{image_id}`."""

import pytest

from support import UNKNOWN_ID, fact, missing, ok, segment, unique


@fact("§1.4 [R][D]")
def test_the_details_are_what_the_upload_answered(api, creator):
    image = api.uploaded(creator=creator, metadata='{"a":{"b":[1]}}', requireSignedURLs="true")

    assert ok(api.image(image["id"])) == image


@fact("§1.4, §4.2 [R]")
@pytest.mark.parametrize("id", [UNKNOWN_ID, "no-such-image", "no/such/image", "ключ", "%"])
def test_an_unknown_image_is_5404(api, id):
    missing(api.image(id))


@fact("§4.2 [R] the text")
def test_the_text_of_5404(api):
    assert api.image(UNKNOWN_ID).json()["errors"][0]["message"] == "Image not found"


@fact("§1.0, §1.4 [R] an id, filename null, draft last")
def test_a_draft_has_these_keys_in_this_order(api):
    id = api.drafted(metadata='{"a":1}')["id"]
    draft = ok(api.image(id))

    assert list(draft) == ["id", "filename", "meta", "uploaded", "requireSignedURLs", "variants", "draft"]
    assert (draft["id"], draft["filename"], draft["draft"]) == (id, None, True)


@fact("§1.0 [R]")
def test_an_image_is_not_called_a_draft(api):
    assert "draft" not in ok(api.image(api.uploaded()["id"]))


@fact("§5.1, §1.0 [S] TypeScript and Python encode slashes, Go doesn't")
@pytest.mark.parametrize("encode", [segment, str], ids=["encoded", "literal"])
def test_slashes_in_an_id_may_be_encoded_or_literal(api, encode):
    id = f"shop/{unique()}/42.png"
    api.uploaded(id=id)

    assert ok(api.get(f"/v1/{encode(id)}"))["id"] == id


@fact("§6, routing [I]")
@pytest.mark.parametrize("first", ["keys", "variants", "stats", "direct_upload", "config", "batch_token"])
def test_an_id_that_begins_like_an_endpoint_is_reached_encoded(api, first):
    id = f"{first}/{unique()}"
    api.uploaded(id=id)

    assert ok(api.get(f"/v1/{segment(id)}"))["id"] == id


@fact("§6, routing [I]")
def test_an_id_that_ends_in_blob_is_reached_encoded(api):
    id = f"{unique()}/blob"
    api.uploaded(id=id)

    assert ok(api.get(f"/v1/{segment(id)}"))["id"] == id


@fact("§3 [D] in API paths an id is percent-encoded")
def test_a_percent_sign_is_encoded_as_any_other(api):
    id = f"{unique()}%2F"
    api.uploaded(id=id)

    assert ok(api.get(f"/v1/{segment(id)}"))["id"] == id
    missing(api.get(f"/v1/{id}"))
