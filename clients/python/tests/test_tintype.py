import base64
import json
import subprocess
import sys
import threading
from datetime import datetime, timezone
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

import pytest
from tintype import DEFAULT_ACCOUNT, ControlError, Tintype

PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGNgYGD4DwABBAEAX+XDSwAAAABJRU5ErkJggg=="
)


def call(tintype, account, path="", data=None, content_type=None):
    url = f"{tintype.api_url}/accounts/{account}/images/v1{path}"
    headers = {"Authorization": "Bearer any"} | ({"Content-Type": content_type} if content_type else {})
    try:
        with urlopen(Request(url, data, headers)) as response:
            return json.load(response)
    except HTTPError as error:
        with error:
            return json.load(error)


def upload(tintype, account, id=None):
    parts = [b'--x\r\nContent-Disposition: form-data; name="file"; filename="pixel.png"\r\n\r\n' + PIXEL]
    if id:
        parts.append(f'--x\r\nContent-Disposition: form-data; name="id"\r\n\r\n{id}'.encode())
    return call(tintype, account, "", b"\r\n".join(parts) + b"\r\n--x--\r\n", "multipart/form-data; boundary=x")


def count(tintype, account):
    return call(tintype, account, "/stats")["result"]["count"]["current"]


def test_each_test_begins_anew(tintype):
    assert count(tintype, "shared") == 0
    upload(tintype, "shared")


test_however_often = test_each_test_begins_anew


def test_a_reset_is_of_one_account_alone(tintype):
    upload(tintype, "one", "a")
    upload(tintype, "other", "b")
    tintype.account("one").reset()
    assert [count(tintype, "one"), count(tintype, "other")] == [0, 1]


def test_snapshots_are_saved_listed_restored_and_deleted(tintype):
    snapshots = tintype.account("snapped").snapshots
    upload(tintype, "snapped", "kept")
    snapshots.save("one-image")
    upload(tintype, "snapped", "late")
    snapshots.restore("one-image")
    assert count(tintype, "snapped") == 1
    assert [(one["name"], one["images"]) for one in snapshots.list()] == [("one-image", 1)]
    snapshots.delete("one-image")
    assert snapshots.list() == []


def test_the_clock_moves_for_one_account(tintype):
    clock = tintype.account("timed").clock
    clock.set(datetime(2030, 1, 1, tzinfo=timezone.utc))
    assert clock.advance("90s")["now"] == "2030-01-01T00:01:30.000Z"
    assert upload(tintype, "timed")["result"]["uploaded"] == "2030-01-01T00:01:30.000Z"
    assert tintype.clock.get()["now"] < "2030"
    assert clock.freeze()["frozen"]
    assert not clock.resume()["frozen"]


def test_calls_fail_as_told_and_are_counted(tintype):
    faults = tintype.account("failing").faults
    id = faults.add(operation="Upload an image", from_=1, to=1, code=5550)
    assert upload(tintype, "failing")["errors"][0]["code"] == 5550
    assert upload(tintype, "failing")["success"]
    assert upload(tintype, "passing")["success"]
    assert [(one["calls"], one["hits"]) for one in faults.list()] == [(2, 1)]
    faults.remove(id)
    faults.add(status=503)
    faults.clear()
    assert faults.list() == []


def test_what_was_sent_can_be_looked_at_and_waited_for(tintype):
    requests = tintype.account("watched").requests
    later = threading.Timer(0.05, upload, (tintype, "watched", "seen"))
    later.start()
    seen = requests.wait_for(operation="Upload an image")
    later.join()
    assert seen["status"] == 200
    assert [part["name"] for part in seen["form"]] == ["file", "id"]
    requests.clear()
    assert requests.list() == []
    with pytest.raises(TimeoutError):
        requests.wait_for("10ms", status=418)


def test_urls_are_signed(tintype):
    upload(tintype, DEFAULT_ACCOUNT, "signed")
    with urlopen(tintype.account().sign("signed", "public", expires="1h")) as response:
        assert response.status == 200


def test_a_refusal_says_why(tintype):
    with pytest.raises(ControlError, match="advance") as refused:
        tintype.clock.advance("soon")
    assert refused.value.status == 400
    with pytest.raises(ControlError, match="none"):
        Tintype(f"{tintype.base_url}/").snapshots.restore("none")


def test_equal_seeds_make_equal_ids_and_a_stopped_server_is_gone(tmp_path):
    tmp_path.joinpath("pixel.png").write_bytes(PIXEL)
    ids = []
    for _ in range(2):
        with Tintype.start(seed=tmp_path, id_seed=7, clock="2026-01-01T00:00:00Z") as server:
            assert call(server, DEFAULT_ACCOUNT, "/pixel.png")["result"]["uploaded"] == "2026-01-01T00:00:00.000Z"
            ids.append(upload(server, "dated")["result"]["id"])
            assert server.account("other").seed(tmp_path) == {"accounts": 1, "images": 1}
        with pytest.raises(URLError):
            urlopen(server.base_url)
    assert ids[0] == ids[1]


def test_what_keeps_the_program_from_starting_is_told():
    with pytest.raises(RuntimeError, match="no-such-flag"):
        Tintype.start("--no-such-flag")
    with pytest.raises(FileNotFoundError):
        Tintype.start(binary="/nowhere/tintype")


def test_a_server_that_nobody_stops_ends_with_its_process():
    script = "from tintype import Tintype; print(Tintype.start().base_url)"
    url = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.strip()
    with pytest.raises(URLError):
        urlopen(url)
