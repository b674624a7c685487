"""Batch: `GET /accounts/{account_id}/images/v1/batch_token`, and the host that takes the token."""

import re
from datetime import datetime, timedelta, timezone

import httpx
import pytest

from support import Guess, fact, form, missing, ok, refused, word


@fact("§2.2 [D]")
def test_a_token_and_when_it_ends(api):
    result = ok(api.get("/v1/batch_token"))

    assert list(result) == ["token", "expiresAt"]
    assert result["token"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z", result["expiresAt"])


@fact("§6.33 [I]")
def test_a_token_lives_for_an_hour(api):
    expires = ok(api.get("/v1/batch_token"))["expiresAt"][:19]
    left = datetime.fromisoformat(expires + "+00:00") - datetime.now(timezone.utc)

    assert timedelta(minutes=55) < left <= timedelta(minutes=61)


@fact("§2.2 [R]")
def test_the_api_does_not_take_a_batch_token(images, batch):
    response = httpx.get(f"{images}/v1/stats", headers={"authorization": batch.headers["authorization"]})

    assert response.status_code in (401, 403)
    assert response.json()["errors"][0]["code"] == 10000


@fact("§2.2 [D] the same methods and bodies")
def test_an_image_lives_its_life_through_the_batch_host(api, batch, creator):
    image = batch.uploaded(creator=creator, metadata='{"a":1}')

    assert ok(batch.image(image["id"]))["id"] == image["id"]
    assert batch.ids(f"creator={creator}") == [image["id"]]
    assert len(ok(batch.get(f"/v1?creator={creator}"))["images"]) == 1
    assert ok(batch.edit(image["id"], metadata={"b": 2}))["meta"] == {"b": 2}
    assert batch.get(f"/v1/{image['id']}/blob").status_code == 200
    assert ok(api.image(image["id"]))["meta"] == {"b": 2}
    assert ok(batch.delete(f"/v1/{image['id']}")) == {}
    missing(batch.image(image["id"]))


@fact("§2.2 [D] the same methods and bodies")
def test_direct_uploads_can_be_created_through_the_batch_host(batch, plain):
    draft = batch.drafted()

    ok(plain.post(draft["uploadURL"], files=form(file="still.gif")))


@fact("§2.2 [I] everything under /images/v1 and /images/v2")
def test_variants_keys_stats_and_config_are_there_too(batch):
    name = word()
    ok(batch.post("/v1/variants", json={"id": name, "options": {"width": 10}}))

    assert name in ok(batch.get("/v1/variants"))["variants"]
    for path in ("keys", "stats", "config"):
        ok(batch.get(f"/v1/{path}"))


@fact("§2.2, §4.2 [D] the same errors")
def test_errors_are_the_same(batch):
    refused(batch.upload(metadata="{"), 5400, Guess(400))
    refused(batch.post("/v1", json={}), 5415, 415)


@fact("§2.2 [D] a batch token is needed")
@pytest.mark.parametrize("token", ["no-such-token", None])
def test_another_token_does_not_open_the_batch_host(batch, bearer, token):
    headers = {"authorization": f"Bearer {token}"} if token else bearer
    response = httpx.get(f"{batch.base_url}v1/stats", headers=headers)

    assert response.status_code in (401, 403)
    assert response.json()["errors"][0]["code"] == 10000


@fact("§2.2 [D] a batch token is needed")
def test_without_a_token_the_batch_host_stays_shut(batch):
    assert httpx.get(f"{batch.base_url}v1/stats").status_code in (400, 401, 403)
