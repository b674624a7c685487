"""What belongs to an account as a whole: credentials, its configuration, batch tokens; and calls that go astray."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import cloudflare
import httpx
import pytest
from conftest import FIXTURES, Account, assert_image, assert_not_delivered, client_for, refused


class TestCredentials:
    def test_a_request_without_credentials_is_refused_with_9106(self, account, base):
        response = httpx.get(f"{base}/client/v4/accounts/{account.id}/images/v1")
        assert response.status_code == 400
        message = "Missing X-Auth-Key, X-Auth-Email or Authorization headers"
        assert response.json() == {"success": False, "errors": [{"code": 9106, "message": message}]}

    def test_a_malformed_header_is_refused_with_6003(self, account, base):
        for headers, code in [
            ({"authorization": "nonsense"}, 6111),
            ({"x-auth-email": "dev@example.com", "x-auth-key": "no key"}, 6103),
        ]:
            response = httpx.get(f"{base}/client/v4/accounts/{account.id}/images/v1", headers=headers)
            [error] = response.json()["errors"]
            assert (response.status_code, error["code"], error["error_chain"][0]["code"]) == (400, 6003, code)

    def test_an_e_mail_and_a_key_open_the_account_too(self, account, base):
        image = account.upload("photo.jpg")
        with client_for(base, api_email="dev@example.com", api_key="144c9defac04969c7bfad8efaa8ea194") as client:
            assert client.images.v1.get(image.id, **account.here) == image

    def test_a_server_with_a_list_of_tokens_lets_each_do_what_it_is_for(self, start_tintype):
        ours, theirs = "a" * 32, "b" * 32
        tokens = f"reader:read writer:write ours:write:{ours} dev@example.com/s3cret:write"
        server = start_tintype("--auth", "tokens", "--tokens", tokens)

        def account(account_id: str, **credentials: str) -> Account:
            return Account(account_id, client_for(server, **credentials))

        account(theirs, api_token="writer").upload("geometry.png")
        account(ours, api_token="ours").upload("geometry.png")
        account(ours, api_email="dev@example.com", api_key="s3cret").upload("geometry.png")
        assert len(account(ours, api_token="reader").v2.list(account_id=ours).images) == 2

        with refused(cloudflare.PermissionDeniedError, 403, 10000):
            account(ours, api_token="reader").upload("geometry.png")
        with refused(cloudflare.PermissionDeniedError, 403, 10000):
            account(theirs, api_token="ours").v2.list(account_id=theirs)
        for credentials in ({"api_token": "unknown"}, {"api_email": "dev@example.com", "api_key": "other"}):
            with refused(cloudflare.AuthenticationError, 401, 10000) as refusal:
                account(ours, **credentials).v2.list(account_id=ours)
            errors = [{"code": 10000, "message": "Authentication error"}]
            assert refusal.value.body == {"result": None, "success": False, "errors": errors, "messages": []}
        assert len(account(ours, api_token="reader").v2.list(account_id=ours).images) == 2


class TestStrict:
    def test_list_v1_has_no_items_so_that_a_loop_visits_nothing(self, start_tintype):
        account = Account("a" * 32, client_for(start_tintype("--strict")))
        image = account.upload("geometry.png")
        result = account.raw("get", "/v1")["result"]
        assert list(result) == ["images"]
        assert [one["id"] for one in result["images"]] == [image.id]
        assert list(account.v1.list(**account.here)) == []


class TestConfiguration:
    DEFAULTS = {"flexible_variants": False, "browser_ttl": 172_800, "preserve_content_credentials": False}

    def test_an_edit_changes_what_it_names_and_answers_with_all(self, account):
        assert account.raw("get", "/v1/config")["result"] == self.DEFAULTS
        edited = {**self.DEFAULTS, "browser_ttl": 3600}
        assert account.raw("patch", "/v1/config", body={"browser_ttl": 3600})["result"] == edited
        edited = {**edited, "flexible_variants": True}
        assert account.raw("patch", "/v1/config", body={"flexible_variants": True})["result"] == edited
        assert account.raw("get", "/v1/config")["result"] == edited

    def test_flexible_variants_are_delivered_while_they_are_enabled(self, account):
        public = account.upload("photo.jpg").variants[0]
        flexible = public.replace("/public", "/w=100")
        assert_not_delivered(httpx.get(flexible), 403, 9429)
        account.raw("patch", "/v1/config", body={"flexible_variants": True})
        assert_image(httpx.get(flexible), "image/jpeg", (100, 75))
        assert_image(httpx.get(public), "image/jpeg", (1024, 768))
        account.raw("patch", "/v1/config", body={"flexible_variants": False})
        assert_not_delivered(httpx.get(flexible), 403, 9429)

    def test_the_browser_ttl_is_the_max_age_of_images(self, account):
        url = account.upload("photo.jpg").variants[0]
        assert "max-age=172800" in httpx.get(url).headers["cache-control"]
        account.raw("patch", "/v1/config", body={"browser_ttl": 3600})
        assert "max-age=3600" in httpx.get(url).headers["cache-control"]

    @pytest.mark.parametrize("bad", [{"browser_ttl": 3599}, {"browser_ttl": 31_536_001}, {"flexible_variants": "yes"}])
    def test_a_bad_value_is_refused_with_5400(self, account, bad):
        with refused(cloudflare.BadRequestError, 400, 5400):
            account.raw("patch", "/v1/config", body=bad)
        assert account.raw("get", "/v1/config")["result"] == self.DEFAULTS


class TestBatchToken:
    def test_it_says_when_it_expires(self, account):
        result = account.raw("get", "/v1/batch_token")["result"]
        # Python reads microseconds, not nanoseconds.
        expires = datetime.fromisoformat(result["expiresAt"][:26] + "+00:00")
        left = expires - datetime.now(timezone.utc)
        assert timedelta(minutes=50) < left < timedelta(minutes=70)

    # The batch host by its name, as behind a hosts file, and by a path on any other.
    @pytest.mark.parametrize(("prefix", "host"), [("", "batch.imagedelivery.net"), ("/batch", None)])
    def test_it_opens_the_batch_host_for_its_account(self, account, base, prefix, host):
        token = account.raw("get", "/v1/batch_token")["result"]["token"]
        headers = {"authorization": f"Bearer {token}", **({"host": host} if host else {})}
        delivery = "https://imagedelivery.net" if host else base
        with httpx.Client(base_url=f"{base}{prefix}/images", headers=headers) as batch:
            files = {"file": ("photo.jpg", (FIXTURES / "photo.jpg").read_bytes()), "id": (None, "shop/red.jpg")}
            image = batch.post("/v1", files=files).json()["result"]
            assert image["id"] == "shop/red.jpg"
            assert image["variants"][0].startswith(delivery + "/")
            assert account.v1.get("shop/red.jpg", **account.here).uploaded is not None
            listed = batch.get("/v2").json()["result"]
            assert listed == {"images": [image], "continuation_token": None}
            assert batch.patch("/v1/shop%2Fred.jpg", json={"creator": "me"}).json()["result"]["creator"] == "me"
            assert batch.get("/v1/stats").json()["result"]["count"]["current"] == 1
            assert batch.delete("/v1/shop%2Fred.jpg").json()["result"] == {}
            gone = batch.get("/v1/shop%2Fred.jpg")
            assert (gone.status_code, gone.json()["errors"][0]["code"]) == (404, 5404)

    def test_it_is_no_token_for_the_api_and_others_are_none_for_the_batch_host(self, account, base):
        token = account.raw("get", "/v1/batch_token")["result"]["token"]
        with client_for(base, api_token=token) as client, refused(cloudflare.AuthenticationError, 401, 10000):
            client.images.v2.list(**account.here)
        response = httpx.get(f"{base}/batch/images/v2", headers={"authorization": "Bearer any-token"})
        assert (response.status_code, response.json()["errors"][0]["code"]) == (401, 10000)


class TestAstray:
    def test_a_base_url_without_its_path_is_told_so(self, account, base):
        client = cloudflare.Cloudflare(base_url=base, api_token="any-token", max_retries=0)
        with client, refused(cloudflare.NotFoundError, 404, 7000) as refusal:
            client.images.v2.list(**account.here)
        [meant] = refusal.value.body["messages"]
        assert f"/client/v4/accounts/{account.id}/images/v2" in meant["message"]

    def test_a_method_without_a_route_is_refused_with_405(self, account):
        with refused(cloudflare.APIStatusError, 405, 10000):
            account.raw("put", "/v1")

    def test_an_account_id_that_is_none_is_refused_with_7003(self, account):
        with refused(cloudflare.NotFoundError, 404, 7003):
            account.v2.list(account_id="not-an-account!")
