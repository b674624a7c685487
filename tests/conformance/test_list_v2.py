"""List images V2: `GET /accounts/{account_id}/images/v2`."""

import json
from urllib.parse import quote

import pytest

from support import Guess, fact, ok, refused


@pytest.fixture
def five(api, creator):
    """Five images, the oldest first."""
    return [api.uploaded(creator=creator)["id"] for _ in range(5)]


@fact("§1.3 [R]")
def test_the_result_has_images_then_a_token(api, five, creator):
    result = ok(api.get(f"/v2?creator={creator}"))

    assert list(result) == ["images", "continuation_token"]


@fact("§1.3 [R][D]")
def test_on_the_last_page_the_token_is_null(api, five, creator):
    assert ok(api.get(f"/v2?creator={creator}"))["continuation_token"] is None


@fact("§1.3 [D]")
def test_a_listing_without_images_is_empty_and_at_its_end(api, creator):
    assert ok(api.get(f"/v2?creator={creator}")) == {"images": [], "continuation_token": None}


@fact("§1.3 [R]")
def test_a_listed_image_is_as_its_details_are(api, creator):
    image = api.uploaded(creator=creator, metadata='{"a":1}')

    assert ok(api.get(f"/v2?creator={creator}"))["images"] == [image]


@fact("§1.3 [D]")
@pytest.mark.parametrize("query, newest_first", [("", True), ("&sort_order=desc", True), ("&sort_order=asc", False)])
def test_images_are_in_the_order_of_their_upload(api, five, creator, query, newest_first):
    assert api.ids(f"creator={creator}{query}") == (five[::-1] if newest_first else five)


@fact("§1.3 [R] pages of one; [D] tokens")
@pytest.mark.parametrize("order", ["asc", "desc"])
@pytest.mark.parametrize("size", [1, 2, 5])
def test_following_the_tokens_gives_every_image_once(api, five, creator, order, size):
    pages = api.pages(f"creator={creator}&per_page={size}&sort_order={order}")

    assert all(len(page) <= size for page in pages)
    assert sum(pages, []) == (five if order == "asc" else five[::-1])


@fact("§3, §6.24 [D]")
def test_a_token_has_at_most_32_characters(api, five, creator):
    assert 0 < len(ok(api.get(f"/v2?creator={creator}&per_page=2"))["continuation_token"]) <= 32


@fact("§1.3 [S] what the TypeScript SDK sends for null")
def test_an_empty_token_is_none(api, five, creator):
    assert len(api.ids(f"creator={creator}&continuation_token=")) == 5


@fact("§1.3 [I]")
def test_a_token_stays_right_while_images_come_and_go(api, five, creator):
    first = ok(api.get(f"/v2?creator={creator}&per_page=2"))
    for gone in (five[4], five[3], five[1]):
        ok(api.delete(f"/v1/{gone}"))
    api.uploaded(creator=creator)

    assert api.ids(f"creator={creator}&continuation_token={first['continuation_token']}") == [five[2], five[0]]


@fact("§6.21 [I]")
@pytest.mark.parametrize("token", ["x", "%00", "a" * 33, "null"])
def test_a_token_that_nobody_gave_is_refused(api, token):
    refused(api.get(f"/v2?continuation_token={token}"), 5400, 400)


@fact("§6.20 [I]")
@pytest.mark.parametrize("size", ["0", "-1", "10001", "x", "1.5"])
def test_a_per_page_that_makes_no_sense_is_refused(api, size):
    refused(api.get(f"/v2?per_page={size}"), 5400, 400)


@fact("§1.3 [D]")
def test_per_page_may_be_10000(api, five, creator):
    assert len(api.ids(f"creator={creator}&per_page=10000")) == 5


@fact("§1.3 [D]")
def test_a_sort_order_is_asc_or_desc(api):
    refused(api.get("/v2?sort_order=newest"), Guess(5400), Guess(400))


@fact("§1.3 [D]")
def test_an_empty_creator_means_images_without_one(api, five):
    without = api.uploaded()["id"]

    ids = api.ids("creator=&per_page=100")
    assert without in ids
    assert not set(five) & set(ids)


@fact("§1.2 [R][D]")
def test_drafts_are_not_listed(api, creator):
    api.drafted(creator=creator)

    assert api.ids(f"creator={creator}") == []


# Metadata filters


@pytest.fixture
def pet(api, creator):
    metadata = {
        "album": "pets",
        "n": 5,
        "half": 0.5,
        "five": "5",
        "yes": True,
        "a": {"b": {"c": {"d": "deep", "e": {"f": 1}}}},
        "key_1": "x",
    }
    api.uploaded(creator=creator)
    return api.uploaded(creator=creator, metadata=json.dumps(metadata))["id"]


def found(api, creator, *conditions):
    query = "&".join(f"meta.{name}[{operator}]={quote(value, safe='|')}" for name, operator, value in conditions)
    return api.ids(f"creator={creator}&{query}")


@fact("§2.4 [D]")
@pytest.mark.parametrize(
    "name, operator, value, expected",
    [
        ("album", "eq", "pets", True),
        ("album", "eq", "pet", False),
        ("album", "eq:string", "pets", True),
        ("n", "eq:number", "5", True),
        ("n", "eq:number", "6", False),
        ("n", "eq:string", "5", False),
        ("five", "eq:string", "5", True),
        ("five", "eq:number", "5", False),
        ("yes", "eq:boolean", "true", True),
        ("yes", "eq:boolean", "false", False),
        ("n", "gt", "4", True),
        ("n", "gt", "5", False),
        ("n", "gt:number", "4.9", True),
        ("n", "gte", "5", True),
        ("n", "gte:number", "5.1", False),
        ("half", "lt", "1", True),
        ("half", "lt:number", "0.5", False),
        ("n", "lte", "5", True),
        ("n", "lte:number", "4", False),
        ("album", "in", "cats|pets|dogs", True),
        ("album", "in", "cats|dogs", False),
        ("album", "in:string", "pets", True),
        ("n", "in:number", "4|5", True),
        ("n", "in:number", "4|6", False),
        ("a.b.c.d", "eq", "deep", True),
        ("a.b.c", "eq", "deep", False),
        ("a.b.c.e.f", "eq:number", "1", True),
        ("key_1", "eq", "x", True),
        ("missing", "eq", "x", False),
    ],
)
def test_a_filter_finds_what_it_says(api, pet, creator, name, operator, value, expected):
    assert found(api, creator, (name, operator, value)) == ([pet] if expected else [])


@fact("§6.23 [I] how a type is guessed")
@pytest.mark.parametrize(
    "name, operator, value",
    [("n", "eq", "5"), ("n", "eq", "5.0"), ("five", "eq", "5"), ("yes", "eq", "true"), ("n", "in", "4|5")],
)
def test_without_a_type_a_value_matches_what_it_spells(api, pet, creator, name, operator, value):
    assert found(api, creator, (name, operator, value)) == [pet]


@fact("§2.4 [D] ranges are for numbers")
def test_text_is_in_no_range(api, pet, creator):
    assert found(api, creator, ("five", "gt", "1")) == []


@fact("§2.4 [D]")
def test_all_filters_have_to_fit(api, pet, creator):
    assert found(api, creator, ("album", "eq", "pets"), ("n", "gt", "1"), ("n", "lt", "9")) == [pet]
    assert found(api, creator, ("album", "eq", "pets"), ("n", "gt", "5")) == []


@fact("§2.4 [D]")
def test_filters_that_contradict_each_other_find_nothing(api, pet, creator):
    assert found(api, creator, ("n", "eq:number", "5"), ("n", "lte:number", "3")) == []


@fact("§2.4 [S]")
def test_brackets_colons_and_bars_may_be_escaped(api, pet, creator):
    assert api.ids(f"creator={creator}&meta.n%5Bin%3Anumber%5D=4%7C5") == [pet]


@fact("§2.4 [D]")
def test_filtered_listings_have_pages_too(api, creator):
    kept = [api.uploaded(creator=creator, metadata=json.dumps({"n": n}))["id"] for n in range(6)][::-2]

    pages = api.pages(f"creator={creator}&per_page=1&meta.n[in:number]=1|3|5")
    assert sum(pages, []) == kept
    assert all(len(page) <= 1 for page in pages)


@fact("§2.4 [D] the limits; §6.22 which code")
@pytest.mark.parametrize(
    "query",
    [
        "&".join(f"meta.f{n}[eq]=1" for n in range(6)),
        "meta.a.b.c.d.e.f[eq]=1",
        "meta.a[in]=" + "|".join("abcdefghijk"),
    ],
    ids=["six filters", "six levels", "eleven values"],
)
def test_more_than_the_limits_is_refused(api, query):
    refused(api.get(f"/v2?{query}"), Guess(5400), Guess(400))


@fact("§2.4 [D]")
def test_the_limits_themselves_are_allowed(api, pet, creator):
    values = "|".join([*"abcdefghi", "deep"])
    conditions = [
        ("a.b.c.d", "in", values),
        ("a.b.c.e.f", "eq", "1"),
        ("n", "gt", "1"),
        ("n", "lt", "9"),
        ("yes", "eq", "true"),
    ]

    assert found(api, creator, *conditions) == [pet]


@fact("§2.4 [D] which operators there are; §6.22 the answer to others")
@pytest.mark.parametrize(
    "query", ["meta.a[like]=x", "meta.a[eq:date]=x", "meta.a[gt:string]=x", "meta.a[in:boolean]=true", "meta.a[]=x"]
)
def test_another_operator_is_refused(api, query):
    refused(api.get(f"/v2?{query}"), Guess(5400), Guess(400))


@fact("§2.4 [D] ranges only take numbers")
@pytest.mark.parametrize("query", ["meta.a[gt]=x", "meta.a[lte:number]=", "meta.a[eq:number]=five", "meta.a[in:number]=1|x"])
def test_a_number_is_needed_where_one_is_compared(api, query):
    refused(api.get(f"/v2?{query}"), Guess(5400), Guess(400))


@fact("§6.22 [I]")
@pytest.mark.parametrize("query", ["meta.a=x", "meta.[eq]=x", "meta.a..b[eq]=x", "meta.a[eq=x", "meta.a[eq:boolean]=5"])
def test_a_filter_that_can_not_be_read_is_refused(api, query):
    refused(api.get(f"/v2?{query}"), 5400, 400)
