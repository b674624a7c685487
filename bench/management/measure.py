#!/usr/bin/env python3
"""Measures listings and throughput: measure.py <tintype> <few rows> <many rows>, two data folders

Prints a report in Markdown. Both servers run at the same time and are asked alternately, so that
whatever else the machine does falls on both; medians are compared. The figures are the client's:
from sending a request to the last byte of its answer, over one kept connection.
"""

import json
import os
import platform
import random
import re
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from server import FIXTURES, Server

HERE = Path(__file__).parent
STORE = HERE.parents[1] / "src/store/images.rs"

# A case is measured this often, or until this many seconds are gone.
SAMPLES, LEAST, SECONDS = 151, 5, 6
# For throughput.
CONNECTIONS, DURATION = (4, 16), int(os.environ.get("DURATION", "10"))
UPLOAD_BYTES = 100_000

UNFILTERED = "list v2, 100 a page"
FILTERS = [
    ("metadata, every image meets it", "meta.n[gte]=0"),
    ("metadata, 1 in 100 meets it", "meta.album[eq]=a42"),
    ("metadata, 1 image meets it, the oldest", "meta.n[eq]=0"),
    ("metadata, none meets it", "meta.album[eq]=none"),
    ("no creator: 9 in 10", "creator="),
    ("one creator: 1 in 1000", "creator=user-042"),
    ("unknown creator: none", "creator=nobody"),
]


def main():
    tintype, few, many = sys.argv[1:4]
    print("# Management: listings and throughput\n\nWritten by `bench/management/run`.\n")
    print(f"{machine()}\n")
    with Server(tintype, few) as small, Server(tintype, many) as large:
        servers = small, large
        counts = [server.result("/v1/stats")["count"]["current"] for server in servers]
        report_listings(servers, counts)
        report_waiting(servers, counts)
    report_plans(Path(many, "tintype.db"))
    report_throughput(tintype, zip((few, many), counts))


def machine():
    info = Path("/proc/cpuinfo").read_text()
    model = re.search(r"model name\s*: (.*)", info)
    total = int(re.search(r"MemTotal:\s*(\d+)", Path("/proc/meminfo").read_text())[1])
    system = platform.freedesktop_os_release()["PRETTY_NAME"]
    build = os.environ.get("BUILD", "release build")
    return (
        f"{os.cpu_count()} cores ({model[1] if model else platform.machine()}), "
        f"{total / 2**20:.0f} GiB memory, {system}, Linux {platform.release().split('-')[0]}; "
        f"{build}; client and load generator on the same machine; load average at the start "
        f"{os.getloadavg()[0]:.1f}. Files were in the system's cache."
    )


# Listings


def report_listings(servers, counts):
    cases = {}
    for order in ("desc", "asc"):
        pages = [walk(server, order, count) for server, count in zip(servers, counts)]
        for place in pages[0]:
            cases[f"{UNFILTERED}, {order}, {place}"] = [page[place] for page in pages]
    for place, share in (("first page", 0), ("middle", 0.5), ("last page", 1)):
        pages = [1 + int(share * (count // 100 - 1)) for count in counts]
        cases[f"list v1, 100 a page, {place}"] = [f"/v1?per_page=100&page={n}" for n in pages]
    for name, query in FILTERS:
        cases[f"list v2, {name}"] = [f"/v2?per_page=100&{query}"] * 2
    cases["stats"] = ["/v1/stats"] * 2

    print(f"## Pages\n\n| median ms | {counts[0]:,} rows | {counts[1]:,} rows | ratio |")
    print("|---|---:|---:|---:|")
    for name, times in measure(servers, cases).items():
        small, large = (statistics.median(time) * 1000 for time in times)
        print(f"| {name} | {small:.2f} | {large:.2f} | {large / small:.2f} |")
    sizes = {len(json.loads(server.get("/v2?per_page=100")[1])["result"]["images"]) for server in servers}
    assert sizes == {100}
    print(
        f"\nUp to {SAMPLES} samples each, fewer where one takes long, in random order, alternately."
        " Before that, both listings were read whole in both orders: every image came once.\n"
    )


def walk(server, order, count):
    """Reads the whole listing; gives the paths of its first, middle and last page of 100."""
    places = {"start": 0, "middle": count // 2, "end": count - 100}
    paths, seen, times, token = {}, set(), [], ""
    for place, target in [*places.items(), (None, count)]:
        while len(seen) < target:
            limit = min(10_000, target - len(seen))
            page = server.result(listing(order, limit, token))
            assert len(page["images"]) == limit
            seen.update(image["id"] for image in page["images"])
            times.extend(image["uploaded"] for image in page["images"])
            token = page["continuation_token"]
        if place:
            paths[place] = listing(order, 100, token)
    assert token is None and len(seen) == len(times) == count
    assert times == sorted(times, reverse=order == "desc")
    return paths


def listing(order, limit, token):
    return f"/v2?sort_order={order}&per_page={limit}&continuation_token={token}"


def measure(servers, cases):
    times = {name: ([], []) for name in cases}
    spent = dict.fromkeys(cases, 0)
    for server in servers:
        for paths in cases.values():
            server.get(paths[servers.index(server)])
    for sample in range(SAMPLES):
        for name in random.sample(list(cases), len(cases)):
            if sample >= LEAST and spent[name] > SECONDS:
                continue
            for index in random.sample((0, 1), 2):
                took, _ = servers[index].get(cases[name][index])
                times[name][index].append(took)
                spent[name] += took
    return times


def report_waiting(servers, counts):
    """What others wait for while filters read whole listings."""
    print("## Getting one image meanwhile\n\n| ms | median | longest |\n|---|---:|---:|")
    for server, count in zip(servers, counts):
        image = server.result("/v2?per_page=1")["images"][0]["id"]
        get = lambda: server.get(f"/v1/{image}")[0] * 1000
        alone = [get() for _ in range(100)]
        print(f"| {count:,} rows, alone | {statistics.median(alone):.2f} | {max(alone):.2f} |")

        stop = threading.Event()

        def scan():
            client = server.connect()
            while not stop.is_set():
                server.get("/v2?per_page=100&meta.album[eq]=none", client)

        thread = threading.Thread(target=scan)
        thread.start()
        beside, started = [], time.monotonic()
        while time.monotonic() < started + 8 and len(beside) < 100:
            beside.append(get())
            time.sleep(0.02)
        stop.set()
        thread.join()
        print(
            f"| {count:,} rows, beside a filter that none meets"
            f" | {statistics.median(beside):.2f} | {max(beside):.2f} |"
        )
    print()


def report_plans(database):
    """The plans of the listing statements, as they stand in the source."""
    print("## Query plans\n")
    statements = re.findall(r'"(select \* from images[^"]*order by[^"]*)"', STORE.read_text())
    assert statements
    db = sqlite3.connect(database)
    for statement in statements:
        parameters = [None] * len(set(re.findall(r"\?\d+", statement)))
        plan = [row[3] for row in db.execute(f"explain query plan {statement}", parameters)]
        assert not any("TEMP B-TREE" in step for step in plan), plan
        order = re.search(r"order by.*", " ".join(statement.split()))[0]
        print(f"- `{order}`: " + "; ".join(f"`{step}`" for step in plan))
    print()


# Throughput


def report_throughput(tintype, folders):
    print(
        "## Throughput\n\nwrk, one thread, connections kept, "
        f"{DURATION} s each; uploads are {UPLOAD_BYTES // 1000} kB, each different, and durable when"
        " answered. MiB is the server's resident memory after the case; each folder has a fresh"
        " server.\n\n| rows | request | connections | a second | median ms | 99 % ms | failed | MiB |"
        "\n|---:|---|---:|---:|---:|---:|---:|---:|"
    )
    notes = []
    for folder, count in folders:
        with Server(tintype, folder) as server, tempfile.TemporaryDirectory() as scratch:
            before = server.memory()[0]
            for environment, name in kinds(server, Path(scratch)):
                for connections in CONNECTIONS:
                    rate, median, late, failed = wrk(server, connections, environment)
                    print(
                        f"| {count:,} | {name} | {connections} | {rate:,.0f} | {median:.1f}"
                        f" | {late:.1f} | {failed} | {server.memory()[0]:.0f} |",
                        flush=True,
                    )
            notes.append(f"{count:,} rows: {before:.0f} MiB after the start, at most {server.memory()[1]:.0f} MiB.")
    print("\n" + " ".join(notes))


def kinds(server, scratch):
    page = server.result("/v2?per_page=10000")["images"]
    ids = scratch / "ids"
    ids.write_text("\n".join(image["id"] for image in page))
    yield {"KIND": "get", "IDS": str(ids)}, "get one image"
    yield {"KIND": "list"}, "list of 100"
    for fixture, words in (("portrait.jpg", "600×800"), ("progressive.jpg", "800×600, progressive")):
        jpeg = scratch / fixture
        jpeg.write_bytes(padded((FIXTURES / fixture).read_bytes(), UPLOAD_BYTES))
        yield {"KIND": "upload", "JPEG": str(jpeg), "STAMP_AT": "6"}, f"upload, {words}"


def padded(jpeg, length):
    """The JPEG with comments after its first marker, so that it has this length."""
    rest = length - len(jpeg)
    comment = b"\xff\xfe" + (rest - 2).to_bytes(2, "big") + b" " * (rest - 4)
    return jpeg[:2] + comment + jpeg[2:]


def wrk(server, connections, environment):
    stamp = f"{time.time_ns() // 10**8 % 10**10:010}"
    command = ["wrk", "-t1", f"-c{connections}", f"-d{DURATION}s", "-s", str(HERE / "wrk.lua"), server.base]
    environment = {**os.environ, **environment, "IMAGES": server.images, "STAMP": stamp}
    out = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=DURATION + 60)
    result = re.search(r"RESULT (.*)", out.stdout)
    if not result:
        raise SystemExit(f"wrk: {out.stdout}{out.stderr}")
    rate, median, late, failed = result[1].split()
    return float(rate), float(median), float(late), int(failed)


if __name__ == "__main__":
    main()
