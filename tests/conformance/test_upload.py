"""Upload: `POST /accounts/{account_id}/images/v1`."""

import json
from datetime import datetime, timedelta, timezone

import pytest

from support import (
    GENERATED_ID,
    UNKNOWN_ID,
    UPLOADED,
    Guess,
    eventually,
    fact,
    form,
    gif,
    is_so,
    multipart,
    ok,
    picture,
    png,
    refused,
    unique,
)


@fact("§1.0, §1.1 [R][D]")
def test_an_image_has_these_keys_in_this_order(api):
    image = api.uploaded(metadata='{"album":"pets"}')

    assert list(image) == ["id", "filename", "meta", "uploaded", "requireSignedURLs", "variants"]
    assert image["filename"] == "still.gif"
    assert image["meta"] == {"album": "pets"}
    assert image["requireSignedURLs"] is False


@fact("§1.0, §1.14 [R]")
def test_without_metadata_there_is_no_meta(api):
    assert "meta" not in api.uploaded()


@fact("§1.0 [R]")
def test_metadata_without_keys_is_no_metadata(api):
    assert "meta" not in api.uploaded(metadata="{}")


@fact("§1.0, §6.4 [R] in recordings from before creators existed")
def test_without_a_creator_there_is_none(api):
    assert api.uploaded().get("creator") is None


@fact("§6.4 [I] null is allowed too")
def test_without_a_creator_the_key_is_left_out(api):
    assert "creator" not in api.uploaded()


@fact("§1.0 [R]")
def test_a_generated_id_looks_like_a_uuid_and_ends_in_00(api):
    ids = [api.uploaded()["id"] for _ in range(3)]

    assert all(GENERATED_ID.fullmatch(id) for id in ids), ids
    assert len(set(ids)) == 3


@fact("§1.0 [R]")
def test_uploaded_is_now_in_utc_with_milliseconds(api):
    uploaded = api.uploaded()["uploaded"]

    assert UPLOADED.fullmatch(uploaded)
    age = datetime.now(timezone.utc) - datetime.fromisoformat(uploaded)
    assert abs(age) < timedelta(minutes=5)


@fact("§1.0 [R]")
def test_variants_are_one_url_for_each_named_variant(api):
    names = ok(api.get("/v1/variants"))["variants"].keys()
    image = api.uploaded()

    assert {url.rsplit("/", 1)[1] for url in image["variants"]} == set(names)
    assert "public" in names
    for url in image["variants"]:
        account_hash, id, _ = url.rsplit("/", 3)[1:]
        assert len(account_hash) == 22 and account_hash.replace("-", "").replace("_", "").isalnum()
        assert id == image["id"]


@fact("§3 [D]")
@pytest.mark.parametrize(
    "name",
    [
        "photo.jpg",
        "progressive.jpg",
        "cmyk.jpg",
        "geometry.png",
        "grey16.png",
        "animation.gif",
        "still.webp",
        "animation.webp",
    ],
)
def test_jpeg_png_gif_and_webp_are_taken(api, name):
    assert api.uploaded(file=name)["filename"] == name


@fact("§3 [D]")
def test_svg_is_taken(api):
    assert api.uploaded(file="vector.svg")["filename"] == "vector.svg"


@fact("§1.1 [S] what the Python SDK calls bytes")
def test_what_the_file_part_is_labelled_does_not_matter(api):
    file = ("upload", picture()[1], "application/octet-stream")

    assert api.uploaded(file=file)["filename"] == "upload"


@fact("§1.0 [D]")
def test_a_file_name_may_be_in_any_script(api):
    file = ("猫 и кот.png", *picture("alpha.png")[1:])

    assert api.uploaded(file=file)["filename"] == "猫 и кот.png"


@fact("§1.1 [D]")
@pytest.mark.parametrize("text, expected", [("true", True), ("false", False)])
def test_require_signed_urls_is_said_in_words(api, text, expected):
    assert api.uploaded(requireSignedURLs=text)["requireSignedURLs"] is expected


@fact("§1.1 [D]")
def test_a_creator_is_kept(api, creator):
    assert api.uploaded(creator=creator)["creator"] == creator


@fact("§3 [D]")
def test_a_creator_has_at_most_1024_characters(api):
    assert len(api.uploaded(creator="é" * 1024)["creator"]) == 1024
    refused(api.upload(creator="é" * 1025), Guess(5400), Guess(400))


@fact("§1.1 [D] curl, and most clients")
def test_metadata_is_json_and_keeps_its_types(api):
    metadata = {"text": "ü", "number": 1.5, "whole": 3, "yes": True, "none": None, "list": [1, "a"], "deep": {"er": {}}}

    assert api.uploaded(metadata=json.dumps(metadata))["meta"] == metadata


@fact("§1.1 [S] Terraform and Swift label the part, Go 0.x ends it with a line break")
def test_metadata_may_be_labelled_and_end_with_a_line_break(api):
    image = api.uploaded(("metadata", '{"k":"v"}\n', "application/json"))

    assert image["meta"] == {"k": "v"}


@fact("§1.1, §6.1 [I] the SDKs send it; that the service reads it is not shown")
@pytest.mark.parametrize(
    "parts",
    [
        [("metadata[k]", "v"), ("metadata[a][b]", "1"), ("metadata[arr][]", "1"), ("metadata[arr][]", "2")],
        [("metadata.k", "v"), ("metadata.a.b", "1"), ("metadata.arr[]", "1"), ("metadata.arr[]", "2")],
        [("metadata.k", "v"), ("metadata.a.b", "1"), ("metadata.arr.0", "1"), ("metadata.arr.1", "2")],
    ],
    ids=["typescript", "python", "go"],
)
def test_metadata_may_come_in_parts_and_is_text_then(api, parts):
    assert api.uploaded(*parts)["meta"] == {"k": "v", "a": {"b": "1"}, "arr": ["1", "2"]}


@fact("§3 [D]; §6.39 measured as compact JSON")
def test_metadata_of_1024_bytes_is_taken(api):
    metadata = json.dumps({"k": "x" * 1016}, separators=(",", ":"))
    assert len(metadata) == 1024

    assert len(api.uploaded(metadata=metadata)["meta"]["k"]) == 1016


@fact("§3 [D]")
def test_metadata_of_more_than_1024_bytes_is_refused(api):
    refused(api.upload(metadata=json.dumps({"k": "x" * 1017}, separators=(",", ":"))), Guess(5400), Guess(400))


@fact("§3 [D] it is bytes that are counted")
def test_metadata_of_less_characters_than_bytes_is_refused(api):
    refused(api.upload(metadata=json.dumps({"k": "é" * 600}, ensure_ascii=False)), Guess(5400), Guess(400))


@fact("§6.39 [I]")
def test_blanks_in_metadata_do_not_count(api):
    api.uploaded(metadata='{"k":' + " " * 1100 + '"v"}')


@fact("§3, §6.6 [D] an object; [I] the answer")
@pytest.mark.parametrize("text", ["[1]", "7", '"text"', "{", "album=pets"])
def test_metadata_that_is_no_json_object_is_refused(api, text):
    refused(api.upload(metadata=text), 5400, 400)


@fact("§6.19 [I]")
def test_parts_that_nobody_knows_are_ignored(api):
    api.uploaded(title="no such field", metadatum="{")


# Custom ids


@fact("§1.1, §3 [D]")
@pytest.mark.parametrize("id", ["{}", "shop/{}/42.png", "naïve/ключ/{}", "{} with blanks", "100%/{}", "{}.jpeg", "{}/v1.2"])
def test_a_custom_id_is_kept_as_it_is(api, id):
    id = id.format(unique())

    assert api.uploaded(id=id)["id"] == id
    assert ok(api.image(id))["id"] == id


@fact("§1.0 [D]")
def test_slashes_of_a_custom_id_are_literal_in_variant_urls(api):
    id = f"shop/{unique()}/42.png"

    assert all(f"/{id}/" in url for url in api.uploaded(id=id)["variants"])


@fact("§3 [D]")
def test_a_custom_id_has_at_most_1024_characters(api):
    id = unique()
    longest = id + "x" * (1024 - len(id))

    assert api.uploaded(id=longest)["id"] == longest
    refused(api.upload(id=longest + "x"), Guess(5411), Guess(400))


@fact("§3 [D]")
@pytest.mark.parametrize("id", ["/{}", "{}/", "/{}/"])
def test_a_custom_id_neither_begins_nor_ends_with_a_slash(api, id):
    refused(api.upload(id=id.format(unique())), Guess(5411), Guess(400))


@fact("§3, §4.2 [R]")
@pytest.mark.parametrize("id", [UNKNOWN_ID, "3f1c0a52-6c0e-4b7d-2a11-5d0c9e8b7a00"])
def test_a_custom_id_is_no_uuid(api, id):
    message = refused(api.upload(id=id), 5411, Guess(400))

    assert message.endswith("Must not be UUID")


@fact("§3, §4.2 [R]")
@pytest.mark.parametrize("extension", ["pdf", "html", "mp4", "txt"])
def test_a_custom_id_has_no_extension_of_something_else(api, extension):
    message = refused(api.upload(id=f"{unique()}.{extension}"), 5411, Guess(400))

    assert message.endswith("Must not use a non-image file name extension")


@fact("§4.2 [R]")
def test_a_taken_id_is_a_conflict(api):
    id = unique()
    api.uploaded(id=id)

    assert refused(api.upload(id=id), 5409, 409) == "Resource already exists"


@fact("§6.9 [I]")
def test_the_id_of_a_draft_is_taken(api):
    id = unique()
    api.drafted(id=id)

    refused(api.upload(id=id), 5409, 409)


@fact("§6.38 [I]")
def test_ids_that_only_look_the_same_are_two(api):
    id = unique()

    api.uploaded(id=id + "é")
    api.uploaded(id=id + "e\u0301")


@fact("§3 [D]; the code by extension of PATCH's")
def test_a_custom_id_can_not_be_private(api):
    refused(api.upload(id=unique(), requireSignedURLs="true"), Guess(5410), Guess(400))


# By URL


@fact("§1.1 [D]")
def test_a_url_is_fetched_and_its_last_segment_is_the_file_name(api, origin):
    image = api.uploaded(file=None, url=f"{origin}/pictures/still.gif?size=big")

    assert image["filename"] == "still.gif"
    blob = api.get(f"/v1/{image['id']}/blob")
    assert blob.content == picture()[1]


@fact("§1.1 [D]")
def test_a_url_may_hold_user_and_password(api, origin):
    api.uploaded(file=None, url=f"{origin}/private.gif".replace("://", "://user:secret@"))


@fact("§1.1 [I] that redirects are followed")
def test_a_redirect_is_followed(api, origin):
    api.uploaded(file=None, url=f"{origin}/moved")


@fact("§1.1 [D]")
def test_an_image_by_url_takes_the_other_fields(api, origin, creator):
    id = unique()
    image = api.uploaded(file=None, url=f"{origin}/pictures/still.gif", id=id, creator=creator, metadata='{"k":1}')

    assert (image["id"], image["creator"], image["meta"]) == (id, creator, {"k": 1})


@fact("§3, §4.2 [R] 5454")
@pytest.mark.parametrize("path", ["/missing.png", "/private.gif", "/loop"])
def test_what_can_not_be_fetched_is_5454(api, origin, path):
    refused(api.upload(file=None, url=origin + path), 5454, Guess(400))


@fact("§3, §4.2 [R]")
def test_what_imagedelivery_net_delivers_can_not_be_uploaded(api):
    url = "https://imagedelivery.net/Vi7wi5KSItxGFsWRG2Us6Q/cat/public"

    refused(api.upload(file=None, url=url), 5454, Guess(400))


@fact("§1.1, §4.2 [D]")
def test_what_a_url_gives_has_to_be_an_image(api, origin):
    refused(api.upload(file=None, url=f"{origin}/page.html"), Guess(5455), Guess(415))


@fact("§3 [D]")
def test_what_a_url_gives_has_at_most_10_mb(api, origin):
    refused(api.upload(file=None, url=f"{origin}/huge.png"), Guess(5413), Guess(413))


@fact("§1.1 [D]")
@pytest.mark.parametrize("url", ["ftp://example.com/cat.png", "file:///etc/passwd", "cat.png", "http://"])
def test_a_url_is_one_of_http(api, url):
    refused(api.upload(file=None, url=url))


@fact("§1.1, §3 [D]")
def test_file_and_url_exclude_each_other(api):
    refused(api.upload(url="https://example.com/cat.png"), Guess(5400), Guess(400))


@fact("§1.1 [D]")
def test_one_of_file_and_url_is_needed(api):
    refused(api.upload(file=None, id=unique()), Guess(5400), Guess(400))


# What is no upload


@fact("§1.1, §4.2 [R]")
@pytest.mark.parametrize("kind", ["application/json", "application/x-www-form-urlencoded", "image/gif"])
def test_an_upload_is_a_multipart_form(api, kind):
    refused(api.post("/v1", content=b"{}", headers={"content-type": kind}), 5415, 415)


@fact("§4.2 [R]")
def test_a_post_with_nothing_is_no_multipart_form(api):
    refused(api.post("/v1"), 5415, 415)


@fact("§4.2 [R]")
def test_a_form_that_breaks_off_is_a_bad_request(api):
    body = '--b\nContent-Disposition: form-data; name="file"; filename="a.gif"\n\nGIF89a'

    refused(api.post("/v1", **multipart(body)), 5400, 400)


@fact("§1.1, §6.17 [R] what Terraform and older SDKs send")
def test_a_file_without_a_file_name_is_no_image(api):
    response = api.post("/v1", files=[("file", (None, picture()[1]))])

    refused(response, 5455, 415)


@fact("§3, §4.2 [R]")
@pytest.mark.parametrize("name", ["document.bmp", "document.tiff", "not-an-image.jpg"])
def test_other_formats_are_refused(api, name):
    message = refused(api.upload(file=picture(f"broken/{name}")), 5455, 415)

    for format in ("jpeg", "png", "webp", "gif", "svg"):
        assert format in message


@fact("§3 [R] for an ordinary account, [D] for an Enterprise one")
def test_an_avif_is_taken_or_else_refused_for_its_format(api):
    response = api.upload(file=picture("deep.avif"))

    if response.status_code == 200:
        assert response.json()["result"]["filename"] == "deep.avif"
    else:
        refused(response, Guess(5455), 415)


@fact("§4.2 [R]")
@pytest.mark.parametrize("name", ["truncated.png", "truncated.webp", "truncated.gif"])
def test_what_can_not_be_decoded_is_refused(api, name):
    refused(api.upload(file=picture(f"broken/{name}")), 9422, Guess(422))


@fact("§4.2 [I] which code")
def test_an_empty_file_is_refused(api):
    refused(api.upload(file=picture("broken/empty.jpg")), 5455, 415)


@fact("§3, §4.2 [D]")
def test_a_file_over_10_mb_is_5413(api):
    refused(api.upload(file=("big.png", png(8, 8, padding=10 << 20), "image/png")), 5413, Guess(413))


@fact("§3 [D]")
def test_a_file_under_10_mb_is_taken(api):
    api.uploaded(file=("big.png", png(8, 8, padding=9_990_000), "image/png"))


@fact("§3 [D]")
def test_a_side_has_at_most_12000_pixels(api):
    api.uploaded(file=("wide.png", png(12_000, 10), "image/png"))
    refused(api.upload(file=picture("broken/too-wide.png")))


@fact("§3 [D]")
def test_an_image_has_at_most_100_megapixels(api):
    refused(api.upload(file=picture("broken/too-many-pixels.png")))


@fact("§3, §4.2 [R]")
def test_the_frames_of_an_animation_have_at_most_100_megapixels(api):
    refused(api.upload(file=("long.gif", gif(5_000, 5_000, frames=5), "image/gif")), 5443, Guess(400))


@fact("§3 [D]")
def test_an_animation_of_less_than_100_megapixels_is_taken(api):
    api.uploaded(file=("short.gif", gif(1_000, 1_000, frames=20), "image/gif"))


@fact("§1.11 [D]")
def test_what_was_refused_leaves_nothing_behind(api, creator):
    refused(api.upload(file=picture("broken/document.bmp"), creator=creator), 5455, 415)

    assert api.ids(f"creator={creator}") == []


@fact("§1.0 [S] headers of the SDKs")
def test_headers_of_the_sdks_change_nothing(api):
    headers = {"api-version": "2026-08-17", "x-stainless-lang": "js", "x-stainless-retry-count": "0"}

    ok(api.post("/v1", files=form(file="still.gif"), headers=headers))


@fact("§1.3 [R]")
def test_an_upload_is_listed(api, creator):
    image = api.uploaded(creator=creator)

    eventually(lambda: is_so(api.ids(f"creator={creator}") == [image["id"]]))
