"""One-time upload URLs: `POST <uploadURL>`, by whoever has it."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from support import UNKNOWN_ID, Guess, fact, form, hours, missing, ok, picture, png, refused, unique


def send(plain, draft, file="still.gif", **fields):
    return plain.post(draft["uploadURL"], files=form(file=file, **fields))


@fact("§1.8 [R][D]")
def test_the_answer_is_the_image_and_it_is_no_draft_any_more(api, plain, creator):
    draft = api.drafted(creator=creator, metadata='{"a":1}')
    image = ok(send(plain, draft))

    assert (image["id"], image["filename"], image["creator"], image["meta"]) == (draft["id"], "still.gif", creator, {"a": 1})
    assert "draft" not in image
    assert ok(api.image(draft["id"])) == image
    assert api.get(f"/v1/{draft['id']}/blob").content == picture()[1]


@fact("§1.3, §1.8 [R][D]")
def test_the_image_is_listed_from_then_on(api, plain, creator):
    draft = api.drafted(creator=creator)
    assert api.ids(f"creator={creator}") == []

    ok(send(plain, draft))
    assert api.ids(f"creator={creator}") == [draft["id"]]


@fact("§1.8 [D]")
def test_what_the_draft_said_is_what_the_image_is(api, plain):
    draft = api.drafted(requireSignedURLs="true")

    assert ok(send(plain, draft, requireSignedURLs="false", id="other"))["requireSignedURLs"] is True


@fact("§1.8 [R]")
def test_a_custom_id_with_slashes_arrives(api, plain):
    draft = api.drafted(id=f"prod/moment/{unique()}.jpeg")

    assert ok(send(plain, draft))["id"] == draft["id"]


@fact("§1.8 [D] one use; §6.8 which answer the second gets")
def test_a_url_works_once(api, plain):
    draft = api.drafted()
    ok(send(plain, draft))

    refused(send(plain, draft, file="geometry.png"), Guess(5409), Guess(409))
    assert ok(api.image(draft["id"]))["filename"] == "still.gif"


@fact("§1.8 [D] one use")
def test_of_many_that_come_at_once_one_gets_in(api, plain):
    draft = api.drafted()
    with ThreadPoolExecutor(50) as pool:
        answers = list(pool.map(lambda _: send(plain, draft), range(50)))

    assert [answer.status_code for answer in answers].count(200) == 1
    assert all(answer.status_code < 500 for answer in answers)


@fact("§1.8 [R]")
def test_a_url_for_an_unknown_image_is_5404(api, plain):
    url = api.drafted()["uploadURL"].rsplit("/", 1)[0]

    missing(plain.post(f"{url}/{UNKNOWN_ID}", files=form(file="still.gif")))


@fact("§1.8 [I]")
def test_a_url_for_an_unknown_account_is_5404(api, plain):
    url = api.drafted()["uploadURL"]
    account_hash = url.rsplit("/", 2)[1]

    missing(plain.post(url.replace(account_hash, "A" * 22), files=form(file="still.gif")))


@fact("§1.8 [I]")
@pytest.mark.parametrize(
    "file",
    [picture("broken/document.bmp"), ("big.png", png(8, 8, padding=10 << 20), "image/png"), None],
    ids=["format", "size", "none"],
)
def test_after_a_failure_the_url_can_be_used(api, plain, file):
    draft = api.drafted()
    refused(send(plain, draft, file=file))

    assert ok(api.image(draft["id"]))["draft"] is True
    ok(send(plain, draft))


@fact("§1.8, §4.2 [R]")
@pytest.mark.parametrize("kind", ["application/json", "image/gif"])
def test_other_content_types_are_5415(api, plain, kind):
    draft = api.drafted()

    refused(plain.post(draft["uploadURL"], content=picture()[1], headers={"content-type": kind}), 5415, 415)


@fact("§4.2 [R]")
def test_other_formats_are_5455(api, plain):
    refused(send(plain, api.drafted(), file=picture("broken/document.bmp")), 5455, 415)


@fact("§1.8 [D] browsers may use it")
def test_a_preflight_is_answered(api, plain):
    headers = {"origin": "https://app.example", "access-control-request-method": "POST"}
    answer = plain.options(api.drafted()["uploadURL"], headers=headers)

    assert answer.status_code in (200, 204)
    assert answer.headers["access-control-allow-origin"] in ("*", "https://app.example")
    assert "POST" in answer.headers.get("access-control-allow-methods", "POST")


@fact("§1.8 [D] browsers may use it")
def test_scripts_may_read_the_answer(api, plain):
    answer = plain.post(api.drafted()["uploadURL"], files=form(file="still.gif"), headers={"origin": "https://app.example"})

    assert answer.headers["access-control-allow-origin"] in ("*", "https://app.example")


@fact("§6.36 [I] errors too")
def test_scripts_may_read_a_refusal(api, plain):
    url = api.drafted()["uploadURL"].rsplit("/", 1)[0]
    answer = plain.post(f"{url}/{UNKNOWN_ID}", files=form(file="still.gif"), headers={"origin": "https://app.example"})

    assert answer.headers["access-control-allow-origin"] in ("*", "https://app.example")


@fact("§6.7 [I]")
@pytest.mark.slow
def test_an_expired_url_is_5404_and_the_draft_is_gone(api, plain):
    draft = api.drafted(expiry=hours(2.1 / 60))
    time.sleep(135)

    missing(send(plain, draft))
    missing(api.image(draft["id"]))
