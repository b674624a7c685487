"""Signing keys by the official Python SDK, and private images behind URLs signed with them."""

from __future__ import annotations

import hashlib
import hmac
import time
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import cloudflare
import httpx
import pytest
from conftest import Account, assert_image, assert_not_delivered, refused


def values(response) -> dict[str, str]:
    """The keys of an answer: values by names."""
    return {key.name: key.value for key in response.keys}


class TestSigningKeys:
    def test_a_fresh_account_has_the_key_default(self, account):
        keys = values(account.v1.keys.list(**account.here))
        assert list(keys) == ["default"]
        assert len(keys["default"]) >= 24
        assert values(account.v1.keys.list(**account.here)) == keys

    def test_an_update_creates_a_key_or_gives_it_another_value(self, account):
        before = values(account.v1.keys.list(**account.here))
        created = values(account.v1.keys.update("ci", **account.here))
        assert created == {**before, "ci": created["ci"]}
        rotated = values(account.v1.keys.update("ci", **account.here))
        assert rotated == {**before, "ci": rotated["ci"]}
        assert len({before["default"], created["ci"], rotated["ci"]}) == 3
        assert values(account.v1.keys.list(**account.here)) == rotated

    def test_a_third_key_is_refused_with_5400(self, account):
        keys = values(account.v1.keys.update("ci", **account.here))
        with refused(cloudflare.BadRequestError, 400, 5400):
            account.v1.keys.update("third", **account.here)
        assert values(account.v1.keys.list(**account.here)) == keys

    def test_a_name_has_at_most_20_characters(self, account):
        with refused(cloudflare.BadRequestError, 400, 5400):
            account.v1.keys.update("x" * 21, **account.here)
        assert "x" * 20 in values(account.v1.keys.update("x" * 20, **account.here))

    def test_a_deleted_key_is_gone_and_the_other_one_stays(self, account):
        keys = values(account.v1.keys.update("ci", **account.here))
        assert values(account.v1.keys.delete("default", **account.here)) == {"ci": keys["ci"]}

    def test_an_unknown_key_can_not_be_deleted(self, account):
        with refused(cloudflare.NotFoundError, 404, 5404):
            account.v1.keys.delete("ci", **account.here)

    def test_a_fresh_default_takes_the_place_of_the_last_key(self, account):
        before = values(account.v1.keys.list(**account.here))
        after = values(account.v1.keys.delete("default", **account.here))
        assert list(after) == ["default"]
        assert after != before
        assert values(account.v1.keys.list(**account.here)) == after

    def test_a_name_in_the_body_renames_the_key(self, account):
        # The documentation's example sends one.
        before = values(account.v1.keys.update("ci", **account.here))
        after = values(account.v1.keys.update("ci", extra_body={"name": "deploy"}, **account.here))
        assert after == {"default": before["default"], "deploy": before["ci"]}


def sign(address: str, secret: str, expiry: int | None = None) -> str:
    """Signs a URL step by step as the service's documentation does, in Python: the value of the key as it is, over the path
    and a query of form fields. Without an expiry, which its example always has, over the bare path."""
    url = urlsplit(address)
    query = parse_qsl(url.query)
    string_to_sign = url.path
    if expiry is not None:
        query.append(("exp", str(expiry)))
        string_to_sign = f"{url.path}?{urlencode(query)}"
    signature = hmac.new(secret.encode(), string_to_sign.encode(), hashlib.sha256).hexdigest()
    return urlunsplit(url._replace(query=urlencode([*query, ("sig", signature)])))


class Private:
    """A private image, its URL in the short form, and the value of the key `default`."""

    def __init__(self, account: Account):
        self.image = account.upload("photo.jpg", require_signed_urls=True)
        self.url = self.image.variants[0].replace("/cdn-cgi/imagedelivery", "")
        self.secret = values(account.v1.keys.list(**account.here))["default"]
        self.soon = int(time.time()) + 60


@pytest.fixture
def private(account) -> Private:
    return Private(account)


class TestPrivateImages:
    def test_without_a_signature_they_are_refused_with_9425(self, private):
        assert_not_delivered(httpx.get(private.url), 403, 9425)
        assert_not_delivered(httpx.get(f"{private.url}?exp={private.soon}"), 403, 9425)

    def test_with_a_signature_they_are_delivered_until_it_expires(self, private):
        for expiry in (private.soon, None):
            assert_image(httpx.get(sign(private.url, private.secret, expiry)), "image/jpeg", (1024, 768))
        assert_not_delivered(httpx.get(sign(private.url, private.secret, private.soon - 120)), 403, 9425)

    def test_with_a_signature_over_a_query_that_was_there_before_they_are_delivered(self, private):
        right = sign(f"{private.url}?v=2&name=a%20b", private.secret, private.soon)
        assert f"?v=2&name=a+b&exp={private.soon}&sig=" in right
        assert_image(httpx.get(right), "image/jpeg", (1024, 768))
        assert_not_delivered(httpx.get(right.replace("v=2", "v=3")), 403, 9425)

    def test_with_a_signature_for_something_else_they_are_refused_with_9425(self, account, private):
        options = {"fit": "cover", "width": 200, "height": 100, "metadata": "none"}
        account.v1.variants.create(id="hero", options=options, **account.here)
        right = sign(private.url, private.secret, private.soon)
        for wrong in (
            right.replace(f"exp={private.soon}", f"exp={private.soon + 1}"),
            right.replace("/public?", "/hero?"),
            right.replace("sig=", "sig=0"),
            right[:-1] + ("1" if right.endswith("0") else "0"),
            sign(private.url, private.secret + "x", private.soon),
            sign(private.url.replace(private.image.id, "other"), private.secret).replace("other", private.image.id),
        ):
            assert_not_delivered(httpx.get(wrong), 403, 9425)

    def test_a_signature_holds_under_the_address_of_a_zone_too(self, private, base):
        def on_zone(url: str) -> str:
            return url.replace(base, f"{base}/cdn-cgi/imagedelivery")

        right = sign(private.url, private.secret, private.soon)
        assert_image(httpx.get(on_zone(right)), "image/jpeg", (1024, 768))
        # It is over the short path: one over the long path is none.
        assert_not_delivered(httpx.get(sign(on_zone(private.url), private.secret, private.soon)), 403, 9425)

    def test_every_key_opens_them_until_it_is_rotated_or_deleted(self, account, private):
        for end in (account.v1.keys.update, account.v1.keys.delete):
            key = values(account.v1.keys.update("ci", **account.here))["ci"]
            signed = sign(private.url, key, private.soon)
            assert_image(httpx.get(signed), "image/jpeg", (1024, 768))
            end("ci", **account.here)
            assert_not_delivered(httpx.get(signed), 403, 9425)

    def test_a_variant_that_never_requires_signed_urls_shows_them_to_everyone(self, account, private):
        options = {"fit": "cover", "width": 200, "height": 100, "metadata": "none"}
        account.v1.variants.create(id="hero", options=options, never_require_signed_urls=True, **account.here)
        assert_image(httpx.get(private.url.replace("/public", "/hero")), "image/jpeg", (200, 100))
        assert_not_delivered(httpx.get(private.url), 403, 9425)

    def test_flexible_variants_do_not_show_them_signed_or_not(self, account, private):
        account.raw("patch", "/v1/config", body={"flexible_variants": True})
        flexible = private.url.replace("/public", "/w=100")
        for url in (flexible, sign(flexible, private.secret, private.soon)):
            assert_not_delivered(httpx.get(url), 403, 9425)

    def test_their_blob_needs_no_signature(self, account, private):
        blob = account.v1.blobs.get(private.image.id, **account.here)
        assert blob.headers["content-type"] == "image/jpeg"

    def test_a_signature_does_a_public_image_no_harm(self, account, private):
        public = account.upload("photo.jpg").variants[0]
        assert_image(httpx.get(sign(public, private.secret, private.soon)), "image/jpeg", (1024, 768))
