"""Create authenticated direct upload URL: `POST …/images/v2/direct_upload` and `POST …/images/v1/direct_upload`."""

import json

import pytest

from support import GENERATED_ID, UNKNOWN_ID, Guess, fact, form, hours, multipart, ok, refused, unique


@fact("§1.8 [R]")
def test_the_result_has_an_id_and_an_upload_url(api):
    result = api.drafted()

    assert list(result) == ["id", "uploadURL"]
    assert GENERATED_ID.fullmatch(result["id"])
    account_hash, id = result["uploadURL"].rsplit("/", 2)[1:]
    assert (len(account_hash), id) == (22, result["id"])


@fact("§1.8 [R]")
def test_a_post_with_nothing_is_enough(api):
    response = api.post("/v2/direct_upload")

    assert "content-type" not in response.request.headers
    ok(response)


@fact("§1.8, §6 [I] the SDKs send it when there is nothing to say; the service was seen to fail")
@pytest.mark.parametrize("body", ["--b--\n", "--b--"])
def test_a_form_without_parts_is_enough(api, body):
    ok(api.post("/v2/direct_upload", **multipart(body)))


@fact("§1.8 [D]")
def test_every_field_is_taken(api, creator):
    metadata = {"a": {"b": 1}}
    id = api.drafted(creator=creator, metadata=json.dumps(metadata), requireSignedURLs="true", expiry=hours(1))["id"]

    draft = ok(api.image(id))
    assert (draft["creator"], draft["meta"], draft["requireSignedURLs"]) == (creator, metadata, True)


@fact("§1.1, §6.1 [I]")
def test_metadata_may_come_in_parts(api):
    id = api.drafted(("metadata[a][b]", "1"), ("metadata.c", "2"))["id"]

    assert ok(api.image(id))["meta"] == {"a": {"b": "1"}, "c": "2"}


@fact("§1.8, §1.0 [R]")
def test_a_custom_id_is_one_segment_of_the_upload_url(api):
    id = f"prod/moment/{unique()}.jpeg"
    result = api.drafted(id=id)

    assert result["id"] == id
    assert result["uploadURL"].endswith("/" + id.replace("/", "%2F"))


@fact("§1.8 [R]")
def test_the_id_of_a_draft_is_taken(api):
    id = unique()
    api.drafted(id=id)

    refused(api.post("/v2/direct_upload", files=form(id=id)), 5409, 409)


@fact("§4.2 [R]")
def test_the_id_of_an_image_is_taken(api):
    id = unique()
    api.uploaded(id=id)

    refused(api.post("/v2/direct_upload", files=form(id=id)), 5409, 409)


@fact("§1.8, §4.2 [R]")
@pytest.mark.parametrize("kind", ["application/json", "application/x-www-form-urlencoded"])
def test_other_content_types_are_5415(api, kind):
    refused(api.post("/v2/direct_upload", content="{}", headers={"content-type": kind}), 5415, 415)


@fact("§4.2 [R]")
@pytest.mark.parametrize(
    "id, end", [(UNKNOWN_ID, "Must not be UUID"), ("report.pdf", "Must not use a non-image file name extension")]
)
def test_a_custom_id_follows_the_rules(api, id, end):
    assert refused(api.post("/v2/direct_upload", files=form(id=id)), 5411, Guess(400)).endswith(end)


@fact("§3 [D]")
@pytest.mark.parametrize("id", ["/a", "a/", "x" * 1025])
def test_a_custom_id_has_a_form(api, id):
    refused(api.post("/v2/direct_upload", files=form(id=id)), Guess(5411), Guess(400))


@fact("§3 [D]; the code by extension of PATCH's")
def test_a_custom_id_can_not_be_private(api):
    refused(api.post("/v2/direct_upload", files=form(id=unique(), requireSignedURLs="true")), Guess(5410), Guess(400))


@fact("§3 [D]")
@pytest.mark.parametrize("metadata", [json.dumps({"k": "x" * 1017}), "[1]", "{"])
def test_metadata_follows_the_rules(api, metadata):
    refused(api.post("/v2/direct_upload", files=form(metadata=metadata)), Guess(5400), Guess(400))


@fact("§3 [D]")
def test_a_creator_has_at_most_1024_characters(api):
    refused(api.post("/v2/direct_upload", files=form(creator="x" * 1025)), Guess(5400), Guess(400))


@fact("§1.8 [S] Python's date and TypeScript's")
@pytest.mark.parametrize("change", [("Z", "Z"), ("Z", "+00:00"), ("Z", ".123Z"), ("Z", ".123456+00:00")])
def test_an_expiry_is_a_date_of_rfc_3339(api, change):
    api.drafted(expiry=hours(1).replace(*change))


@fact("§3 [D]")
@pytest.mark.parametrize("away", [2.5 / 60, 5.98], ids=["two minutes", "six hours"])
def test_an_expiry_within_the_bounds_is_taken(api, away):
    api.drafted(expiry=hours(away))


@fact("§3 [D] the bounds; §6.10 the code")
@pytest.mark.parametrize("away", [-1, 1.5 / 60, 6.02], ids=["past", "less than two minutes", "more than six hours"])
def test_an_expiry_out_of_bounds_is_refused(api, away):
    refused(api.post("/v2/direct_upload", files=form(expiry=hours(away))), Guess(5400), Guess(400))


@fact("§6.10 [I]")
@pytest.mark.parametrize("expiry", ["tomorrow", "1800", "2026-11-23"])
def test_an_expiry_that_is_no_date_is_refused(api, expiry):
    refused(api.post("/v2/direct_upload", files=form(expiry=expiry)), 5400, 400)


@fact("§1.8 [R]")
def test_a_draft_can_be_looked_up_at_once(api):
    draft = ok(api.image(api.drafted()["id"]))

    assert (draft["draft"], draft["filename"]) == (True, None)


# Version 1


@fact("§1.9 [D]")
def test_v1_takes_json_and_gives_the_same_keys(api):
    result = ok(api.post("/v1/direct_upload", json={"expiry": hours(1)}))

    assert list(result) == ["id", "uploadURL"]


@fact("§1.9 [D] nothing is required")
def test_v1_takes_an_empty_object(api):
    ok(api.post("/v1/direct_upload", json={}))


@fact("§1.9 [D] the bounds; §6.10 the code")
def test_v1_has_the_same_bounds(api):
    refused(api.post("/v1/direct_upload", json={"expiry": hours(-1)}), Guess(5400), Guess(400))


@fact("§1.14 [I] in 2022 it was a request's id")
def test_v1_gives_the_id_of_the_image(api, plain):
    result = ok(api.post("/v1/direct_upload", json={}))

    assert ok(plain.post(result["uploadURL"], files=form(file="still.gif")))["id"] == result["id"]
