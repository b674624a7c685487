"""Update image: `PATCH /accounts/{account_id}/images/v1/{image_id}`."""

import json

import pytest

from support import GENERATED_ID, UNKNOWN_ID, Guess, eventually, fact, form, missing, ok, refused, segment, unique


@fact("§1.5 [D]")
def test_metadata_is_replaced_as_a_whole(api):
    id = api.uploaded(metadata='{"a":1,"b":2}')["id"]

    assert ok(api.edit(id, metadata={"c": {"d": 3}}))["meta"] == {"c": {"d": 3}}
    assert ok(api.image(id))["meta"] == {"c": {"d": 3}}


@fact("§1.5 [D]")
def test_what_is_not_named_stays(api, creator):
    before = api.uploaded(creator=creator, metadata='{"a":1}')

    assert ok(api.edit(before["id"], metadata={"b": 2})) == {**before, "meta": {"b": 2}}
    assert ok(api.edit(before["id"], creator=creator + "2")) == {**before, "meta": {"b": 2}, "creator": creator + "2"}


@fact("§1.5 [I]")
def test_an_empty_edit_changes_nothing(api, creator):
    before = api.uploaded(creator=creator, metadata='{"a":1}')

    assert ok(api.edit(before["id"])) == before


@fact("§6.16 [I]")
@pytest.mark.parametrize("nothing", [{}, None])
def test_no_metadata_clears_it(api, nothing):
    id = api.uploaded(metadata='{"a":1}')["id"]

    assert "meta" not in ok(api.edit(id, metadata=nothing))


@fact("§6.15 [I]")
@pytest.mark.parametrize("nothing", ["", None])
def test_no_creator_clears_it(api, creator, nothing):
    id = api.uploaded(creator=creator)["id"]

    assert "creator" not in ok(api.edit(id, creator=nothing))
    assert api.ids(f"creator={creator}") == []


@fact("§1.3, §1.5 [D]")
def test_a_new_creator_is_who_lists_it(api, creator):
    id = api.uploaded(creator=creator)["id"]
    ok(api.edit(id, creator=creator + "2"))

    def moved():
        assert api.ids(f"creator={creator}") == []
        assert api.ids(f"creator={creator}2") == [id]

    eventually(moved)


@fact("§1.5 [R] true to false; [D] any change")
@pytest.mark.parametrize("before, after", [("true", False), ("false", True)])
def test_a_change_of_require_signed_urls_gives_a_new_id(api, creator, before, after):
    old = api.uploaded(requireSignedURLs=before, creator=creator, metadata='{"a":1}')
    new = ok(api.edit(old["id"], requireSignedURLs=after))

    assert new["id"] != old["id"] and GENERATED_ID.fullmatch(new["id"])
    assert new["requireSignedURLs"] is after
    assert (new["creator"], new["meta"], new["filename"]) == (creator, {"a": 1}, old["filename"])
    assert all(new["id"] in url for url in new["variants"])
    assert ok(api.image(new["id"])) == new


@fact("§1.5, §6.13 [I]")
def test_after_a_change_of_require_signed_urls_the_old_id_is_gone(api):
    old = api.uploaded()
    new = ok(api.edit(old["id"], requireSignedURLs=True))

    missing(api.image(old["id"]))
    assert new["uploaded"] == old["uploaded"]
    assert api.get(f"/v1/{new['id']}/blob").status_code == 200


@fact("§1.5 [D] a change")
def test_the_same_require_signed_urls_keeps_the_id(api):
    id = api.uploaded(requireSignedURLs="true")["id"]

    assert ok(api.edit(id, requireSignedURLs=True))["id"] == id


@fact("§1.5, §4.2 [R]")
def test_a_custom_id_can_not_become_private(api):
    id = unique()
    api.uploaded(id=id)

    message = refused(api.edit(id, requireSignedURLs=True), 5410, Guess(400))
    assert "custom ID" in message and "private" in message
    assert ok(api.image(id))["requireSignedURLs"] is False


@fact("§6.13 [I]")
def test_a_custom_id_that_stays_public_is_kept(api):
    id = unique()
    api.uploaded(id=id)

    assert ok(api.edit(id, requireSignedURLs=False))["id"] == id


@fact("§1.5 [I] of a refused edit nothing is done")
def test_a_refused_edit_changes_nothing(api):
    id = unique()
    before = api.uploaded(id=id, metadata='{"a":1}')
    refused(api.edit(id, metadata={"b": 2}, requireSignedURLs=True), 5410, 400)

    assert ok(api.image(id)) == before


@fact("§1.5 [S] what Terraform sends")
def test_an_edit_may_be_a_multipart_form(api, creator):
    id = api.uploaded(metadata='{"a":1}')["id"]
    parts = form(("metadata", '{"b":2}', "application/json"), creator=creator)

    edited = ok(api.patch(f"/v1/{id}", files=parts))
    assert (edited["id"], edited["meta"], edited["creator"]) == (id, {"b": 2}, creator)


@fact("§1.5 [S] what Terraform sends")
def test_a_multipart_edit_may_change_require_signed_urls(api):
    id = api.uploaded()["id"]

    edited = ok(api.patch(f"/v1/{id}", files=form(requireSignedURLs="true")))
    assert edited["requireSignedURLs"] is True and edited["id"] != id


@fact("§3 [D]")
def test_metadata_has_at_most_1024_bytes(api):
    id = api.uploaded()["id"]

    assert len(json.dumps(ok(api.edit(id, metadata={"k": "x" * 1016}))["meta"], separators=(",", ":"))) == 1024
    refused(api.edit(id, metadata={"k": "x" * 1017}), Guess(5400), Guess(400))


@fact("§3 [D]")
def test_a_creator_has_at_most_1024_characters(api):
    id = api.uploaded()["id"]

    ok(api.edit(id, creator="x" * 1024))
    refused(api.edit(id, creator="x" * 1025), Guess(5400), Guess(400))


@fact("§1.5 [D] the types; §6.6 the answer")
@pytest.mark.parametrize("changes", [{"metadata": [1]}, {"metadata": "text"}, {"creator": 7}, {"requireSignedURLs": "yes"}])
def test_other_types_are_refused(api, changes):
    refused(api.edit(api.uploaded()["id"], **changes), Guess(5400), Guess(400))


@fact("§4.2 [D]")
@pytest.mark.parametrize("body", ["{", "[]", "null", "text"])
def test_what_is_no_json_object_is_refused(api, body):
    id = api.uploaded()["id"]

    refused(api.patch(f"/v1/{id}", content=body, headers={"content-type": "application/json"}), Guess(5400), Guess(400))


@fact("§6.19 [I]")
def test_keys_that_nobody_knows_are_ignored(api):
    before = api.uploaded()

    assert ok(api.edit(before["id"], filename="other.gif", id="other", meta={"a": 1})) == before


@fact("§1.5, §4.2 [R]")
@pytest.mark.parametrize("id", [UNKNOWN_ID, "no/such/image"])
def test_an_unknown_image_is_5404(api, id):
    missing(api.edit(id, metadata={}))


@fact("§6.14 [I]")
def test_a_draft_can_be_edited_and_stays_one(api, creator, plain):
    draft = api.drafted()
    edited = ok(api.edit(draft["id"], metadata={"a": 1}, creator=creator))
    assert (edited["id"], edited["draft"], edited["meta"], edited["creator"]) == (draft["id"], True, {"a": 1}, creator)

    image = ok(plain.post(draft["uploadURL"], files=form(file="still.gif")))
    assert (image["meta"], image["creator"]) == ({"a": 1}, creator)


@fact("§5.1 [S] Go sends slashes as they are")
@pytest.mark.parametrize("encode", [segment, str], ids=["encoded", "literal"])
def test_slashes_in_an_id_may_be_encoded_or_literal(api, encode):
    id = f"shop/{unique()}/42.png"
    api.uploaded(id=id)

    assert ok(api.patch(f"/v1/{encode(id)}", json={"metadata": {"a": 1}}))["id"] == id
