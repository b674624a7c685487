"""Signing keys: `/accounts/{account_id}/images/v1/keys`."""

import pytest

from support import Guess, eventually, fact, missing, ok, refused, segment


def keys(response) -> dict:
    result = ok(response)
    assert list(result) == ["keys"]
    assert all(list(key) == ["name", "value"] for key in result["keys"])
    return {key["name"]: key["value"] for key in result["keys"]}


@fact("§1.10 [D]")
def test_keys_are_listed_with_names_and_values(api):
    listed = keys(api.get("/v1/keys"))

    assert 1 <= len(listed) <= 2
    assert all(len(value) >= 16 and value.isascii() for value in listed.values())


@fact("§1.10 [D]")
@pytest.mark.disposable
def test_an_account_begins_with_default(api):
    assert list(keys(api.get("/v1/keys"))) == ["default"]


@fact("§1.10 [D]")
def test_put_makes_a_key_and_answers_with_all(api, key_to_spare):
    before = keys(api.get("/v1/keys"))
    after = keys(api.put(f"/v1/keys/{key_to_spare}"))

    assert after == {**before, key_to_spare: after[key_to_spare]}
    assert after[key_to_spare] not in before.values()
    assert eventually(lambda: keys(api.get("/v1/keys"))) == after


@fact("§1.10, §1.14 [D] rotates")
def test_put_of_a_known_key_gives_it_a_new_value(api, key_to_spare):
    before = keys(api.put(f"/v1/keys/{key_to_spare}"))
    after = keys(api.put(f"/v1/keys/{key_to_spare}"))

    assert after.keys() == before.keys()
    assert {name for name in after if after[name] != before[name]} == {key_to_spare}


@fact("§1.10 [S] Python and TypeScript send these with nothing in it")
@pytest.mark.parametrize(
    "headers", [{"content-type": "application/json"}, {"content-length": "0"}, {"api-version": "2026-08-17"}]
)
def test_put_takes_an_empty_body_with_any_label(api, key_to_spare, headers):
    assert key_to_spare in keys(api.put(f"/v1/keys/{key_to_spare}", headers=headers))


@fact("§1.10 [D]")
def test_delete_answers_with_the_keys_that_remain(api, key_to_spare):
    before = keys(api.get("/v1/keys"))
    keys(api.put(f"/v1/keys/{key_to_spare}"))

    assert keys(api.delete(f"/v1/keys/{key_to_spare}")) == before


@fact("§1.10, §4.2 [R]")
def test_deleting_an_unknown_key_is_5404(api):
    missing(api.delete("/v1/keys/nosuchkey"))


@fact("§1.10, §3 [R] two")
def test_an_account_has_at_most_two_keys(api, key_to_spare):
    before = keys(api.put(f"/v1/keys/{key_to_spare}"))

    refused(api.put("/v1/keys/onetoomany"), Guess(5400), Guess(400))
    assert keys(api.get("/v1/keys")) == before


@fact("§1.10, §3 [D] 20")
def test_a_name_has_at_most_20_characters(api, key_to_spare):
    longest = key_to_spare.ljust(20, "x")

    assert longest in keys(api.put(f"/v1/keys/{longest}"))
    refused(api.put(f"/v1/keys/{longest}x"), Guess(5400), Guess(400))


@fact("§1.10, §6.25 [I] the schema says so, a client that tried says it is refused")
@pytest.mark.disposable
def test_after_the_last_key_there_is_a_fresh_default(api):
    before = keys(api.get("/v1/keys"))
    after = {}
    for name in before:
        after = keys(api.delete(f"/v1/keys/{segment(name)}"))

    assert list(after) == ["default"]
    assert after["default"] not in before.values()


@fact("§1.10 [I] the body of a documented example, which the schema doesn't have")
def test_a_name_in_the_body_renames(api, key_to_spare):
    before = keys(api.put(f"/v1/keys/{key_to_spare}"))
    after = keys(api.put(f"/v1/keys/{key_to_spare}", json={"name": "renamed"}))
    api.keys.append("renamed")

    assert after["renamed"] == before[key_to_spare]
    assert key_to_spare not in after
