"""List images: `GET /accounts/{account_id}/images/v1`."""

import pytest

from support import fact, ok


@pytest.fixture
def three(api, creator):
    """Three images, the newest first."""
    return [api.uploaded(creator=creator)["id"] for _ in range(3)][::-1]


def page(api, query):
    result = ok(api.get(f"/v1?{query}"))
    return [image["id"] for image in result["images"]]


@fact("§1.2, §1.14 [R][D]")
def test_the_result_has_images_and_nothing_else(api, three, creator):
    result = ok(api.get(f"/v1?creator={creator}"))

    assert list(result) == ["images"]
    assert sorted(image["id"] for image in result["images"]) == sorted(three)


@fact("§1.0, §1.2 [R] in 2026: nothing beside result, success, errors, messages")
def test_there_is_no_result_info(api):
    assert "result_info" not in api.get("/v1?per_page=1").json()


@fact("§1.2 [R]")
def test_a_listed_image_is_as_its_details_are(api, creator):
    image = api.uploaded(creator=creator, metadata='{"a":1}')

    assert ok(api.get(f"/v1?creator={creator}"))["images"] == [image]


@fact("§1.2 [R] the minimum of 10 is not enforced")
def test_pages_of_one_image_are_given(api, three, creator):
    pages = [page(api, f"creator={creator}&per_page=1&page={number}") for number in (1, 2, 3, 4)]

    assert [len(ids) for ids in pages] == [1, 1, 1, 0]
    assert sorted(sum(pages, [])) == sorted(three)


@fact("§1.2 [I] the order is not documented")
def test_the_newest_come_first(api, three, creator):
    assert page(api, f"creator={creator}") == three


@fact("§1.2 [D]")
def test_past_the_end_there_is_nothing(api, three, creator):
    assert page(api, f"creator={creator}&page=1000") == []


@fact("§1.2 [D]")
def test_the_creator_is_matched_whole_and_exactly(api, three, creator):
    assert page(api, f"creator={creator.upper()}") == []
    assert page(api, f"creator={creator[:-1]}") == []


@fact("§1.2, §1.3 [D]")
def test_an_empty_creator_means_images_without_one(api, three):
    without = api.uploaded()["id"]

    ids = page(api, "creator=&per_page=100")
    assert without in ids
    assert not set(three) & set(ids)


@fact("§1.2 [R][D]")
def test_drafts_are_not_listed(api, creator):
    api.drafted(creator=creator)

    assert page(api, f"creator={creator}") == []


@fact("§6.20 [I]")
@pytest.mark.parametrize("query", ["per_page=0", "per_page=-1", "per_page=10001", "per_page=x", "page=0", "page=x", "page="])
def test_numbers_that_make_no_sense_are_forgiven(api, three, creator, query):
    assert set(page(api, f"creator={creator}&{query}")) <= set(three)


@fact("§1.14 [D] default 1000")
def test_without_per_page_more_than_a_few_are_given(api, creator):
    for _ in range(12):
        api.uploaded(creator=creator)

    assert len(page(api, f"creator={creator}")) == 12


@fact("§6.19 [I]")
def test_parameters_that_nobody_knows_are_ignored(api, three, creator):
    assert len(page(api, f"creator={creator}&direction=asc&meta.a[eq]=1")) == 3
