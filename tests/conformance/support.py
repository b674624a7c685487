"""What the cases are written with: facts, the two kinds of answer, forms, and a client that leaves nothing behind."""

from __future__ import annotations

import re
import secrets
import struct
import time
import zlib
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest
import schemathesis

HERE = Path(__file__).resolve().parent
FIXTURES = HERE.parents[1] / "fixtures"
SCHEMA = schemathesis.openapi.from_path(HERE / "openapi-images.json")
TYPES = {".avif": "image/avif", ".gif": "image/gif", ".jpg": "image/jpeg", ".png": "image/png", ".svg": "image/svg+xml", ".webp": "image/webp"}

GENERATED_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{10}00")
UPLOADED = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
# Endpoints that the schema doesn't have and that an image's path would fit.
UNPUBLISHED = ("v1/config", "v1/batch_token")
# What clients accept: a browser of today, and one that knows none of the new formats.
BROWSER = "image/jxl,image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8"
OLD_BROWSER = "image/png,image/svg+xml,image/*;q=0.8,*/*;q=0.5"
UNKNOWN_ID = "00000000-0000-4000-8000-000000000000"

# Set by conftest.py: whether what nobody has seen is checked too.
assumptions_hold = True


def fact(source: str):
    """Says where a case is known from: a section of the contract and its tags. With [I] the case is an assumption."""
    assert re.search(r"§\d.*\[[RDSITO]", source), f"{source!r} names no section and tag"

    def mark(case):
        case = pytest.mark.fact(source)(case)
        return pytest.mark.assumed(case) if "[I]" in source else case

    return mark


class Guess(int):
    """A code or status that is inferred, of a refusal that isn't: only checked where assumptions are."""


def differs(expected: int | None, actual: int) -> bool:
    guessed = expected is None or (isinstance(expected, Guess) and not assumptions_hold)
    return not guessed and expected != actual


def ok(response: httpx.Response):
    """The `result` of a successful answer (§1.0)."""
    assert response.status_code == 200, response.text
    assert response.headers["content-type"].lower().replace(" ", "") in (
        "application/json",
        "application/json;charset=utf-8",
    )
    body = response.json()
    assert list(body) == ["result", "success", "errors", "messages"]
    assert (body["success"], body["errors"], body["messages"]) == (True, [], [])
    return body["result"]


def refused(response: httpx.Response, code: int | None = None, status: int | None = None) -> str:
    """The message of a refusal by Images (§4.1, 2). Without a code, any will do."""
    assert 400 <= response.status_code < 500, response.text
    assert not differs(status, response.status_code), response.text
    assert response.headers["content-type"].startswith("application/json")
    body = response.json()
    # Real bodies come in this order, but for one sample (§4.1): not a fact worth failing for.
    assert set(body) == {"result", "success", "errors", "messages"}
    assert (body["result"], body["success"], body["messages"]) == (None, False, [])
    [error] = body["errors"]
    assert set(error) == {"code", "message"}
    assert not differs(code, error["code"]), response.text
    return error["message"]


def missing(response: httpx.Response) -> None:
    """There is no such image, or key."""
    refused(response, 5404, 404)


def address(image: dict, last: str = "public") -> str:
    """Where a variant of an image is delivered, or what options make of it."""
    return f"{image['variants'][0].rsplit('/', 1)[0]}/{last}"


def account_hash(image: dict) -> str:
    """The account's, off an image without slashes in its id."""
    return address(image).split("/")[-3]


def delivered(response: httpx.Response, kind: str | None = None, size: tuple[int, int] | None = None) -> bytes:
    """The bytes of a delivered image. Without a type or size, any will do."""
    assert response.status_code == 200, response.text
    # The bytes are what the label says, whatever that is.
    found = looks_like(response.content)
    assert response.headers["content-type"] == found
    assert kind in (None, found)
    if size is not None:
        assert dimensions(response.content) == size
    return response.content


def not_delivered(response: httpx.Response, status: int | None, code: int | None, mark: str = "cf-images") -> str:
    """The text of a refusal to deliver (delivery §7.3): a line with the code, which is in a header too."""
    assert response.status_code >= 400, response.headers
    text, stated = response.text, response.headers.get(mark, "")
    assert not differs(status, response.status_code), f"{response.status_code} {text}"
    assert response.headers["content-type"].startswith("text/plain"), text
    assert (match := re.match(r"ERROR (\d+): ", text)), text
    assert stated == f"err={match[1]}"
    assert not differs(code, int(match[1])), text
    return text


def looks_like(image: bytes) -> str:
    if image[:4] == b"RIFF" and image[8:12] == b"WEBP":
        return "image/webp"
    if image[4:8] == b"ftyp":
        return "image/avif"
    if b"<svg" in image[:1000]:
        return "image/svg+xml"
    starts = {b"\xff\xd8\xff": "image/jpeg", b"\x89PNG": "image/png", b"GIF8": "image/gif"}
    return next((kind for start, kind in starts.items() if image.startswith(start)), "")


def dimensions(image: bytes) -> tuple[int, int]:
    """Width and height of a PNG, GIF or JPEG."""
    match looks_like(image):
        case "image/png":
            return struct.unpack(">II", image[16:24])
        case "image/gif":
            return struct.unpack("<HH", image[6:10])
        case "image/jpeg":
            return frame(image)[1:]
    raise AssertionError(f"neither PNG, GIF nor JPEG: {image[:16]}")


def frame(jpeg: bytes) -> tuple[str, int, int]:
    """How a JPEG is written (`baseline`, `progressive`), its width and height."""
    at = 2
    while True:
        marker, length = jpeg[at + 1], int.from_bytes(jpeg[at + 2 : at + 4], "big")
        if marker in (0xC0, 0xC1, 0xC2):
            height, width = struct.unpack(">HH", jpeg[at + 5 : at + 9])
            return "progressive" if marker == 0xC2 else "baseline", width, height
        at += 2 + length


def eventually(check, seconds: float = 10):
    """Repeats a check that fails until it holds: what the real service changes shows after a while."""
    end = time.monotonic() + seconds
    while True:
        try:
            return check()
        except AssertionError:
            if time.monotonic() > end:
                raise
            time.sleep(0.5)


def is_so(holds: bool) -> None:
    """For `eventually`."""
    assert holds


def unique(prefix: str = "conformance") -> str:
    return f"{prefix}-{secrets.token_hex(8)}"


def word() -> str:
    """A name that nothing else has, for a variant."""
    return f"conformance{secrets.token_hex(6)}"


def picture(name: str = "still.gif", filename: str | None = None):
    """One of our pictures as a file part."""
    path = FIXTURES / name
    return (filename or path.name, path.read_bytes(), TYPES.get(path.suffix, "application/octet-stream"))


def form(*parts, file=None, **fields):
    """A multipart form. Fields are text parts; `parts` are (name, text) or (name, text, content type)."""
    listed = [(name, (None, *rest)) for name, *rest in parts]
    listed += [(name, (None, text)) for name, text in fields.items()]
    if file is not None:
        listed.append(("file", picture(file) if isinstance(file, str) else file))
    return listed


def segment(text: str) -> str:
    """An id as one segment of a path, as the SDKs encode it."""
    return quote(text, safe="")


def operations_at(path: str):
    """The operations that the schema has for a path behind `…/images/`."""
    # Of a literal path and one with a placeholder, the literal one is meant.
    for template in sorted(SCHEMA, key=lambda template: template.count("{")):
        pattern = re.sub(r"\{[^/]+}", "[^/]+", template.partition("/images/")[2])
        if re.fullmatch(pattern, path) and path not in UNPUBLISHED:
            return SCHEMA[template]
    return {}


class Api(httpx.Client):
    """The Images API of an account. Paths begin behind `…/images`.

    It checks every answer against the schema, and remembers what it made: `clean()` takes it away again.
    """

    def __init__(self, base: str, headers: dict[str, str]):
        super().__init__(base_url=base, headers=headers, timeout=60)
        self.event_hooks = {"response": [self.remember, self.check]}
        self.images: list[str] = []
        self.variants: list[str] = []
        self.keys: list[str] = []

    def path(self, response: httpx.Response) -> str:
        raw = response.request.url.raw_path.decode().split("?")[0]
        return raw.partition("/images/")[2]

    def check(self, response: httpx.Response) -> None:
        assert response.status_code < 500, f"{response.status_code} {response.text}"
        operations = operations_at(self.path(response))
        if response.request.method in operations:
            response.request.read()
            operations[response.request.method].validate_response(response)

    def remember(self, response: httpx.Response) -> None:
        response.read()
        method, path = response.request.method, self.path(response)
        if response.status_code != 200 or method in ("GET", "DELETE"):
            return
        if path.startswith("v1/keys/"):
            self.keys.append(path.removeprefix("v1/keys/"))
        elif path == "v1/variants":
            self.variants.append(response.json()["result"]["variant"]["id"])
        elif not path.startswith(("v1/variants/", "v1/config")):
            self.images.append(response.json()["result"]["id"])

    def clean(self) -> None:
        for image in dict.fromkeys(self.images):
            self.delete(f"/v1/{segment(image)}")
        for variant in dict.fromkeys(self.variants):
            self.delete(f"/v1/variants/{variant}")
        for key in dict.fromkeys(self.keys):
            self.delete(f"/v1/keys/{key}")
        self.images, self.variants, self.keys = [], [], []

    def upload(self, *parts, file="still.gif", **fields) -> httpx.Response:
        return self.post("/v1", files=form(*parts, file=file, **fields))

    def uploaded(self, *parts, **fields) -> dict:
        return ok(self.upload(*parts, **fields))

    def drafted(self, *parts, **fields) -> dict:
        """A direct upload. Without fields, a POST with nothing."""
        return ok(self.post("/v2/direct_upload", files=form(*parts, **fields) or None))

    def variant(self, options: dict, **more) -> str:
        """The name of a new variant."""
        name = word()
        ok(self.post("/v1/variants", json={"id": name, "options": options, **more}))
        return name

    def image(self, image: str) -> httpx.Response:
        return self.get(f"/v1/{segment(image)}")

    def edit(self, image: str, **changes) -> httpx.Response:
        return self.patch(f"/v1/{segment(image)}", json=changes)

    def ids(self, query: str) -> list[str]:
        return [image["id"] for image in ok(self.get(f"/v2?{query}"))["images"]]

    def pages(self, query: str) -> list[list[str]]:
        """The ids on every page of a listing by token."""
        pages, token = [], ""
        while token is not None:
            result = ok(self.get(f"/v2?{query}&continuation_token={quote(token or '')}"))
            pages.append([image["id"] for image in result["images"]])
            token = result["continuation_token"]
        return pages


def hours(count: float) -> str:
    """So many hours from now, as in RFC 3339."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 3600 * count))


def multipart(text: str) -> dict:
    """A body written out, with the boundary `b`."""
    headers = {"content-type": "multipart/form-data; boundary=b"}
    return {"content": text.replace("\n", "\r\n").encode(), "headers": headers}


def png(width: int, height: int, padding: int = 0) -> bytes:
    """A grey picture. The padding is a chunk that readers skip."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = (b"\0" + b"\x80" * width) * height
    chunks = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)) + chunk(b"IDAT", zlib.compress(rows))
    filler = chunk(b"prVt", b"\0" * padding) if padding else b""
    return b"\x89PNG\r\n\x1a\n" + chunks + filler + chunk(b"IEND", b"")


def gif(width: int, height: int, frames: int) -> bytes:
    """An animation of full-sized frames in one colour."""
    codes = [4] + one_colour(width * height) + [5]
    bits, count, packed = 0, 0, bytearray()
    size, entries = 3, 6
    for index, code in enumerate(codes):
        bits |= code << count
        count += size
        while count >= 8:
            packed.append(bits & 255)
            bits, count = bits >> 8, count - 8
        # The reader learns an entry with every code after the first of the colour.
        if index >= 2 and entries < 4096:
            entries += 1
            if entries == 1 << size and size < 12:
                size += 1
    packed.append(bits & 255)
    blocks = b"".join(bytes([len(part)]) + part for part in (packed[i : i + 255] for i in range(0, len(packed), 255)))
    frame = b"\x21\xf9\4\0\5\0\0\0" + b"\x2c" + struct.pack("<HHHHB", 0, 0, width, height, 0) + b"\2" + blocks + b"\0"
    head = b"GIF89a" + struct.pack("<HHBBB", width, height, 0x81, 0, 0) + bytes(12)
    return head + frame * frames + b"\x3b"


def one_colour(pixels: int) -> list[int]:
    """Codes for a run of colour 0: each new code stands for one pixel more than the last."""
    codes, left, longest = [], pixels, 1
    while left:
        # Code 0 is one pixel, code 4 + n is n of them, the newest of which the reader just learned.
        take = min(left, longest)
        codes.append(0 if take == 1 else 4 + take)
        left -= take
        if 6 + longest - 1 < 4096:
            longest += 1
    return codes
