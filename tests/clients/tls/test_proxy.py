"""nginx, as Debian has it, in front of tintype: which URLs come out, with and without the headers that tell of it."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

WORK = Path(os.environ["CLIENTS_WORK"])
ACCOUNT = "0123456789abcdef0123456789abcdef"

# A port for each way of telling what the client called the proxy.
WAYS = {
    8080: "proxy_set_header Host $http_host;",
    8081: "proxy_set_header X-Forwarded-Host $http_host;",
    8082: "proxy_set_header Host $host; proxy_set_header X-Forwarded-Port $server_port;",
    8083: 'proxy_set_header Forwarded "for=$remote_addr;host=\\"$http_host\\";proto=$scheme";',
    8084: "",
    # TLS ends here.
    9443: "proxy_set_header Host $http_host; proxy_set_header X-Forwarded-Proto $scheme;",
    9444: 'proxy_set_header Forwarded "proto=https;host=\\"$http_host\\"";',
    9445: "proxy_set_header Host $http_host;",
}


@pytest.fixture(scope="module", autouse=True)
def nginx() -> Iterator[None]:
    key, certificate = WORK / "proxy.key", WORK / "proxy.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"]
        + ["-subj", "/CN=proxy.test", "-addext", "subjectAltName=DNS:proxy.test,DNS:api.cloudflare.com,DNS:upload.imagedelivery.net"]
        + ["-keyout", str(key), "-out", str(certificate)],
        check=True,
        capture_output=True,
    )
    servers = ""
    for port, headers in WAYS.items():
        secured = f"ssl_certificate {certificate}; ssl_certificate_key {key};" if port >= 9443 else ""
        servers += f"""
  server {{
    listen 127.0.0.1:{port} {"ssl" if secured else ""};
    {secured}
    location / {{ proxy_pass http://127.0.0.1:1856; {headers} }}
  }}"""
    folders = "".join(
        f"  {kind}_temp_path {WORK}/nginx-{kind};\n" for kind in ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
    )
    config = WORK / "nginx.conf"
    config.write_text(
        f"daemon off; user root; pid {WORK}/nginx.pid; error_log {WORK}/nginx.log;\n"
        f"events {{}}\nhttp {{\n  access_log off; client_max_body_size 20m;\n{folders}{servers}\n}}\n"
    )
    # Its compiled-in log can't be opened by everybody; `-e` names another.
    server = subprocess.Popen([os.environ["CLIENTS_NGINX"], "-e", f"{WORK}/nginx.log", "-c", str(config)])
    try:
        deadline = time.monotonic() + 10
        while not (WORK / "nginx.pid").exists():
            assert server.poll() is None, (WORK / "nginx.log").read_text()
            assert time.monotonic() < deadline, "nginx was not ready in time"
            time.sleep(0.02)
        yield
    finally:
        server.terminate()
        server.wait()


def draft(base: str) -> str:
    """The upload URL that a client of this base is given."""
    response = requests.post(
        f"{base}/client/v4/accounts/{ACCOUNT}/images/v2/direct_upload",
        headers={"authorization": "Bearer any"},
        verify=str(WORK / "proxy.pem"),
        timeout=20,
    )
    assert response.status_code == 200, response.text
    return response.json()["result"]["uploadURL"]


@pytest.mark.parametrize(
    ("base", "expected"),
    [
        ("http://proxy.test:8080", "http://proxy.test:8080/upload/"),
        ("http://proxy.test:8081", "http://proxy.test:8081/upload/"),
        ("http://proxy.test:8082", "http://proxy.test:8082/upload/"),
        ("http://proxy.test:8083", "http://proxy.test:8083/upload/"),
        # Nobody says what the proxy is called: what the proxy itself asked works for whoever is near.
        ("http://proxy.test:8084", "http://127.0.0.1:1856/upload/"),
        ("https://proxy.test:9443", "https://proxy.test:9443/upload/"),
        ("https://proxy.test:9444", "https://proxy.test:9444/upload/"),
    ],
)
def test_the_url_works_for_who_asked(base: str, expected: str) -> None:
    url = draft(base)
    assert url.startswith(expected), url
    photo = (Path(os.environ["CLIENTS_FIXTURES"]) / "photo.jpg").read_bytes()
    uploaded = requests.post(url, files={"file": photo}, verify=str(WORK / "proxy.pem"), timeout=20)
    assert uploaded.status_code == 200, uploaded.text
    image = uploaded.json()["result"]["variants"][0]
    assert requests.get(image, verify=str(WORK / "proxy.pem"), timeout=20).status_code == 200


def test_a_proxy_that_says_nothing_of_its_tls_is_made_up_for_by_a_named_base() -> None:
    assert draft("https://proxy.test:9445").startswith("http://proxy.test:9445/")
    urls = "http://127.0.0.1:1856/_tintype/urls"
    assert requests.put(urls, json={"public": "https://proxy.test:9445"}, timeout=20).status_code == 200
    try:
        assert draft("https://proxy.test:9445").startswith("https://proxy.test:9445/upload/")
    finally:
        assert requests.delete(urls, timeout=20).status_code == 200


def test_the_real_hosts_behind_a_proxy_are_the_real_hosts() -> None:
    response = requests.post(
        f"http://proxy.test:8080/client/v4/accounts/{ACCOUNT}/images/v2/direct_upload",
        headers={"authorization": "Bearer any", "host": "api.cloudflare.com"},
        timeout=20,
    )
    url = response.json()["result"]["uploadURL"]
    assert url.startswith("https://upload.imagedelivery.net/"), url


def test_a_hostile_header_gets_into_no_url() -> None:
    for name, value in [
        ("x-forwarded-host", "user:pass@evil.test"),
        ("forwarded", 'host="evil.test/path"'),
        ("x-forwarded-proto", "javascript"),
    ]:
        response = requests.post(
            f"http://127.0.0.1:1856/client/v4/accounts/{ACCOUNT}/images/v2/direct_upload",
            headers={"authorization": "Bearer any", name: value},
            timeout=20,
        )
        assert response.json()["result"]["uploadURL"].startswith("http://127.0.0.1:1856/upload/")
