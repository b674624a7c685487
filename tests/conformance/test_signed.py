"""Signed URLs: `…/{account_hash}/{image_id}/{variant}?exp={unix seconds}&sig={hex}`."""

import hashlib
import hmac
import time

import pytest

from support import OLD_BROWSER, account_hash, address, delivered, eventually, fact, not_delivered, ok


@pytest.fixture
def private(api):
    return api.uploaded(file="geometry.png", requireSignedURLs="true")


@pytest.fixture
def keys(api):
    """The values of the account's keys."""
    return [key["value"] for key in ok(api.get("/v1/keys"))["keys"]]


@pytest.fixture
def sign(private, keys):
    """A query for the private image. What is signed is its short path, with what `signed` says behind it."""

    def sign(signed: str = "", key: str = "", variant: str = "public") -> str:
        text = f"/{account_hash(private)}/{private['id']}/{variant}{signed}"
        return hmac.new((key or keys[0]).encode(), text.encode(), hashlib.sha256).hexdigest()

    return sign


def soon(seconds: int = 600) -> int:
    return int(time.time()) + seconds


@fact("delivery §5 [D][O] path and expiry")
def test_a_signature_opens_a_private_image_until_it_expires(get, private, sign):
    exp = soon()

    delivered(get(f"{address(private)}?exp={exp}&sig={sign(f'?exp={exp}')}"))


@fact("delivery §5 [D] exp is optional; [I] what is signed then")
def test_without_an_expiry_the_bare_path_is_signed(get, private, sign):
    delivered(get(f"{address(private)}?sig={sign()}"))


@fact("delivery §5 [D]; the order of the two [I]")
def test_the_order_of_the_query_does_not_matter(get, private, sign):
    exp = soon()

    delivered(get(f"{address(private)}?sig={sign(f'?exp={exp}')}&exp={exp}"))


@fact("delivery §5 [O] the short path is signed for a zone too")
def test_a_signature_holds_on_a_zone(get, private, sign, zone_url):
    exp = soon()
    url = f"{zone_url}/cdn-cgi/imagedelivery/{account_hash(private)}/{private['id']}/public"

    delivered(get(f"{url}?exp={exp}&sig={sign(f'?exp={exp}')}"))


@fact("delivery §5 [O] the longer path is refused")
def test_a_signature_over_the_path_of_a_zone_is_none(get, private, keys, zone_url):
    exp = soon()
    path = f"/cdn-cgi/imagedelivery/{account_hash(private)}/{private['id']}/public"
    signature = hmac.new(keys[0].encode(), f"{path}?exp={exp}".encode(), hashlib.sha256).hexdigest()

    for url in (address(private), f"{zone_url}{path}"):
        not_delivered(get(f"{url}?exp={exp}&sig={signature}"), 403, 9425)


@fact("delivery §5 [D] the documented code signs the query that is there")
def test_what_else_the_query_has_may_be_signed_too(get, private, sign):
    exp = soon()
    signature = sign(f"?v=2&exp={exp}")

    delivered(get(f"{address(private)}?v=2&exp={exp}&sig={signature}"))
    not_delivered(get(f"{address(private)}?v=3&exp={exp}&sig={signature}"), 403, 9425)


@fact("delivery §5 [I]")
def test_what_else_the_query_has_need_not_be_signed(get, private, sign):
    exp = soon()

    delivered(get(f"{address(private)}?exp={exp}&sig={sign(f'?exp={exp}')}&utm_source=mail"))
    delivered(get(f"{address(private)}?sig={sign()}&utm_source=mail"))


@fact("delivery §5 [D] the code; [I] its text")
def test_an_expired_signature_is_refused(get, private, sign):
    for exp in (soon(-60), 1, 0):
        text = not_delivered(get(f"{address(private)}?exp={exp}&sig={sign(f'?exp={exp}')}"), 403, 9425)
        assert "expired" in text


@fact("delivery §5 [I] an expiry that is no number")
@pytest.mark.parametrize("exp", ["", "soon", "1e99", "-1", "99999999999999999999"])
def test_an_expiry_that_is_no_second_is_refused(get, private, sign, exp):
    not_delivered(get(f"{address(private)}?exp={exp}&sig={sign(f'?exp={exp}')}"), 403, 9425)


@fact("delivery §5 [O] these words")
def test_a_signature_that_does_not_match_is_refused_in_these_words(get, private, sign):
    exp = soon()
    text = not_delivered(get(f"{address(private)}?exp={exp + 1}&sig={sign(f'?exp={exp}')}"), 403, 9425)

    assert "The URL signature does not match" in text


@fact("delivery §5 [D] 9425")
@pytest.mark.parametrize(
    "spoil",
    [
        lambda exp, sig: f"exp={exp}",
        lambda exp, sig: f"exp={exp}&sig=",
        lambda exp, sig: f"exp={exp}&sig=nonsense",
        lambda exp, sig: f"exp={exp}&sig={sig[:-1]}",
        lambda exp, sig: f"exp={exp}&sig={sig}0",
        lambda exp, sig: f"exp={exp}&sig={sig[:-1]}{'1' if sig[-1] == '0' else '0'}",
        lambda exp, sig: f"exp={exp + 1}&sig={sig}",
        lambda exp, sig: f"sig={sig}",
    ],
    ids=["missing", "empty", "nonsense", "cut", "longer", "changed", "later", "for ever"],
)
def test_one_changed_letter_is_refused(get, private, sign, spoil):
    exp = soon()

    not_delivered(get(f"{address(private)}?{spoil(exp, sign(f'?exp={exp}'))}"), 403, 9425)


@fact("delivery §5 [I] lower-case")
def test_a_signature_in_capitals_is_refused(get, private, sign):
    not_delivered(get(f"{address(private)}?sig={sign().upper()}"), 403, 9425)


@fact("delivery §5 [D]")
def test_a_signature_for_another_variant_is_refused(api, get, private, sign):
    name = api.variant({"width": 100})

    eventually(lambda: delivered(get(f"{address(private, name)}?sig={sign(variant=name)}"), size=(100, 75)))
    not_delivered(get(f"{address(private, name)}?sig={sign()}"), 403, 9425)


@fact("delivery §5 [D]")
def test_a_signature_for_another_image_is_refused(get, private, sign, api):
    other = api.uploaded(file="photo.jpg", requireSignedURLs="true")

    not_delivered(get(f"{address(other)}?sig={sign()}"), 403, 9425)


@fact("delivery §5 [D] the key's text as it is")
def test_the_key_is_not_decoded(get, private, sign, keys):
    upper = keys[0].upper() if keys[0].upper() != keys[0] else keys[0].lower()

    not_delivered(get(f"{address(private)}?sig={sign(key=upper)}"), 403, 9425)
    not_delivered(get(f"{address(private)}?sig={sign(key=keys[0] + ' ')}"), 403, 9425)


@fact("delivery §5 [I] nothing names the key")
def test_every_key_of_the_account_opens_it_until_it_is_gone(api, get, private, sign, key_to_spare):
    def value():
        return next(key["value"] for key in ok(api.put(f"/v1/keys/{key_to_spare}"))["keys"] if key["name"] == key_to_spare)

    first = value()
    signed = f"{address(private)}?sig={sign(key=first)}"
    eventually(lambda: delivered(get(signed)))
    second = value()
    eventually(lambda: not_delivered(get(signed), 403, 9425))
    signed = f"{address(private)}?sig={sign(key=second)}"
    eventually(lambda: delivered(get(signed)))
    ok(api.delete(f"/v1/keys/{key_to_spare}"))
    eventually(lambda: not_delivered(get(signed), 403, 9425))


@fact("delivery §5 [O]")
def test_a_signature_does_a_public_image_no_harm(get, image, sign):
    for query in (f"sig={sign()}", "sig=nonsense&exp=1", f"exp={soon()}"):
        delivered(get(f"{address(image)}?{query}"))


@fact("delivery §5 [D]")
def test_flexible_variants_are_not_for_private_images_signed_or_not(flexible, get, private, sign):
    eventually(lambda: not_delivered(get(private, "w=40"), 403, None))
    not_delivered(get(f"{address(private, 'w=40')}?sig={sign(variant='w=40')}"), 403, None)


@fact("delivery §5 [D]")
def test_a_variant_that_never_requires_a_signature_needs_none(api, get, private):
    name = api.variant({"width": 100}, neverRequireSignedURLs=True)

    eventually(lambda: delivered(get(private, name), size=(100, 75)))


@fact("delivery §5 [D] a new id")
def test_an_image_that_becomes_private_has_a_new_id_and_needs_a_signature(api, get, image):
    changed = ok(api.edit(image["id"], requireSignedURLs=True))
    api.images.append(changed["id"])

    assert changed["id"] != image["id"]
    eventually(lambda: not_delivered(get(image), 404, 9404))
    not_delivered(get(changed), 403, 9425)


@fact("delivery §5 [D] the browser TTL is not for private ones; [I] in which words")
def test_a_private_image_is_kept_for_no_longer_than_its_signature(get, private, sign):
    exp = soon(90)
    headers = get(f"{address(private)}?exp={exp}&sig={sign(f'?exp={exp}')}").headers
    directives = [directive.strip() for directive in headers["cache-control"].split(",")]

    assert "private" in directives and "public" not in directives
    [age] = [int(directive.removeprefix("max-age=")) for directive in directives if directive.startswith("max-age=")]
    assert 80 <= age <= 90


@fact("delivery §5, §7.2 [I] a tag is no key")
def test_a_tag_does_not_stand_for_a_signature(get, private, sign):
    etag = get(f"{address(private)}?sig={sign()}").headers["etag"]

    not_delivered(get(private, if_none_match=etag), 403, 9425)
    not_delivered(get(private, if_none_match="*"), 403, 9425)


@fact("delivery §5 [D] named variants need it; [O] HEAD too")
def test_a_head_needs_a_signature_too(get, private, sign):
    assert get(private, method="HEAD").status_code == 403
    assert get(f"{address(private)}?sig={sign()}", accept=OLD_BROWSER, method="HEAD").status_code == 200
