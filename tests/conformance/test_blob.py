"""Base image: `GET /accounts/{account_id}/images/v1/{image_id}/blob`."""

import pytest

from support import TYPES, UNKNOWN_ID, fact, missing, picture, segment, unique


@fact("§1.7 [D]")
@pytest.mark.parametrize("name", ["photo.jpg", "geometry.png", "animation.gif", "still.webp"])
def test_the_bytes_are_those_that_were_uploaded(api, name):
    blob = api.get(f"/v1/{api.uploaded(file=name)['id']}/blob")

    assert (blob.status_code, blob.headers["content-type"]) == (200, TYPES["." + name.split(".")[1]])
    assert blob.content == picture(name)[1]


@fact("§6.35 [I]")
def test_an_svg_is_given_back_as_svg(api):
    blob = api.get(f"/v1/{api.uploaded(file='vector.svg')['id']}/blob")

    assert (blob.headers["content-type"], blob.content) == ("image/svg+xml", picture("vector.svg")[1])


@fact("§1.7 [D] the stored type")
def test_the_type_is_what_the_bytes_are(api):
    id = api.uploaded(file=("photo.jpg", picture("alpha.png")[1], "image/jpeg"))["id"]

    assert api.get(f"/v1/{id}/blob").headers["content-type"] == "image/png"


@fact("§1.7 [S]")
def test_what_the_sdks_accept_is_what_they_get(api):
    id = api.uploaded()["id"]

    assert api.get(f"/v1/{id}/blob", headers={"accept": "image/*"}).status_code == 200


@fact("§1.7 [D] the token is enough")
def test_a_private_image_needs_no_signature(api):
    id = api.uploaded(requireSignedURLs="true")["id"]

    assert api.get(f"/v1/{id}/blob").content == picture()[1]


@fact("§1.7, §4.2 [R]")
@pytest.mark.parametrize("id", [UNKNOWN_ID, "no/such/image"])
def test_an_unknown_image_is_5404_in_the_envelope(api, id):
    missing(api.get(f"/v1/{segment(id)}/blob", headers={"accept": "image/*"}))


@fact("§1.7 [I]")
def test_a_draft_has_no_bytes(api):
    missing(api.get(f"/v1/{api.drafted()['id']}/blob"))


@fact("§5.1 [S] Go sends slashes as they are")
@pytest.mark.parametrize("encode", [segment, str], ids=["encoded", "literal"])
def test_slashes_in_an_id_may_be_encoded_or_literal(api, encode):
    id = f"shop/{unique()}/42.png"
    api.uploaded(id=id)

    assert api.get(f"/v1/{encode(id)}/blob").content == picture()[1]


@fact("§6, routing [I]")
def test_the_bytes_of_an_id_that_ends_in_blob_are_reached(api):
    id = f"{unique()}/blob"
    api.uploaded(id=id)

    assert api.get(f"/v1/{segment(id)}/blob").content == picture()[1]
