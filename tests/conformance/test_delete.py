"""Delete image: `DELETE /accounts/{account_id}/images/v1/{image_id}`."""

import pytest

from support import UNKNOWN_ID, eventually, fact, form, missing, ok, segment, unique


@fact("§1.6, §1.14 [R]")
def test_the_result_is_an_empty_object(api):
    assert ok(api.delete(f"/v1/{api.uploaded()['id']}")) == {}


@fact("§1.6 [R] after a while, on the real service")
def test_a_deleted_image_is_gone(api, creator):
    id = api.uploaded(creator=creator)["id"]
    ok(api.delete(f"/v1/{id}"))

    def gone():
        missing(api.image(id))
        missing(api.get(f"/v1/{id}/blob"))
        missing(api.delete(f"/v1/{id}"))
        assert api.ids(f"creator={creator}") == []

    eventually(gone)


@fact("§1.6, §4.2 [R]")
@pytest.mark.parametrize("id", [UNKNOWN_ID, "no/such/image"])
def test_an_unknown_image_is_5404(api, id):
    missing(api.delete(f"/v1/{segment(id)}"))


@fact("§1.0 [S] what the Python SDK sends")
def test_a_delete_may_be_labelled_as_json(api):
    id = api.uploaded()["id"]

    assert ok(api.request("DELETE", f"/v1/{id}", headers={"content-type": "application/json"})) == {}


@fact("§1.6, §4.2 [I] a custom id is free again")
def test_a_deleted_custom_id_can_be_used_again(api):
    id = unique()
    api.uploaded(id=id)
    ok(api.delete(f"/v1/{id}"))

    api.uploaded(id=id)


@fact("§5.1 [S] Go sends slashes as they are")
@pytest.mark.parametrize("encode", [segment, str], ids=["encoded", "literal"])
def test_slashes_in_an_id_may_be_encoded_or_literal(api, encode):
    id = f"shop/{unique()}/42.png"
    api.uploaded(id=id)

    ok(api.delete(f"/v1/{encode(id)}"))


@fact("§1.8 [I]")
def test_a_draft_can_be_deleted_and_its_upload_url_ends(api, plain):
    draft = api.drafted()
    assert ok(api.delete(f"/v1/{draft['id']}")) == {}

    missing(api.image(draft["id"]))
    missing(plain.post(draft["uploadURL"], files=form(file="still.gif")))


@fact("§1.6 [I] two images of the same bytes")
def test_images_of_the_same_bytes_do_not_go_together(api):
    one, other = api.uploaded()["id"], api.uploaded()["id"]
    ok(api.delete(f"/v1/{one}"))

    assert api.get(f"/v1/{other}/blob").status_code == 200
