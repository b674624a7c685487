"""Images of others: `GET https://{zone}/cdn-cgi/image/{options}/{source}`."""

import secrets
import socket
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote

import httpx
import pytest

from conftest import Origin
from support import (
    BROWSER,
    OLD_BROWSER,
    TYPES,
    Guess,
    delivered,
    dimensions,
    fact,
    frame,
    not_delivered,
    picture,
    unique,
)

PNG = "f=png-force,w=40"


def refused(response, status, code):
    return not_delivered(response, status, code, "cf-resized")


def asked(word: str):
    """What the origin was asked with this word in it, the last time."""
    return next((path, headers) for path, headers in reversed(Origin.asked) if word in path)


# Paths


@fact("delivery §1.3 [D] a path on the zone")
def test_a_source_without_a_host_is_the_zones(zone):
    delivered(zone(PNG), size=(40, 30))


@fact("delivery §1.3 [D] a whole URL, unescaped or escaped; [T] one slash is made two")
def test_a_source_may_be_a_whole_url(zone, zone_url, zone_image):
    url = zone_url + zone_image

    for source in (url, url.replace("://", ":/"), quote(url, safe=""), quote(url, safe="").replace("%3A", "%3a")):
        delivered(zone(PNG, source), size=(40, 30))


@fact("delivery §1.3 [I] more slashes, capitals")
def test_a_whole_url_may_be_untidy(zone, zone_url, zone_image):
    url = zone_url + zone_image

    for source in (url.replace("://", ":///"), url.replace("http", "HTTP", 1)):
        delivered(zone(PNG, source), size=(40, 30))


@fact("delivery §1.3 [D] percent-encoded is fine")
@pytest.mark.parametrize("path", ["pictures/geometry%2Epng", "pictures/%67eometry.png"])
def test_the_source_is_asked_for_as_it_stands(zone, origin, path):
    word = unique()

    delivered(zone(PNG, f"{origin}/{path}?{word}"))
    assert asked(word)[0] == f"/{path}?{word}"


@fact("delivery §1.3 [I] widely used")
def test_the_query_belongs_to_the_source(zone, origin):
    word = unique()

    delivered(zone(PNG, f"{origin}/pictures/geometry.png?t={word}&width=5&a=b/c"), size=(40, 30))
    assert asked(word)[0] == f"/pictures/geometry.png?t={word}&width=5&a=b/c"


@fact("delivery §1.3 [I] both of them")
def test_an_escaped_source_may_have_a_query_too(zone, origin):
    word = unique()
    url = quote(f"{origin}/pictures/geometry.png?a={word}", safe="")

    delivered(zone(PNG, url))
    assert asked(word)[0] == f"/pictures/geometry.png?a={word}"
    delivered(zone(PNG, f"{url}?b=2"))
    assert asked(word)[0] == f"/pictures/geometry.png?a={word}&b=2"


@fact("delivery §1.3 [O] a second slash stays, and leads nowhere")
def test_a_second_slash_is_not_collapsed(zone, zone_image):
    refused(zone(PNG, f"/{zone_image.removeprefix('/')}"), 404, 9404)


@fact("delivery §1.3 [T] flow is transparent")
def test_flow_before_the_options_changes_nothing(zone, zone_image):
    delivered(zone(f"flow/{PNG}"), size=(40, 30))
    # It is an adapter in that place only.
    refused(zone(PNG, f"flow{zone_image}"), 404, 9404)


@fact("delivery §1.3 [I] the draft answers 404")
@pytest.mark.parametrize("adapter", ["fastly", "akamai"])
def test_other_dialects_are_refused(zone, adapter):
    refused(zone(f"{adapter}/width=40"), 400, 9401)


@fact("delivery §1.3, §7.4 [D] at least one option")
@pytest.mark.parametrize("options", ["", "thumb", ",", "%20"])
def test_a_url_without_options_is_9401(zone, options):
    refused(zone(options), 400, 9401)


@fact("delivery §1.3, §7.4 [I] which code")
@pytest.mark.parametrize("tail", ["w=40", "w=40/", "flow/w=40", "", "w=%zz/a.png", "w=4%/a.png", "w=%ff/a.png"])
def test_a_url_that_can_not_be_read_is_9401(plain, zone_url, tail):
    target = f"/cdn-cgi/image/{tail}".encode()

    refused(plain.get(zone_url, extensions={"target": target}), 400, 9401)


@fact("delivery §1.3, §7.4 [D] 9406 or 9419")
@pytest.mark.parametrize("source", ["https%3A%2F%2Fimg.test%2Fa%20b.png", "https%3A%2F%2Fimg.test%2F%C3%A9.png"])
def test_spaces_and_letters_outside_ascii_have_to_be_escaped(zone, source):
    text = refused(zone(PNG, source), 403, Guess(9419))

    assert text.startswith(("ERROR 9406:", "ERROR 9419:"))


@fact("delivery §1.3, §7.4 [D] 9406 or 9419")
@pytest.mark.parametrize("source", ["é.png", "geometry.png?v=é"])
def test_letters_outside_ascii_are_not_taken_as_they_are(local_zone, zone_url, source):
    # No client library sends these.
    url = httpx.URL(zone_url)
    with socket.create_connection((url.host, url.port)) as connection:
        request = f"GET /cdn-cgi/image/{PNG}/{source} HTTP/1.1\r\nhost: {url.host}\r\nconnection: close\r\n\r\n"
        connection.sendall(request.encode())
        answer = connection.makefile("rb").read().decode("latin-1").lower()

    assert answer.startswith("http/1.1 403 ")
    assert "\r\ncf-resized: err=9419\r\n" in answer or "\r\ncf-resized: err=9406\r\n" in answer


@fact("delivery §7.4 [D] 9406 is 403")
@pytest.mark.parametrize("source", ["http://a:b:c/a.png", "https://", "http://[/a.png", "https%3A%2F%2Fimg.test%2F%zz"])
def test_a_source_that_is_no_url_is_9406(zone, source):
    refused(zone(PNG, source), Guess(403), Guess(9406))


@fact("delivery §1.3 [D][O] 9403, in practice 9404")
def test_a_transformation_is_not_transformed(zone, zone_url, zone_image):
    for source in (f"cdn-cgi/image/w=80{zone_image}", f"{zone_url}/cdn-cgi/image/w=80{zone_image}"):
        text = refused(zone(PNG, source), Guess(508), Guess(9403))
        assert text.startswith(("ERROR 9403:", "ERROR 9404:"))


@fact("delivery §1.3 [I]")
def test_who_comes_from_a_transformation_is_refused(zone):
    refused(zone(PNG, headers={"via": "1.1 image-resizing"}), 508, 9403)
    refused(zone(PNG, headers={"via": "1.1 proxy, 1.1 image-resizing"}), 508, 9403)
    delivered(zone(PNG, headers={"via": "1.1 proxy"}))


@fact("delivery §7 [I]")
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_images_are_only_read(zone, method):
    answer = zone(PNG, method=method)

    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD")


# What the origin is asked


@fact("delivery §1.3 [D] anonymously, with Via")
def test_the_origin_is_asked_anonymously_and_told_by_whom(zone, origin):
    word = unique()
    headers = {"cookie": "a=secret", "authorization": "Bearer secret", "x-custom": "secret", "if-none-match": '"secret"'}
    delivered(zone(PNG, f"{origin}/pictures/geometry.png?{word}", headers))

    _, sent = asked(word)
    assert "image-resizing" in sent["via"]
    assert "secret" not in str(sent)


@fact("delivery §1.3 [T] Accept is forwarded")
def test_the_origin_is_told_what_the_client_accepts(zone, origin):
    word = unique()
    delivered(zone("w=40,f=auto", f"{origin}/pictures/geometry.png?{word}", {"accept": "image/webp,*/*"}))

    assert asked(word)[1]["accept"] == "image/webp,*/*"


@fact("delivery §1.3 [D] redirects are followed")
def test_a_redirect_is_followed(zone, origin):
    delivered(zone("f=png-force,w=40", f"{origin}/moved"), size=(40, 30))


@fact("delivery §3.4 [I] bytes, not labels")
def test_what_an_image_is_its_bytes_say(zone, origin):
    delivered(zone(PNG, f"{origin}/labelled.txt"), size=(40, 30))


# What goes wrong with a source


@fact("delivery §7.4 [D][O]")
@pytest.mark.parametrize(
    "status, expected",
    [
        (400, (502, 9519)),
        (401, (401, 9408)),
        (403, (403, 9408)),
        (404, (404, 9404)),
        (408, (408, 9408)),
        (410, (410, 9408)),
        (429, (429, 9408)),
        (500, (502, 9509)),
        (502, (502, 9509)),
        (503, (502, 9509)),
    ],
)
def test_an_error_of_the_origin_has_its_code(zone, origin, status, expected):
    text = refused(zone(PNG, f"{origin}/status/{status}"), *expected)

    if status in (401, 403, 404, 410, 429):
        assert f"the server returned HTTP error {status}" in text


@fact("delivery §7.4 [D] what they mean; [I] that a success without a picture is one of them")
@pytest.mark.parametrize("status, expected", [(204, (415, 9412)), (304, (400, 9420))])
def test_an_answer_without_a_picture_is_refused(zone, origin, status, expected):
    refused(zone(PNG, f"{origin}/status/{status}"), *expected)


@fact("delivery §7.4 [D]")
@pytest.mark.parametrize(
    "path, expected",
    [
        ("/loop", (400, 9421)),
        ("/astray", (400, 9420)),
        ("/page.html", (415, 9412)),
        ("/scan.tiff", (415, 9412)),
        ("/pictures/broken/truncated.png", (422, 9516)),
        ("/pictures/broken/truncated.jpg", (422, 9516)),
        ("/pictures/broken/truncated.gif", (422, 9516)),
        ("/pictures/broken/truncated.webp", (422, 9516)),
        ("/pictures/broken/too-many-pixels.png", (403, 9413)),
    ],
)
def test_a_source_that_can_not_be_used_has_its_code(zone, origin, path, expected):
    refused(zone(PNG, origin + path), *expected)


@fact("delivery §3.4, §7.4 [I] which of 9412, 9413, 9420 and 9520")
@pytest.mark.parametrize(
    "path, expected",
    [
        ("/nowhere", (400, 9420)),
        ("/to-mail", (400, 9420)),
        ("/old.bmp", (415, 9520)),
        ("/pictures/broken/empty.jpg", (415, 9412)),
        ("/pictures/broken/not-an-image.jpg", (415, 9412)),
        ("/pictures/broken/header-only.png", (403, 9413)),
        ("/pictures/broken/too-wide.png", (403, 9413)),
    ],
)
def test_a_source_that_is_odd_has_the_nearest_code(zone, origin, path, expected):
    refused(zone(PNG, origin + path), *expected)


@fact("delivery §1.3, §7.4 [D] by default a zone takes sources of its own only")
def test_a_host_that_is_not_allowed_is_9401_with_403(zone):
    refused(zone(PNG, "https://foreign.invalid/a.png"), 403, 9401)


@fact("delivery §7.4 [D] what they mean; [I] which of them it is")
@pytest.mark.parametrize(
    "source, expected",
    [
        ("http://127.0.0.1:1/a.png", (523, 9510)),
        ("http://nothing.invalid/a.png", (523, 9407)),
    ],
    ids=["refused", "unresolved"],
)
def test_a_source_that_can_not_be_reached_has_its_code(local_zone, source, expected):
    refused(local_zone(PNG, source), *expected)


@fact("delivery §7.4 [D] what they mean; [I] which of them it is")
def test_a_source_that_does_not_arrive_has_its_code(local_zone, origin):
    expected = {
        "reset": (502, 9505),
        "silent": (522, 9504),
        "slow": (524, 9504),
        "cut": (422, 9416),
        "large": (413, 9402),
        "endless": (413, 9402),
    }
    # All at once: two of them take as long as the service waits.
    with ThreadPoolExecutor(len(expected)) as pool:
        answers = dict(zip(expected, pool.map(lambda way: local_zone(PNG, f"{origin}/badly/{way}"), expected)))

    for way, (status, code) in expected.items():
        refused(answers[way], status, code)


@fact("delivery §7.4 [D] 9402 is 413")
def test_a_source_over_10_mb_is_not_too_large(zone, origin):
    delivered(zone("w=4,f=png-force", f"{origin}/huge.png"), size=(4, 4))


@fact("delivery §7.3 [O] the text and the header")
def test_a_refusal_is_a_line_of_text(zone):
    answer = zone(PNG, "no/such/image.png")

    assert answer.headers["content-type"].split(";")[0] == "text/plain"
    assert answer.headers["cf-resized"] == "err=9404"
    assert len(answer.text.strip().splitlines()) == 1


@fact("delivery §2.5 [D] a redirect; §8, 8 [I] that it is 307")
def test_onerror_sends_the_client_to_the_source(zone):
    answer = zone("w=40,onerror=redirect", "no/such/image.png?v=1")

    assert answer.status_code == 307
    assert answer.headers["location"].endswith("/no/such/image.png?v=1")
    assert answer.headers["cf-resized"] == "err=9404"


@fact("delivery §2.5 [D] only within the zone; and a fatal error only")
def test_onerror_does_not_lead_elsewhere(zone):
    refused(zone("w=40,onerror=redirect", "https://foreign.invalid/a.png"), 403, 9401)
    delivered(zone("w=40,onerror=redirect"))


# Formats


@fact("delivery §3.2 [D] only with format=auto")
@pytest.mark.parametrize("options", ["w=40", "w=40,f=jpeg"])
def test_without_auto_the_client_is_not_asked(zone, options):
    answer = zone(options, headers={"accept": BROWSER})

    # JPEG goes before PNG where it can.
    delivered(answer, "image/jpeg")
    assert "accept" not in answer.headers.get("vary", "").lower()


@fact("delivery §3.2 [I] alpha is kept")
def test_without_auto_what_is_transparent_is_a_png(zone, origin):
    delivered(zone("w=40", f"{origin}/pictures/alpha.png", {"accept": BROWSER}), "image/png")
    delivered(zone("w=40,background=white", f"{origin}/pictures/alpha.png"), "image/jpeg")


@fact("delivery §3.2 [O]")
@pytest.mark.parametrize("accept", ["*/*", "image/*", OLD_BROWSER])
def test_a_wildcard_turns_nothing_on(zone, origin, accept):
    delivered(zone("w=40,format=auto", f"{origin}/pictures/lossless.webp", {"accept": accept}), "image/jpeg")


@fact("delivery §3.4 [D]")
@pytest.mark.parametrize(
    "name",
    ["photo.jpg", "progressive.jpg", "grey.jpg", "cmyk.jpg", "geometry.png", "grey16.png", "still.gif", "lossless.webp"],
)
def test_every_input_is_read(zone, origin, name):
    width, _ = dimensions(delivered(zone("w=32,f=jpeg", f"{origin}/pictures/{name}"), "image/jpeg"))

    assert width == 32


@fact("delivery §3.4 [I] some accounts of the service have it, others are told 9520")
def test_avif_is_read(zone, origin):
    delivered(zone("w=40,f=jpeg", f"{origin}/pictures/alpha.avif"), "image/jpeg")


@fact("delivery §3.4 [D] animations are kept; anim=false takes the first frame")
def test_an_animation_goes_on_or_stops(zone, origin):
    source = f"{origin}/pictures/animation.gif"

    assert b"NETSCAPE2.0" in delivered(zone("w=80", source), "image/gif", (80, 60))
    assert b"ANIM" in delivered(zone("w=80,format=webp", source), "image/webp")
    assert b"ANIM" in delivered(zone("w=80,format=auto", source, {"accept": BROWSER}), "image/webp")
    assert b"ANIM" not in delivered(zone("w=80,format=webp,anim=false", source), "image/webp")


@fact("delivery §4 [D] over 50 megapixels of all frames; [I] that it isn't 9413")
def test_a_long_animation_is_delivered_as_it_is(zone, origin):
    delivered(zone("w=100", f"{origin}/long/13.gif"), "image/gif", (2000, 2000))
    delivered(zone("w=100,anim=false,f=png-force", f"{origin}/long/13.gif"), "image/png", (100, 100))


@fact("delivery §4, §7.4 [D] over 100 megapixels of all frames")
def test_an_animation_that_is_too_long_is_9413(zone, origin):
    refused(zone("w=100", f"{origin}/long/26.gif"), 403, 9413)


@fact("delivery §3.4 [D] passes through, cleaned, whatever the options are")
def test_an_svg_stays_one_without_its_scripts(zone, origin):
    answer = zone("w=40,f=webp,rotate=90", f"{origin}/pictures/hostile.svg")

    svg = delivered(answer, TYPES[".svg"])
    assert b"script" in picture("hostile.svg")[1]
    assert b"script" not in svg and b"onload" not in svg and b"foreignObject" not in svg


@fact("delivery §3.1 [D] small ones are baseline")
def test_a_jpeg_is_progressive_unless_it_is_small(zone):
    assert frame(delivered(zone("w=200,f=jpeg"), "image/jpeg"))[0] == "progressive"
    assert frame(delivered(zone("w=40,f=jpeg"), "image/jpeg"))[0] == "baseline"
    assert frame(delivered(zone("w=200,f=baseline-jpeg"), "image/jpeg"))[0] == "baseline"


@fact("delivery §3.5 [T]")
def test_json_says_what_there_is(zone):
    answer = zone("w=200,format=json")

    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    assert answer.json() == {
        "width": 200,
        "height": 150,
        "original": {"file_size": len(picture("geometry.png")[1]), "width": 400, "height": 300, "format": "image/png"},
    }


@fact("delivery §2.5 [D] EXIF of a JPEG; orientation is always obeyed")
@pytest.mark.parametrize("metadata, kept", [("keep", True), ("copyright", True), ("none", False)])
def test_metadata_is_kept_as_told(zone, origin, metadata, kept):
    jpeg = delivered(zone(f"f=jpeg,metadata={metadata}", f"{origin}/pictures/orientation-6.jpg"), size=(120, 80))

    assert (b"CC0\0" in jpeg) == kept


# Headers


@fact("delivery §7.1 [O]")
def test_an_image_has_these_headers(zone):
    answer = zone("w=40,f=auto")
    image = delivered(answer)

    assert answer.headers["cf-resized"].startswith("internal=")
    assert answer.headers["content-length"] == str(len(image))
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    assert answer.headers["vary"] == "accept"
    assert answer.headers["cf-ray"]
    assert answer.headers["cf-cache-status"]


@fact("delivery §7.1 [I] of hosted images")
def test_scripts_may_read_it(zone):
    assert zone(PNG).headers["access-control-allow-origin"] == "*"


@fact("delivery §7.1 [O] copied from the source; §7.2 [D] the tag")
def test_the_sources_lifetime_and_tag_go_along(zone, origin):
    answer = zone(PNG, f"{origin}/tagged.png")

    delivered(answer)
    assert answer.headers["cache-control"] == "public, max-age=7200"
    assert answer.headers["etag"].startswith('"cf-') and answer.headers["etag"].endswith(':v1"')
    assert "set-cookie" not in answer.headers
    assert "warning" not in answer.headers


@fact("delivery §7.2 [D][O]")
@pytest.mark.parametrize("name", ["brief", "strict"])
def test_a_source_that_may_hardly_be_kept_is_warned_of(zone, origin, name):
    answer = zone(PNG, f"{origin}/{name}.png")

    delivered(answer)
    assert answer.headers["warning"] == 'cf-images 299 "cache-control is too restrictive"'


@fact("delivery §7.2 [D] 304")
def test_who_has_it_is_not_sent_it_again(zone, origin):
    etag = zone(PNG, f"{origin}/tagged.png").headers["etag"]

    unchanged = zone(PNG, f"{origin}/tagged.png", {"if-none-match": etag})
    assert (unchanged.status_code, unchanged.content, unchanged.headers["etag"]) == (304, b"", etag)
    delivered(zone(PNG, f"{origin}/tagged.png", {"if-none-match": '"other"'}))


@fact("delivery §7.1 [O]")
def test_a_head_says_how_long_it_would_be(zone):
    head, whole = zone(PNG, method="HEAD"), zone(PNG)

    assert (head.status_code, head.content) == (200, b"")
    for name in ("content-length", "content-type", "cf-resized"):
        assert head.headers[name].split("/")[0] == whole.headers[name].split("/")[0]
    assert head.headers["content-length"] == str(len(whole.content))


@fact("delivery §7.2 [I]")
def test_a_range_is_not_looked_at(zone):
    assert delivered(zone(PNG, headers={"range": "bytes=0-9"})) == delivered(zone(PNG))


@fact("delivery §7.1 [O] the values; [I] at once")
def test_the_cache_says_whether_it_had_it(zone, origin):
    # Options that nobody gave before: equal pictures share what was made of them.
    source, options = f"{origin}/pictures/portrait.jpg", f"w=40,f=jpeg,sharpen=1.{secrets.randbelow(10**6):06}"
    first, second = zone(options, source), zone(options, source)

    assert [answer.headers["cf-cache-status"] for answer in (first, second)] == ["MISS", "HIT"]
    assert [answer.headers["cf-resized"] for answer in (first, second)] == ["internal=ok/m", "internal=ok/h"]
    assert delivered(first) == delivered(second)
