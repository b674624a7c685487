"""Programs with Cloudflare's hosts compiled in, by Python and by curl. The names lead to tintype; the CA comes by the
variables that `tintype ca --env` prints."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
from pathlib import Path

import django
import pytest
import requests
from cloudflare import Cloudflare
from django.conf import settings
from django.core.files.base import ContentFile

PHOTO = Path(os.environ["CLIENTS_FIXTURES"]) / "photo.jpg"
IMAGES = "https://api.cloudflare.com/client/v4/accounts/{}/images"


def curl(*arguments: str, refused: bool = False) -> str:
    done = subprocess.run(["curl", "-sS", "-m", "20", *arguments], capture_output=True, text=True, check=False)
    assert (done.returncode != 0) == refused, done.stderr
    return done.stderr if refused else done.stdout


def assert_delivered(url: str) -> None:
    assert url.startswith("https://imagedelivery.net/"), url
    response = requests.get(url, timeout=20)
    assert response.status_code == 200
    assert response.headers["content-type"].startswith("image/")


def test_the_official_sdk_without_base_url() -> None:
    client = Cloudflare(api_token="any-token", max_retries=0)
    account = secrets.token_hex(16)
    image = client.images.v1.create(account_id=account, file=PHOTO)
    assert_delivered(image.variants[0])
    draft = client.images.v2.direct_uploads.create(account_id=account)
    assert draft.upload_url.startswith("https://upload.imagedelivery.net/")
    uploaded = requests.post(draft.upload_url, files={"file": PHOTO.read_bytes()}, timeout=20)
    assert_delivered(uploaded.json()["result"]["variants"][0])


def test_django_cloudflare_images() -> None:
    account = secrets.token_hex(16)
    image = requests.post(
        IMAGES.format(account) + "/v1",
        headers={"authorization": "Bearer any-token"},
        files={"file": PHOTO.read_bytes()},
        timeout=20,
    )
    account_hash = image.json()["result"]["variants"][0].split("/")[3]
    settings.configure(
        CLOUDFLARE_IMAGES_ACCOUNT_ID=account,
        CLOUDFLARE_IMAGES_API_TOKEN="any-token",
        CLOUDFLARE_IMAGES_ACCOUNT_HASH=account_hash,
    )
    django.setup()
    from cloudflare_images.storage import CloudflareImagesStorage

    storage = CloudflareImagesStorage()
    name = storage.save("photo.jpg", ContentFile(PHOTO.read_bytes(), "photo.jpg"))
    assert_delivered(storage.url(name))
    # What it opens has the bytes where a file should be.
    assert len(storage.open(name).file) > 100
    storage.delete(name)


@pytest.mark.parametrize(("flag", "version"), [("--http1.1", "1.1"), ("--http2", "2")])
def test_curl_by_both_versions_of_http(flag: str, version: str) -> None:
    account = secrets.token_hex(16)
    answer = curl(
        flag, "-w", "\n%{http_version}", "-H", "authorization: Bearer any", "-F", f"file=@{PHOTO}", IMAGES.format(account) + "/v1"
    )
    body, spoken = answer.rsplit("\n", 1)
    assert spoken == version
    url = json.loads(body)["result"]["variants"][0]
    assert curl(flag, "-o", "/dev/null", "-w", "%{http_code} %{content_type} %{http_version}", url) == f"200 image/jpeg {version}"


def test_the_batch_host() -> None:
    account = secrets.token_hex(16)
    any_token = {"authorization": "Bearer any"}
    token = requests.get(IMAGES.format(account) + "/v1/batch_token", headers=any_token, timeout=20).json()["result"]["token"]
    batch = requests.get(
        "https://batch.imagedelivery.net/images/v1", headers={"authorization": f"Bearer {token}"}, timeout=20
    )
    assert batch.status_code == 200


def test_another_name_and_plain_http_get_a_clear_answer() -> None:
    assert "unrecognized name" in curl("https://proxy.test/", refused=True)
    plain = curl("-w", "%{http_code}", "http://localhost:443/path")
    assert plain.startswith("This port speaks TLS") and plain.endswith("400")
    assert "https://localhost:443/path" in plain


def test_without_the_ca_nothing_is_trusted() -> None:
    assert "certificate" in curl("--cacert", "/dev/null", "https://api.cloudflare.com/", refused=True)
