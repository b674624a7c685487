"""Hosted images: `GET imagedelivery.net/{account_hash}/{image_id}/{variant}`."""

import pytest

from support import (
    BROWSER,
    OLD_BROWSER,
    UNKNOWN_ID,
    Guess,
    account_hash,
    address,
    delivered,
    eventually,
    fact,
    frame,
    is_so,
    not_delivered,
    ok,
    picture,
    segment,
    unique,
    word,
)

@pytest.fixture
def private(api):
    return api.uploaded(file="geometry.png", requireSignedURLs="true")


# The decision table


@fact("delivery §7.5 [I]")
@pytest.mark.parametrize("last", ["public", "nosuchvariant", "w=40"])
def test_an_unknown_hash_is_9427(get, image, last):
    not_delivered(get(address(image, last).replace(account_hash(image), "A" * 22)), 403, 9427)


@fact("delivery §7.5 [O]")
def test_an_unknown_image_is_9404(get, image):
    not_delivered(get(address(image).replace(image["id"], UNKNOWN_ID)), 404, 9404)


@fact("delivery §6, §7.5 [I]")
def test_a_draft_is_9404(api, get, image):
    draft = api.drafted()
    not_delivered(get(address(image).replace(image["id"], draft["id"])), 404, 9404)


@fact("delivery §7.5 [O]")
def test_a_deleted_image_is_9404(api, get):
    image = api.uploaded(file="geometry.png")
    delivered(get(image))
    ok(api.delete(f"/v1/{image['id']}"))

    eventually(lambda: not_delivered(get(image), 404, 9404))


@fact("delivery §5, §7.5 [O]")
def test_an_unknown_variant_is_9425_in_these_words(get, image):
    text = not_delivered(get(image, word()), 403, 9425)

    assert text.strip() == "ERROR 9425: Image access denied: This account doesn't have variant with this name"


@fact("delivery §7.5 [I]")
@pytest.mark.parametrize("last", ["no-such_variant", "x" * 200, "Public", "a%2Fb"])
def test_what_can_be_no_variant_is_9425_too(get, image, last):
    not_delivered(get(image, last), 403, 9425)


@fact("delivery §7.5 [I]")
@pytest.mark.parametrize("last", ["%ff", "w=%ff"])
def test_what_can_not_be_read_is_9431(get, image, last):
    not_delivered(get(image, last), 404, 9431)


@fact("delivery §1.1, §7.5 [D]")
@pytest.mark.disposable
def test_options_are_9429_while_flexible_variants_are_off(api, config, get, image):
    ok(api.patch("/v1/config", json={"flexible_variants": False}))

    eventually(lambda: not_delivered(get(image, "w=40"), 403, 9429))


@fact("delivery §1.1 [D]")
@pytest.mark.disposable
def test_flexible_variants_can_be_switched_on_and_off(api, config, get, image):
    for on in (True, False):
        ok(api.patch("/v1/config", json={"flexible_variants": on}))
        eventually(lambda: is_so(get(image, "w=40").status_code == (200 if on else 403)))


@fact("delivery §5, §7.5 [D]")
def test_a_private_image_without_a_signature_is_9425(get, private):
    not_delivered(get(private), 403, 9425)


@fact("delivery §5, §7.5 [I] which code; [D] that they are not for them")
def test_a_private_image_has_no_flexible_variants(flexible, get, private):
    not_delivered(get(private, "w=40"), 403, 9425)


@fact("delivery §7.5 [I]")
@pytest.mark.parametrize("rest", ["", "/", "/public", "//public", "/cat/"])
def test_a_path_with_fewer_than_three_segments_is_9431(get, image, rest, zone_url):
    not_delivered(get(f"{zone_url}/cdn-cgi/imagedelivery/{account_hash(image)}{rest}"), 404, 9431)


@fact("delivery §7.5 [I] the order: hash, shape, variant, image, access")
def test_of_several_things_that_are_wrong_the_first_is_said(api, flexible, get, image, private):
    nothing = {"variants": [address(image).replace(image["id"], UNKNOWN_ID)]}
    not_delivered(get(address(nothing).replace(account_hash(image), "A" * 22)), 403, 9427)
    assert "variant" in not_delivered(get(nothing, word()), 403, 9425)
    assert "variant" in not_delivered(get(private, word()), 403, 9425)
    not_delivered(get(nothing, "w=40"), 404, 9404)
    not_delivered(get(nothing, "f=mp4"), 400, 9401)


@fact("delivery §7.5 [I]")
@pytest.mark.disposable
def test_an_unknown_image_with_options_is_9429_first(api, config, get, image):
    ok(api.patch("/v1/config", json={"flexible_variants": False}))
    not_delivered(get(address(image, "w=40").replace(image["id"], UNKNOWN_ID)), 403, 9429)


@fact("delivery §7.3 [O] the text and the header")
def test_a_refusal_is_a_line_of_text(get, image):
    answer = get(address(image).replace(image["id"], UNKNOWN_ID))

    assert answer.headers["content-type"].split(";")[0] == "text/plain"
    assert answer.headers["cf-images"] == "err=9404"
    assert len(answer.text.strip().splitlines()) == 1


@fact("delivery §7.3 [I]")
def test_a_refusal_is_not_kept_and_may_be_read_by_scripts(get, image):
    answer = get(image, word())

    assert answer.headers["cache-control"] == "no-cache"
    assert answer.headers["access-control-allow-origin"] == "*"


@fact("delivery §7 [I]")
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_images_are_only_read(get, image, method):
    answer = get(image, method=method)

    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD")


# Paths


@fact("delivery §1.1 [D] any number of slashes; [I] the last segment is the variant")
@pytest.mark.parametrize("id", ["{}", "shop/{}.png", "a/b/c/d/{}", "public/{}/public"])
def test_an_id_may_have_slashes(api, get, id):
    delivered(get(api.uploaded(file="geometry.png", id=id.format(unique()))))


@fact("delivery §1.1 [D] a literal % is %25")
@pytest.mark.parametrize("id", ["{} 100%", "{}%2F%20", "{} ключ é", "{}?&#=+", "{}=1,w=2"])
def test_what_an_id_has_is_escaped_once(api, get, id):
    id = id.format(unique())
    image = api.uploaded(file="geometry.png", id=id)

    base = address(image).rsplit("/", 1)[0]
    assert "%25" in base or "%" not in id
    delivered(get(image))
    # The whole of it escaped, slashes too (§1.1 [I]).
    delivered(get(f"{base[: base.index('conformance')]}{segment(id)}/public"))


@fact("delivery §1.2 [D]")
def test_a_zone_of_the_account_delivers_too(get, image, zone_url):
    short = f"/{account_hash(image)}/{image['id']}/public"
    here, there = get(image), get(f"{zone_url}/cdn-cgi/imagedelivery{short}")

    assert delivered(here) == delivered(there)


@fact("delivery §1.1 [I] undocumented")
def test_other_query_parameters_mean_nothing(get, image):
    assert delivered(get(f"{address(image)}?v=2&width=5&exp=1")) == delivered(get(image))


@fact("delivery §1.1 [D] the example; [O] seen live")
@pytest.mark.parametrize(
    "options, size",
    [
        ("w=40,sharpen=3", (40, 30)),
        ("f=auto,q=95,fit=scale-down,metadata=none", (400, 300)),
        ("w=200,quality=90,fit=scale-down", (200, 150)),
        ("w=40", (40, 30)),
        ("w%3D40", (40, 30)),
    ],
)
def test_a_segment_with_an_equals_sign_is_options(flexible, get, image, options, size):
    eventually(lambda: delivered(get(image, options), size=size))


@fact("delivery §2.1 [D] onerror is not for hosted images")
def test_onerror_means_nothing(flexible, get, image):
    eventually(lambda: delivered(get(image, "w=40,onerror=redirect"), size=(40, 30)))


# Variants


@fact("delivery §2.3 [D]")
@pytest.mark.parametrize(
    "options, size",
    [
        ({"fit": "scale-down", "width": 800, "height": 800}, (400, 300)),
        ({"fit": "scale-down", "width": 200, "height": 200}, (200, 150)),
        ({"fit": "contain", "width": 800, "height": 800}, (800, 600)),
        ({"fit": "cover", "width": 200, "height": 200}, (200, 200)),
        ({"fit": "cover", "width": 500, "height": 500}, (500, 500)),
        ({"fit": "crop", "width": 500, "height": 500}, (400, 300)),
        ({"fit": "pad", "width": 200, "height": 200}, (200, 200)),
        ({"width": 100}, (100, 75)),
    ],
)
def test_a_variant_is_fitted(api, get, image, options, size):
    name = api.variant(options)

    eventually(lambda: delivered(get(image, name), size=size))


@fact("delivery §2.3 [I] what it is at first")
@pytest.mark.disposable
def test_public_is_scaled_down_to_1366x768(api, get):
    delivered(get(api.uploaded(file="photo.jpg")), "image/jpeg", (1024, 768))
    delivered(get(api.uploaded(file="geometry.png")), "image/png", (400, 300))


@fact("delivery §1.1 [I] at once")
def test_a_changed_variant_is_seen_at_once(api, get, image):
    name = api.variant({"width": 100})
    delivered(get(image, name), size=(100, 75))
    ok(api.patch(f"/v1/variants/{name}", json={"options": {"width": 40}}))
    delivered(get(image, name), size=(40, 30))
    ok(api.delete(f"/v1/variants/{name}"))
    not_delivered(get(image, name), 403, 9425)


@fact("delivery §5 [D]")
def test_a_variant_may_show_private_images_to_everyone(api, get, private):
    name = api.variant({"width": 200}, neverRequireSignedURLs=True)

    eventually(lambda: delivered(get(private, name), size=(200, 150)))
    not_delivered(get(private), 403, 9425)


# Negotiation


@fact("delivery §3.2 [D]")
@pytest.mark.parametrize(
    "accept, kind",
    [
        (BROWSER, "image/avif"),
        ("image/avif", "image/avif"),
        ("image/webp,image/avif", "image/avif"),
        ("image/webp,*/*", "image/webp"),
        ("image/png,*/*", "image/jpeg"),
    ],
)
def test_the_best_format_that_the_client_takes_is_sent(api, get, accept, kind):
    answer = get(api.uploaded(file="photo.jpg"), accept=accept)

    delivered(answer, kind)
    assert answer.headers["vary"].lower() == "accept"


@fact("delivery §3.2 [D] flexible ones without a format too")
@pytest.mark.parametrize("accept, kind", [(BROWSER, "image/avif"), ("image/webp,*/*", "image/webp"), ("*/*", "image/png")])
@pytest.mark.parametrize("options", ["w=200", "w=200,f=auto"])
def test_options_alone_leave_the_format_open(flexible, get, image, accept, kind, options):
    eventually(lambda: delivered(get(image, options, accept), kind))


@fact("delivery §3.2 [D] the original's class; [O] a wildcard turns nothing on")
@pytest.mark.parametrize("accept", ["*/*", "image/*", "", OLD_BROWSER, "image/avif;q=0,image/webp;q=0"])
def test_otherwise_it_is_the_originals_format(api, get, accept):
    delivered(get(api.uploaded(file="photo.jpg"), accept=accept), "image/jpeg")
    delivered(get(api.uploaded(file="geometry.png"), accept=accept), "image/png")
    delivered(get(api.uploaded(file="still.gif"), accept=accept), "image/gif")


@fact("delivery §3.2 [O] of a zone; [I] of hosted images")
def test_a_webp_is_a_jpeg_for_who_does_not_take_it_or_a_png(api, get):
    delivered(get(api.uploaded(file="lossless.webp"), accept="*/*"), "image/jpeg")
    delivered(get(api.uploaded(file="still.webp"), accept="*/*"), "image/png")


@fact("delivery §3.4 [D]")
def test_an_animation_goes_on_as_gif_or_webp(api, get):
    animation = api.uploaded(file="animation.gif")

    assert b"NETSCAPE2.0" in delivered(get(animation), "image/gif")
    assert b"ANIM" in delivered(get(animation, accept=BROWSER), "image/webp")


@fact("delivery §3.1, §3.2 [D]")
@pytest.mark.parametrize("format, kind", [("avif", "image/avif"), ("webp", "image/webp"), ("jpeg", "image/jpeg")])
def test_a_format_that_is_asked_for_is_sent_to_everyone(flexible, get, image, format, kind):
    eventually(lambda: delivered(get(image, f"w=40,format={format}", "*/*"), kind))


@fact("delivery §3.1 [D]")
def test_jpeg_is_progressive_and_baseline_jpeg_is_not(flexible, get, image):
    for format, expected in (("jpeg", "progressive"), ("baseline-jpeg", "baseline")):
        jpeg = eventually(lambda: delivered(get(image, f"w=200,f={format}"), "image/jpeg"))
        assert frame(jpeg)[0] == expected


@fact("delivery §3.4 [D] passes through, cleaned")
def test_an_svg_stays_one_without_its_scripts(api, get):
    hostile = get(api.uploaded(file="hostile.svg"))

    svg = delivered(hostile, "image/svg+xml")
    assert b"script" in picture("hostile.svg")[1]
    assert b"script" not in svg and b"onload" not in svg and b"foreignObject" not in svg


@fact("delivery §8, 14 [I]")
def test_json_works_for_hosted_images(flexible, get, image):
    answer = get(image, "w=200,format=json")

    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    assert answer.json() == {
        "width": 200,
        "height": 150,
        "original": {"file_size": len(picture("geometry.png")[1]), "width": 400, "height": 300, "format": "image/png"},
    }


# Headers


@fact("delivery §7.2 [D]")
@pytest.mark.disposable
def test_browsers_keep_images_for_two_days(get, image):
    answer = get(image)

    delivered(answer)
    assert answer.headers["cache-control"] == "public, max-age=172800, stale-while-revalidate=7200"


@fact("delivery §7.2 [D]")
@pytest.mark.disposable
def test_the_accounts_browser_ttl_takes_its_place(api, config, get, image):
    ok(api.patch("/v1/config", json={"browser_ttl": 3600}))

    eventually(lambda: is_so("max-age=3600" in get(image).headers["cache-control"]))


@fact("delivery §7.2 [D] the variant beats the account")
def test_a_variants_browser_ttl_beats_the_accounts(api, get, image):
    name = api.variant({"width": 200, "browser_ttl": 86_400})

    eventually(lambda: is_so("max-age=86400" in get(image, name).headers["cache-control"]))


@fact("delivery §7.1 [I] that hosted images have them too")
def test_an_image_has_these_headers(get, image):
    headers = get(image).headers

    assert headers["cf-images"].startswith("internal=")
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["access-control-allow-origin"] == "*"
    assert headers["content-security-policy"].startswith("default-src 'none'")
    assert headers["vary"] == "accept"
    assert headers["cf-ray"]
    assert "content-disposition" not in headers
    assert "warning" not in headers


@fact("delivery §7.1 [O] of a zone")
def test_a_head_says_how_long_it_would_be(get, image):
    head, whole = get(image, method="HEAD"), get(image)

    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == str(len(whole.content))
    for name in ("content-type", "etag", "cache-control"):
        assert head.headers[name] == whole.headers[name]


@fact("delivery §7.2 [D] 304")
def test_who_has_it_is_not_sent_it_again(get, image):
    etag = get(image).headers["etag"]

    unchanged = get(image, if_none_match=etag)
    assert (unchanged.status_code, unchanged.content, unchanged.headers["etag"]) == (304, b"", etag)
    delivered(get(image, if_none_match='"other"'))


@fact("delivery §8, 16 [I] a strong tag, a list of them, a star")
def test_every_answer_has_its_own_tag(get, image):
    etag = get(image).headers["etag"]

    assert etag.startswith('"')
    assert get(image, accept="image/webp").headers["etag"] != etag
    for known in (f'"other", {etag}', f"W/{etag}", "*"):
        assert get(image, if_none_match=known).status_code == 304, known


@fact("delivery §7.2 [I]")
def test_a_range_is_not_looked_at(get, image):
    assert delivered(get(image, range="bytes=0-9")) == delivered(get(image))


@fact("delivery §7.1 [I] of hosted images")
def test_the_cache_says_whether_it_had_it(api, get):
    # Bytes that nobody sent before: equal images share what was made of them.
    _, bytes, kind = picture("geometry.png")
    image = api.uploaded(file=("new.png", bytes + unique().encode(), kind))
    first, second = get(image), get(image)

    assert [answer.headers["cf-cache-status"] for answer in (first, second)] == ["MISS", "HIT"]
    assert [answer.headers["cf-images"] for answer in (first, second)] == ["internal=ok/m", "internal=ok/h"]
    assert delivered(first) == delivered(second)


# What can't be shown


@fact("delivery §7.4, §7.5 [D] 9516; [I] that such a file can be stored")
def test_stored_bytes_that_can_not_be_decoded_are_9516(api, get):
    broken = [f"broken/truncated.{kind}" for kind in ("gif", "jpg", "png", "webp")]
    taken = [ok(answer) for answer in (api.upload(file=name) for name in broken) if answer.status_code == 200]

    if not taken:
        pytest.skip("no such file is taken: none is ever stored")
    for image in taken:
        not_delivered(get(image), Guess(422), Guess(9516))


@fact("delivery §4, §7.4 [D] 9413 is 403")
def test_a_result_that_is_too_large_is_9413(flexible, get, image):
    eventually(lambda: not_delivered(get(image, "w=12000,h=12000,fit=squeeze"), 403, 9413))


@fact("delivery §7.4 [D] 9401 is 400")
def test_options_that_are_refused_are_9401(flexible, get, image):
    eventually(lambda: not_delivered(get(image, "w=40,format=mp4"), Guess(400), 9401))

