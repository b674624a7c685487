"""Images usage statistics: `GET /accounts/{account_id}/images/v1/stats`."""

from support import eventually, fact, is_so, ok


def current(api):
    return ok(api.get("/v1/stats"))["count"]["current"]


@fact("§1.11 [D]")
def test_the_result_counts_what_is_there_and_what_may_be(api):
    result = ok(api.get("/v1/stats"))

    assert list(result) == ["count"]
    assert list(result["count"]) == ["current", "allowed"]
    assert 0 <= result["count"]["current"] <= result["count"]["allowed"]


@fact("§1.11 [D]")
def test_images_count(api):
    before = current(api)
    id = api.uploaded()["id"]
    eventually(lambda: is_so(current(api) == before + 1))

    ok(api.delete(f"/v1/{id}"))
    eventually(lambda: is_so(current(api) == before))


@fact("§1.11, §6.34 [I]")
def test_drafts_do_not_count(api):
    before = current(api)
    api.drafted()

    assert current(api) == before
