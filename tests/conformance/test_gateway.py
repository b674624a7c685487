"""The gateway in front of the API: credentials, routes, methods."""

import os

import pytest

from support import fact, form, ok


@pytest.fixture(autouse=True)
def quiet(plain):
    """These requests carry the credentials that a case gives them, and no others."""
    assert "authorization" not in plain.headers


@pytest.fixture(scope="module")
def stats(images):
    return f"{images}/v1/stats"


@pytest.fixture(scope="module")
def choosy(plain, stats):
    """Skips where any token will do."""
    if plain.get(stats, headers={"authorization": "Bearer " + "x" * 40}).status_code == 200:
        pytest.skip("this server takes any token (tintype: start it with --auth tokens)")


def error(response, status, *codes):
    assert response.status_code == status, response.text
    assert response.headers["content-type"].startswith("application/json")
    body = response.json()
    assert body["success"] is False
    assert body["errors"][0]["code"] in codes
    return body


@fact("§4.3 [R]")
@pytest.mark.parametrize("path", ["/v1", "/v2", "/v1/stats", "/v1/variants", "/v1/keys", "/v1/some-image", "/v1/config"])
def test_without_credentials_it_is_9106_in_the_short_form(plain, images, path):
    body = error(plain.get(images + path), 400, 9106)

    assert list(body) == ["success", "errors"]
    assert body["errors"] == [{"code": 9106, "message": "Missing X-Auth-Key, X-Auth-Email or Authorization headers"}]


@fact("§4.3 [R]")
def test_half_a_pair_of_credentials_is_none(plain, stats):
    error(plain.get(stats, headers={"x-auth-email": "ann@example.com"}), 400, 9106)
    error(plain.get(stats, headers={"x-auth-key": "0123456789abcdef0123456789abcdef01234"}), 400, 9106)


@fact("§4.3 [R]")
@pytest.mark.parametrize("value", ["token-without-bearer", "Basic dXNlcjpzZWNyZXQ=", "Bearer not a token", "Bearer <token>"])
def test_a_malformed_authorization_is_6003_because_of_6111(plain, stats, value):
    body = error(plain.get(stats, headers={"authorization": value}), 400, 6003)

    assert body["errors"][0]["message"] == "Invalid request headers"
    assert [link["code"] for link in body["errors"][0]["error_chain"]] == [6111]
    assert body["errors"][0]["error_chain"][0]["message"] == "Invalid format for Authorization header"


@fact("§4.3 [R]")
def test_a_malformed_key_is_6003_because_of_6103(plain, stats):
    body = error(plain.get(stats, headers={"x-auth-email": "ann@example.com", "x-auth-key": "no key!"}), 400, 6003)

    assert 6103 in [link["code"] for link in body["errors"][0]["error_chain"]]


@fact("§4.3 [I] from memory")
def test_a_malformed_email_is_6003_because_of_6102(plain, stats):
    body = error(plain.get(stats, headers={"x-auth-email": "ann", "x-auth-key": "0" * 37}), 400, 6003)

    assert 6102 in [link["code"] for link in body["errors"][0]["error_chain"]]


@fact("§4.3 [R]")
def test_an_unknown_token_is_10000_with_401(plain, stats, choosy):
    body = error(plain.get(stats, headers={"authorization": "Bearer " + "x" * 40}), 401, 10000)

    assert (body["result"], body["messages"], body["errors"][0]["message"]) == (None, [], "Authentication error")


@fact("§1.0, §4.3 [D] reading needs a token for reading, writing one for writing; [R] the answer")
def test_a_token_for_reading_does_not_write(plain, images, choosy):
    token = os.environ.get("CONFORMANCE_READ_TOKEN") or pytest.skip("CONFORMANCE_READ_TOKEN is not set")
    headers = {"authorization": f"Bearer {token}"}

    for path in ("/v1?per_page=1", "/v2?per_page=1", "/v1/stats", "/v1/variants"):
        ok(plain.get(images + path, headers=headers))
    for answer in (
        plain.post(f"{images}/v1", files=form(file="still.gif"), headers=headers),
        plain.post(f"{images}/v2/direct_upload", headers=headers),
        plain.delete(f"{images}/v1/some-image", headers=headers),
        plain.patch(f"{images}/v1/variants/public", json={"options": {}}, headers=headers),
    ):
        assert error(answer, 403, 10000)["errors"][0]["message"] == "Authentication error"


@fact("§4.3 [R]")
def test_a_token_for_another_account_is_10000_with_403(plain, stats, choosy):
    token = os.environ.get("CONFORMANCE_ELSEWHERE_TOKEN") or pytest.skip("CONFORMANCE_ELSEWHERE_TOKEN is not set")

    error(plain.get(stats, headers={"authorization": f"Bearer {token}"}), 403, 10000)


@fact("§1.0 [D]")
def test_an_email_and_a_key_are_credentials_too(plain, stats):
    pair = os.environ.get("CONFORMANCE_EMAIL_KEY") or pytest.skip("CONFORMANCE_EMAIL_KEY is not set")
    email, key = pair.split("/")

    ok(plain.get(stats, headers={"x-auth-email": email, "x-auth-key": key}))


@fact("§4.3 [R] 404 today, 400 before 2025")
@pytest.mark.parametrize("account", ["not!an!account", "%20"])
def test_an_account_id_that_can_be_none_is_7003(plain, base, bearer, account):
    path = f"/accounts/{account}/images/v1"
    message = error(plain.get(base + path, headers=bearer), 404, 7003)["errors"][0]["message"]

    assert message.startswith("Could not route to /client/v4/accounts/")
    assert message.endswith(", perhaps your object identifier is invalid?")


@fact("§4.3 [R]")
@pytest.mark.parametrize("path", ["/v3", "/v1x", "/v2/nothing", "/v1/keys/a/b"])
def test_a_route_that_leads_nowhere_is_7000_or_7003(plain, images, bearer, path):
    error(plain.get(images + path, headers=bearer), 404, 7000, 7003)


@fact("§4.3 [R] the code and text; the status is uncertain")
@pytest.mark.parametrize(
    "method, path", [("DELETE", "/v1"), ("PUT", "/v1"), ("PATCH", "/v2"), ("POST", "/v1/stats"), ("POST", "/v1/keys")]
)
def test_another_method_is_10000_with_405(plain, images, bearer, method, path):
    answer = plain.request(method, images + path, headers=bearer)
    body = error(answer, 405, 10000)

    assert body["errors"][0]["message"] == f"{method} method not allowed for the api_token authentication scheme"


@fact("§4.1, 2, §1.0 [R]")
def test_a_refusal_has_a_code_and_a_message_and_no_more(plain, images, bearer):
    body = plain.get(f"{images}/v1/no-such-image", headers=bearer).json()

    assert body == {
        "result": None,
        "success": False,
        "errors": [{"code": 5404, "message": "Image not found"}],
        "messages": [],
    }


@fact("§1.0 [S] which the SDKs send")
def test_headers_of_the_sdks_are_ignored(plain, stats, bearer):
    more = {
        "api-version": "2026-08-17",
        "x-stainless-lang": "python",
        "x-stainless-package-version": "5.9.0",
        "accept": "application/json",
    }

    ok(plain.get(stats, headers={**bearer, **more}))
