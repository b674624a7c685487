"""Options in URLs: `width=200,fit=cover`, the same for flexible variants and for `/cdn-cgi/image`."""

import pytest

from support import BROWSER, OLD_BROWSER, Guess, delivered, dimensions, eventually, fact, not_delivered

PLAIN = "f=jpeg,w=100,fit=scale-down"


@pytest.fixture(params=["hosted", "zone"])
def place(request):
    return request.param


@pytest.fixture
def make(request, place):
    """What options, as they stand in the URL, make of geometry.png."""
    if place == "zone":
        zone = request.getfixturevalue("zone")
        return lambda options, **headers: zone(options, headers=headers)
    request.getfixturevalue("flexible")
    get, image = request.getfixturevalue("get"), request.getfixturevalue("image")
    # Switched on is not switched on at once.
    eventually(lambda: delivered(get(image, "w=1")))
    return lambda options, **headers: get(image, options, **headers)


@pytest.fixture
def refuse(make, place):
    mark = {"hosted": "cf-images", "zone": "cf-resized"}[place]
    return lambda options, status, code: not_delivered(make(options), status, code, mark)


def size(response):
    return dimensions(delivered(response))


# The grammar


@fact("delivery §2.1 [D]")
@pytest.mark.parametrize(
    "short, long, without",
    [
        ("w=40", "width=40", ""),
        ("h=30", "height=30", ""),
        ("w=40,f=jpeg", "w=40,format=jpeg", "w=40,f=webp"),
        ("w=200,f=jpeg,q=10", "w=200,f=jpeg,quality=10", "w=200,f=jpeg"),
        ("w=40,h=40,fit=cover,g=left", "w=40,h=40,fit=cover,gravity=left", "w=40,h=40,fit=cover"),
        ("w=40,h=40,fit=cover,g=face,face-zoom=1", "w=40,h=40,fit=cover,gravity=face,zoom=1", "w=40,h=40"),
    ],
)
def test_a_short_name_means_the_long_one(make, short, long, without):
    assert delivered(make(short)) == delivered(make(long))
    if without:
        assert delivered(make(short)) != delivered(make(without))


@fact("delivery §2.1, §2.5 [D]")
@pytest.mark.parametrize("name", ["scq", "slow-connection-quality"])
@pytest.mark.parametrize(
    "headers",
    [{"rtt": "200"}, {"save-data": "on"}, {"ect": "slow-2g"}, {"ect": "2g"}, {"ect": "3g"}, {"downlink": "2.5"}],
    ids=str,
)
def test_a_slow_connection_has_its_own_quality(make, name, headers):
    options = f"w=200,f=jpeg,q=90,{name}=10"
    slow, fast = make(options, **headers), make(options, rtt="50", ect="4g", downlink="10")

    assert len(delivered(slow)) < len(delivered(fast))
    assert delivered(fast) == delivered(make("w=200,f=jpeg,q=90"))


@fact("delivery §1.3 [T] empty parts, white space, unknown names")
@pytest.mark.parametrize(
    "options",
    [
        "w=40,,h=30",
        ",w=40,h=30,",
        "%20w%20=%2040%20,%20h=30",
        "w=40%2Ch=30",
        "w%3D40,h=30",
        "w=40,h=30,nosuchoption=1",
        "public=undefined,w=40,h=30",
        "%77%69%64%74%68=40",
    ],
)
def test_what_is_loosely_written_is_read(make, options):
    assert size(make(options)) == (40, 30)


@fact("delivery §1.3 [I]")
@pytest.mark.parametrize(
    "options, expected",
    [
        ("w=40,w=80", (80, 60)),
        ("width=40,w=80", (80, 60)),
        ("w=80,width=40", (40, 30)),
        ("Width=40,W=40,h=150", (200, 150)),
        ("w=40,bare", (40, 30)),
        ("w=40,fit=COVER,h=40", (40, 30)),
        ("w=40,=5", (40, 30)),
        ("w=39.5", (40, 30)),
        ("w=40.4", (40, 30)),
    ],
)
def test_names_are_in_lower_case_the_last_one_wins_and_fractions_are_rounded(make, options, expected):
    assert size(make(options)) == expected


@fact("delivery §1.3 [O] a number that is none is ignored")
@pytest.mark.parametrize("options", ["width=abc", "width=abc,height=", "w=,fit=scale-down"])
def test_a_size_that_is_no_number_is_left_out(make, options):
    assert size(make(options)) == (400, 300)


@fact("delivery §1.3 [O] fractional pixels exist in the wild")
def test_a_size_may_have_a_fraction(make):
    assert size(make("w=199.59999999999997")) in ((199, 149), (199, 150), (200, 150))


@fact("delivery §1.3, §2.2 [D] a fixed order of operations")
def test_the_order_of_options_means_nothing(make):
    one = delivered(make("f=jpeg,w=80,h=40,fit=cover,rotate=90,trim=10;0;0;10,sharpen=1"))

    assert one == delivered(make("sharpen=1,trim=10;0;0;10,rotate=90,fit=cover,h=40,w=80,f=jpeg"))


@fact("delivery §1.3 [D] rgb%28240%2C40%2C145%29")
def test_commas_in_parentheses_belong_to_a_colour(make):
    expected = delivered(make("f=jpeg,w=80,h=80,fit=pad,background=%23f02891"))

    assert delivered(make("f=jpeg,w=80,h=80,fit=pad,background=rgb%28240%2C40%2C145%29")) == expected
    assert expected != delivered(make("f=jpeg,w=80,h=80,fit=pad"))


@fact("delivery §1.3, §2.5 [I] raw commas, and what comes after them")
@pytest.mark.parametrize(
    "colour",
    ["rgb(240,40,145)", "rgb(240%2040%20145)", "rgba(240,40,145,1)", "hsl(328.5,87%25,54.9%25)", "%23F02891", "%23f02891ff"],
)
def test_a_colour_may_be_written_as_in_css(make, colour):
    """Told by a picture that is nothing but padding: a pixel wide and high."""
    assert size(make(f"f=jpeg,background={colour},w=80,h=80,fit=pad")) == (80, 80)
    one, other = (
        make(f"f=png,fit=pad,h=80,w=80,trim.width=1,trim.height=1,background={text}") for text in (colour, "%23f02891")
    )
    assert delivered(one) == delivered(other)


# Refusals


@fact("delivery §1.3 [O] these words; [I] that it is 400")
@pytest.mark.parametrize("format", ["mp4", "jpg", "gif", "WEBP", ""])
def test_a_format_that_is_none_is_refused(refuse, format):
    assert f"'{format}' is not a supported output format" in refuse(f"w=40,format={format}", 400, 9401)


@fact("delivery §2.5 [O] blur, brightness, contrast and sharpen; [I] the rest, and §8, 6 the status")
@pytest.mark.parametrize(
    "option",
    [
        "blur=251",
        "blur=-1",
        "brightness=256",
        "contrast=256",
        "sharpen=11",
        "width=0",
        "width=-5",
        "height=12001",
        "gravity=2x0",
        "zoom=2",
        "rotate=45",
        "trim=-1;0;0;0",
        "draw=1",
    ],
)
def test_a_number_that_is_out_of_range_is_refused(refuse, option):
    refuse(f"f=jpeg,h=30,{option}", Guess(400), Guess(9401))


@fact("delivery §2.3 [D] nothing is left; [I] 9413")
def test_a_trim_that_leaves_nothing_is_refused(refuse):
    refuse("trim=300;0;300;0", 403, 9413)


@fact("delivery §4 [D] 100 megapixels, 12,000 pixels a side")
@pytest.mark.parametrize("options", ["w=12000,h=12000,fit=squeeze", "w=12000,h=9000,fit=cover"])
def test_what_would_be_too_large_is_refused(refuse, options):
    refuse(options, 403, 9413)


@fact("delivery §7.4 [D] between SVG and pixels")
def test_pixels_are_not_made_into_an_svg(refuse):
    refuse("w=40,format=svg", Guess(415), Guess(9412))


# Geometry


@fact("delivery §2.3 [D]")
@pytest.mark.parametrize(
    "options, expected",
    [
        ("w=800,h=800", (400, 300)),
        ("w=200,h=200,fit=scale-down", (200, 150)),
        ("w=800,h=800,fit=contain", (800, 600)),
        ("w=800,h=800,fit=scale-up", (800, 600)),
        ("w=100,h=100,fit=scale-up", (400, 300)),
        ("w=200,h=200,fit=cover", (200, 200)),
        ("w=500,h=500,fit=cover", (500, 500)),
        ("w=500,h=500,fit=crop", (400, 300)),
        ("w=200,h=200,fit=crop", (200, 200)),
        ("w=800,h=400,fit=aspect-crop", (400, 200)),
        ("w=200,h=200,fit=aspect-crop", (200, 200)),
        ("w=500,h=500,fit=pad", (500, 500)),
        ("w=200,h=50,fit=squeeze", (200, 50)),
        ("w=200", (200, 150)),
        ("h=150", (200, 150)),
        ("h=600,fit=contain", (800, 600)),
        ("w=100,dpr=2", (200, 150)),
        ("w=150,rotate=90", (150, 200)),
        ("rotate=270", (300, 400)),
        ("rotate=180,w=200", (200, 150)),
        ("trim=10;20;30;40", (340, 260)),
        ("trim=0.1;0.2;0.1;0.2", (240, 240)),
        ("trim.top=0.25,trim.left=100", (300, 225)),
        ("trim.width=100,trim.height=50", (100, 50)),
        ("trim.left=10,trim.top=10,trim.width=100,trim.height=50", (100, 50)),
        ("trim=border", (392, 292)),
        ("trim=border,trim.border.color=black", (392, 292)),
        ("trim=border,trim.border.keep=2", (396, 296)),
        ("dpr=2", (400, 300)),
    ],
)
def test_the_picture_has_the_size_that_was_meant(make, options, expected):
    assert size(make(f"{options},f=jpeg")) == expected


@fact("delivery §2.5, §8 [I]")
@pytest.mark.parametrize(
    "options, expected",
    [
        ("w=200,border.color=red,border.width=10", (220, 170)),
        ("w=200,border.color=red,border.top=1,border.left=2", (202, 151)),
        ("w=100,dpr=2,border.color=red,border.width=10", (240, 190)),
        ("w=100,dpr=5", (200, 150)),
        ("rotate=360,w=200", (200, 150)),
        ("trim=color", (392, 292)),
    ],
)
def test_the_picture_has_the_size_that_is_chosen_for_it(make, options, expected):
    assert size(make(f"{options},f=jpeg")) == expected


@fact("delivery §2.3 [O]")
def test_cover_with_one_side_is_warned_of(make):
    answer = make("w=200,fit=cover")

    assert size(answer) == (200, 150)
    assert answer.headers["warning"] == 'cf-images 299 "cover fit mode needs both width and height"'


@fact("delivery §2.3 [O]")
def test_a_ratio_over_three_is_warned_of(make):
    assert 'cf-images 299 "dpr > 3 should never be used"' in make("w=100,dpr=4").headers["warning"]


@fact("delivery §2.3 [D] the example; from 280, 500, 960 and 1500")
@pytest.mark.parametrize("viewport, expected", [(280, 320), (500, 400), (960, 400)])
def test_an_automatic_width_is_the_screens(make, viewport, expected):
    headers = {"sec-ch-viewport-width": str(viewport)}

    assert size(make("width=auto,f=jpeg", **headers))[0] == expected
    assert size(make("w=auto,f=jpeg,wbreakpoints=100;200;300", **headers))[0] == min(300, -(-viewport // 100) * 100)


@fact("delivery §2.3 [D]")
def test_without_a_hint_the_automatic_width_goes_by_the_kind_of_client(make):
    options = "width=auto,f=jpeg,wmobile=100,wdesktop=200"

    for agent, expected in (("Mozilla/5.0 (iPhone)", 100), ("Mozilla/5.0 (Linux; Android 16)", 100), ("curl/8", 200)):
        assert size(make(options, **{"user-agent": agent}))[0] == expected


@fact("delivery §2.3 [I]")
def test_an_automatic_width_varies_by_what_it_looks_at(make):
    vary = make("width=auto,f=jpeg").headers["vary"].lower()

    assert "sec-ch-viewport-width" in vary and "user-agent" in vary


# Every option does something


@fact("delivery §2.5 [D]")
@pytest.mark.parametrize(
    "option",
    [
        "background=red,fit=pad,h=100",
        "blur=20",
        "brightness=1.5",
        "brightness=0.5",
        "contrast=1.5",
        "contrast=0.5",
        "gamma=2",
        "gamma=0.5",
        "saturation=0",
        "saturation=2",
        "sharpen=5",
        "flip=h",
        "flip=v",
        "flip=hv",
        "rotate=90",
        "quality=10",
        "quality=low",
        "quality=medium-low",
        "quality=high",
        "gravity=left,fit=cover,h=100",
        "gravity=right,fit=cover,h=100",
        "gravity=0x0.5,fit=cover,h=100",
        "gravity=top,fit=cover,h=20",
        "gravity=bottom,fit=cover,h=20",
        "gravity=0.5x0.25,fit=crop,h=20",
        "trim=10;0;0;0",
        "dpr=2",
    ],
)
def test_it_changes_the_picture(make, option):
    without = ",".join(part for part in option.split(",")[1:])

    assert delivered(make(f"{PLAIN},{option}")) != delivered(make(f"{PLAIN},{without}"))


@fact("delivery §2.5 [D] these are what it is without them")
@pytest.mark.parametrize(
    "option",
    [
        "anim=true",
        "blur=0",
        "brightness=1",
        "brightness=0",
        "contrast=0",
        "gamma=0",
        "saturation=1",
        "sharpen=0",
        "rotate=0",
        "fit=scale-down",
        "dpr=1",
        "upscale=interpolate",
        "upscale=generate",
        "metadata=copyright",
        "zoom=0",
        "quality=85",
    ],
)
def test_its_default_changes_nothing(make, option):
    assert delivered(make(f"{PLAIN},{option}")) == delivered(make(PLAIN))


@fact("delivery §2.3 [D] one dimension at least; [O] dpr alone does nothing")
@pytest.mark.parametrize("option", ["fit=cover", "gravity=left", "dpr=2"])
def test_without_a_size_it_changes_nothing(make, option):
    assert delivered(make(f"f=jpeg,{option}")) == delivered(make("f=jpeg"))


@fact("delivery §2.5 [D] 100 is lossless WebP; 8 bits of PNG")
def test_quality_is_more_than_a_number(make):
    lossless = delivered(make("w=200,f=webp,q=100"), "image/webp")
    lossy = delivered(make("w=200,f=webp,q=99"), "image/webp")

    assert b"VP8L" in lossless[:32] and b"VP8L" not in lossy[:32]


@fact("delivery §2.5 [D]")
def test_fast_compression_is_usually_a_jpeg(make):
    delivered(make("w=200,f=webp,compression=fast", accept=BROWSER), "image/jpeg")


# Formats


@fact("delivery §3.1, §3.2 [D]")
@pytest.mark.parametrize(
    "format, kind", [("avif", "image/avif"), ("webp", "image/webp"), ("jpeg", "image/jpeg"), ("baseline-jpeg", "image/jpeg")]
)
@pytest.mark.parametrize("accept", [BROWSER, OLD_BROWSER, "*/*"])
def test_a_format_that_is_asked_for_is_sent_to_everyone(make, format, kind, accept):
    delivered(make(f"w=40,format={format}", accept=accept), kind)


@fact("delivery §3.1 [T][O] a hint, with a warning")
def test_png_is_a_hint(make):
    answer = make("w=40,format=png")

    assert delivered(answer)[:4] in (b"\x89PNG", b"\xff\xd8\xff\xe0", b"\xff\xd8\xff\xdb")
    assert 'cf-images 299 "JPEG vs PNG selection is automatic"' in answer.headers["warning"]


@fact("delivery §3.1 [T] the name; [I] that it is always a PNG")
def test_png_force_is_a_png(make):
    delivered(make("w=40,format=png-force"), "image/png")


@fact("delivery §3.2 [D]")
@pytest.mark.parametrize(
    "accept, kind",
    [(BROWSER, "image/avif"), ("image/webp,*/*", "image/webp")],
)
def test_auto_is_the_best_that_the_client_takes(make, accept, kind):
    answer = make("w=40,format=auto", accept=accept)

    delivered(answer, kind)
    assert answer.headers["vary"].lower() == "accept"


@fact("delivery §3.3 [D] over 1,200 pixels; [I] which it is then")
def test_what_is_too_large_for_avif_is_a_webp(make):
    delivered(make("w=1300,fit=contain,format=auto", accept=BROWSER), "image/webp")
    delivered(make("w=1200,fit=contain,format=auto", accept=BROWSER), "image/avif")


@fact("delivery §8, 7 [I]")
def test_what_is_left_out_is_said(make):
    warning = make("width=abc,nosuchoption=1,h=30").headers.get_list("warning")

    assert len(warning) == 2 and all(one.startswith('cf-images 299 "') for one in warning)
    assert "width" in warning[0] and "nosuchoption" in warning[1]
