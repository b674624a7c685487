"""What an account sets for all its images: `/accounts/{account_id}/images/v1/config`."""

import pytest

from support import Guess, fact, ok, refused

KEYS = ["flexible_variants", "browser_ttl", "preserve_content_credentials"]


@fact("§2.1 [R] it exists; [I] its body")
def test_the_result_is_the_whole_configuration(api, config):
    assert list(ok(api.get("/v1/config"))) == KEYS


@fact("§2.1 [D] the default; [I] its place")
@pytest.mark.disposable
def test_an_account_begins_with_this(config):
    assert config == {"flexible_variants": False, "browser_ttl": 172_800, "preserve_content_credentials": False}


@fact("§2.1 [D] the request")
@pytest.mark.disposable
@pytest.mark.parametrize(
    "change", [{"flexible_variants": True}, {"browser_ttl": 86_400}, {"preserve_content_credentials": True}]
)
def test_every_setting_can_be_changed(api, config, change):
    ok(api.patch("/v1/config", json=change))


@fact("§2.1 [I] the answer")
@pytest.mark.disposable
@pytest.mark.parametrize(
    "change", [{"flexible_variants": True}, {"browser_ttl": 86_400}, {"preserve_content_credentials": True}]
)
def test_a_change_is_seen_and_leaves_the_rest(api, config, change):
    assert ok(api.patch("/v1/config", json=change)) == {**config, **change}
    assert ok(api.get("/v1/config")) == {**config, **change}


@fact("§2.1, §3 [D]")
@pytest.mark.disposable
def test_a_browser_ttl_is_an_hour_to_a_year(api, config):
    for good in (3600, 31_536_000):
        ok(api.patch("/v1/config", json={"browser_ttl": good}))
    for bad in (3599, 31_536_001, 0, -1):
        refused(api.patch("/v1/config", json={"browser_ttl": bad}), Guess(5400), Guess(400))


@fact("§2.1 [D] the types")
@pytest.mark.parametrize(
    "change", [{"flexible_variants": "yes"}, {"browser_ttl": "a day"}, {"preserve_content_credentials": 1}, []]
)
def test_other_types_are_refused(api, config, change):
    refused(api.patch("/v1/config", json=change), Guess(5400), Guess(400))


@fact("§2.1, §6.19 [I]")
def test_a_change_of_nothing_changes_nothing(api, config):
    assert ok(api.patch("/v1/config", json={})) == config
    assert ok(api.patch("/v1/config", json={"no_such_setting": 1})) == config
