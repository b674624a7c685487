#!/usr/bin/env python3
"""Measures tintype beside what people would take instead: measure.py <tintype> <folder of inputs> <scratch folder>

Prints a report in Markdown. Whatever is compared runs at the same time and is asked alternately; the figure is the
median of the ratios of neighbours, so that whatever else the machine does falls on both. Before anything is timed,
sharp reads the answers of both and says whether they are what was asked for.

What fails in that is a row that says so, and the exit status is 1. What a missing peer leaves out is a row as well.
"""

import json
import os
import random
import re
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle
from pathlib import Path
from statistics import geometric_mean, median
from urllib.parse import quote

import load
from jobs import AVIF_QUALITIES, JOBS, Job, jpeg
from report import Row, Table, machine
from servers import Defect, Judge, Nginx, Tintype, node

HERE = Path(__file__).parent
QUICK = os.environ.get("QUICK", "0") not in ("", "0")
SERVER_CORE, CLIENT_CORE = (sorted(os.sched_getaffinity(0)) * 2)[:2]
BOTH = [SERVER_CORE, CLIENT_CORE]

# Each job is done this often by both, or until this many seconds are gone, but this often at least.
PAIRS, SECONDS, LEAST = (9, 1, 1) if QUICK else (41, 8, 3)
# Before that, so often or for a tenth of the time; each was already done once to look at the answer.
WARM_UP = 0 if QUICK else 5
# Cold variants: rounds of so many requests, so many at once.
ROUNDS, REQUESTS, AT_ONCE = (2, 16, 8) if QUICK else (5, 64, 8)
# Loads: rounds of so many seconds.
LOADS, LOAD_SECONDS, CONNECTIONS = (1, 1, 16) if QUICK else (5, 3, 16)
STARTS = 5 if QUICK else 20
MIB_OF_IDLE, MIB_OF_PROGRAM, MS_TO_READY, MEMORY = 15, 25, 30, 0.35


class Bench:
    def __init__(self, tintype, inputs, scratch, judge):
        self.tintype, self.inputs, self.scratch, self.judge = tintype, inputs, scratch, judge
        self.table = Table()
        self.peaks = []

    def server(self, cores, *settings):
        origin = ["--origin-dir", self.inputs]
        return Tintype(self.tintype, cores, self.scratch, *origin, *settings)

    def fresh(self):
        """A data folder that doesn't exist yet."""
        return ["--data", self.scratch / f"data-{time.monotonic_ns()}"]

    def section(self, name, measure, *arguments):
        started = time.monotonic()
        try:
            measure(*arguments)
        except Defect as defect:
            self.table.defect(name, str(defect))
        print(f"{name}: {time.monotonic() - started:.0f} s", file=sys.stderr)

    # One job at a time, on one core

    def job(self, job):
        with self.server([SERVER_CORE], "--cache-size", "0", *self.fresh()) as ours, node(
            "sharp.mjs", [SERVER_CORE], self.scratch
        ) as theirs:
            their_path = self.sharp_path(job)
            options = self.equal_options(job, ours, theirs.ask(their_path)[0]) if job.matched else job.options
            sides = (ours, f"/cdn-cgi/image/{options}/{job.source}"), (theirs, their_path)
            looks = [self.check(job, server, path) for server, path in sides]
            times = alternately(sides)
            peaks = [server.memory()[1] for server, _ in sides]
        note = f", tintype's {options.rpartition(',')[2]}" if job.matched else ""
        row = Row(job.name + note, "sharp", *(f"{median(side) * 1000:.1f} ms" for side in zip(*times)))
        self.table.add(row, ratio_of(times), at_most=job.target)
        self.table.made(job.name + note, *looks, *peaks)
        self.peaks.append((peaks[0] / peaks[1], job.name, *peaks))
        if job.matched:
            sizes = [look["bytes"] for look in looks]
            row = Row("its bytes", "sharp", *(f"{size / 1000:.1f} kB" for size in sizes))
            self.table.add(row, sizes[0] / sizes[1], at_most=1.10)

    def sharp_path(self, job):
        return "/" + quote(json.dumps({"file": str(self.inputs / job.source), **job.sharp}), safe="")

    def check(self, job, server, path):
        image = server.ask(path)[0]
        look = self.judge.look(image, self.inputs / job.source if job.likened else None)
        got = look["format"], look["width"], look["height"], look["frames"]
        # A pixel more or less: the two round differently.
        if got[:2] != job.result[:2] or abs(got[2] - job.result[2]) > 1 or got[3] != job.frames:
            raise Defect(f"{server.name} made {got} of {job.source}, not {job.result}")
        if job.progressive not in (None, look["progressive"]):
            raise Defect(f"{server.name} made a JPEG that is {'' if look['progressive'] else 'not '}progressive of {job.source}")
        return look | {"bytes": len(image)}

    def equal_options(self, job, ours, their_image):
        """With the least quality that is at least as like the original as sharp's."""
        source = self.inputs / job.source
        wanted = self.judge.look(their_image, source)["ssim"]
        low, high = AVIF_QUALITIES
        while low < high:
            middle = (low + high) // 2
            image = ours.ask(f"/cdn-cgi/image/{job.options.format(q=middle)}/{job.source}")[0]
            if self.judge.look(image, source)["ssim"] >= wanted:
                high = middle
            else:
                low = middle + 1
        if low == AVIF_QUALITIES[1]:
            raise Defect(f"no quality reaches the SSIM of sharp's default, {wanted:.4f}")
        return job.options.format(q=low)

    def report_memory(self):
        worst, name, *peaks = max(self.peaks)
        row = Row(f"peak memory, the worst of these: {name}", "Node + sharp", *(f"{peak:.0f} MiB" for peak in peaks))
        self.table.add(row, worst, at_most=MEMORY)

    def photos(self, photos):
        """Real ones, all as one row: the geometric mean of their ratios."""
        ratios = []
        with self.server([SERVER_CORE], "--cache-size", "0", *self.fresh()) as ours, node(
            "sharp.mjs", [SERVER_CORE], self.scratch
        ) as theirs:
            for photo, look in photos:
                height = round(800 * look["height"] / look["width"])
                job = Job(photo, photo, "w=800,f=baseline-jpeg,q=85", jpeg(800), ("jpeg", 800, height))
                sides = (ours, f"/cdn-cgi/image/{job.options}/{photo}"), (theirs, self.sharp_path(job))
                for server, path in sides:
                    self.check(job, server, path)
                ratios.append(ratio_of(alternately(sides, SECONDS / 4)))
        row = Row(f"{len(ratios)} real photos → 800 px JPEG q85, baseline", "sharp", "–", "–")
        self.table.add(row, geometric_mean(ratios))
        listed = ", ".join(f"{look['width']}×{look['height']} {ratio:.2f}" for (_, look), ratio in zip(photos, ratios))
        self.table.note(f"Real photos: {listed}; their geometric mean is the row.")

    # Variants that nobody asked for before, on all cores

    def cold(self, photos):
        sources = ["12mp.jpg", "6mp.jpg", "2mp.jpg", "2mp.png", *(photo for photo, _ in photos)]
        kinds = [(source, kind) for source in sources for kind in ("jpeg", "webp") if (source, kind) != ("2mp.png", "jpeg")]
        widths = random.Random(1).sample(range(200, 1200), ROUNDS * REQUESTS + len(kinds))
        tasks = list(zip(widths, cycle(kinds)))
        ratios, rates = [], ([], [])
        # As it is by default: what is made is kept.
        with self.server(BOTH, *self.fresh()) as ours, node("ipx.mjs", BOTH, self.scratch, self.inputs) as theirs:
            sides = (ours, our_variant), (theirs, ipx_variant)
            for width, (source, kind) in tasks[: len(kinds)]:
                for server, path in sides:
                    look = self.judge.look(server.ask(path(width, source, kind))[0])
                    if (look["format"], look["width"]) != (kind, width):
                        raise Defect(f"{server.name} made {look} of {source}, not {kind} {width}")
            for n in range(ROUNDS):
                block = tasks[len(kinds) + n * REQUESTS :][:REQUESTS]
                took = {}
                for at in random.sample((0, 1), 2):
                    server, path = sides[at]
                    took[at] = all_of(server, [path(width, *kind) for width, kind in block])
                    rates[at].append(REQUESTS / took[at])
                ratios.append(took[1] / took[0])
        row = Row(f"cold variants, {len(sources)} photos mixed, {AT_ONCE} at once, {len(BOTH)} cores", "ipx",
                  *(f"{median(side):.1f}/s" for side in rates))
        self.table.add(row, median(ratios), at_least=1.3)

    # What was made before

    def warm(self, wrk, nginx):
        if not (wrk and nginx):
            missing = " and ".join(name for name, path in (("wrk", wrk), ("nginx", nginx)) if not path)
            self.table.missing("warm variant, keep-alive, 50 kB", "nginx", f"not measured: no {missing}", "≥ 0.80")
            return
        with self.server([SERVER_CORE], *self.fresh()) as ours:
            path, image, width = self.variant_of_50_kb(ours)
            folder = self.scratch / "static"
            folder.mkdir()
            folder.joinpath("variant.jpg").write_bytes(image)
            zone = f"/cdn-cgi/image/w={width},f=jpeg/2mp.jpg"
            ours.ask(zone)
            name = f"warm variant, keep-alive, {len(image) / 1000:.0f} kB, one core"
            with Nginx(nginx, [SERVER_CORE], self.scratch, folder) as theirs:
                self.warm_row(wrk, name, [(ours, path), (theirs, "/variant.jpg")], 0.8)
                self.warm_row(wrk, "the same by /cdn-cgi/image", [(ours, zone), (theirs, "/variant.jpg")])
            with Nginx(nginx, [SERVER_CORE], self.scratch, folder, sendfile="off") as theirs:
                self.warm_row(wrk, "the same, nginx without sendfile", [(ours, path), (theirs, "/variant.jpg")])

    def variant_of_50_kb(self, server):
        """The path, the bytes and the width of a named variant of an upload."""
        image = server.upload(self.inputs.joinpath("2mp.jpg").read_bytes())
        best = None
        for width in range(300, 1001, 50):
            options = {"fit": "scale-down", "width": width, "height": width, "metadata": "none"}
            server.api("/v1/variants", "POST", json.dumps({"id": f"w{width}", "options": options}))
            path = f"/{server.account()[1]}/{image}/w{width}"
            body = server.ask(path)[0]
            if best is None or abs(len(body) - 50_000) < abs(len(best[1]) - 50_000):
                best = path, body, width
        if not 40_000 < len(best[1]) < 60_000:
            raise Defect(f"no variant has about 50 kB, the nearest {len(best[1])} bytes")
        return best

    def warm_row(self, wrk, name, sides, target=None):
        ratios, rates, busy = [], ([], []), ([], [])
        for n in range(LOADS + 1):
            round_of = {}
            for at in random.sample((0, 1), 2):
                server, path = sides[at]
                before, started = server.busy(), time.monotonic()
                rate = load.warm(wrk, CLIENT_CORE, server.base + path, CONNECTIONS, LOAD_SECONDS if n else 1)
                round_of[at] = rate, (server.busy() - before) / (time.monotonic() - started)
            # The first is to warm up.
            if n:
                for at, (rate, share) in round_of.items():
                    rates[at].append(rate)
                    busy[at].append(share)
                ratios.append(round_of[0][0] / round_of[1][0])
        self.table.add(Row(name, "nginx", *(f"{median(side):,.0f}/s" for side in rates)), median(ratios), at_least=target)
        shares = [f"{median(side):.0%}" for side in busy]
        spent = [1e6 * median(share) / median(rate) for share, rate in zip(busy, rates)]
        self.table.note(
            f"{name}: tintype kept its core busy for {shares[0]} of the time, nginx for {shares[1]}; processor time for a"
            f" request {spent[0]:.0f} µs and {spent[1]:.0f} µs."
        )

    # Uploads

    def uploads(self, wrk):
        name = "100 kB upload, durable"
        if not wrk:
            self.table.missing(name, "–", "not measured: no wrk", "report")
            return
        usage = subprocess.run([self.tintype, "--help"], capture_output=True, text=True).stdout
        values = ["on", "off"] if "--fsync" in usage else [None]
        for value in values:
            settings = ["--fsync", value] if value else []
            with self.server(BOTH, *self.fresh(), *settings) as server:
                account, _ = server.account()
                before = server.api("/v1/stats")["count"]["current"]
                jpeg = self.inputs / "100kb.jpg"
                rate, late, count = load.uploads(wrk, server.base, account, jpeg, CONNECTIONS, 2 if QUICK else 6)
                stored = server.api("/v1/stats")["count"]["current"] - before
            # Those still under way at the end are stored too.
            if not count <= stored <= count + CONNECTIONS:
                raise Defect(f"{count} uploads were answered, {stored} stored")
            label = f"{name}, fsync {value}" if value else f"{name}, fsync on"
            self.table.add(Row(f"{label}, {CONNECTIONS} at once", "–", f"{rate:.0f}/s", "–"), None, target="report")
            self.table.note(f"{label}: 99 of 100 were answered within {late:.0f} ms.")
        if values == [None]:
            self.table.missing(f"{name}, fsync off", "–", "not measured: there is no `--fsync`", "report")

    # Small

    def start(self):
        folder = self.fresh()
        existing, new = [], []
        self.ready_after(folder)
        for _ in range(STARTS):
            existing.append(self.ready_after(folder))
            new.append(self.ready_after(self.fresh()))
        for name, times in (("ready after start", existing), ("the same, in a new data folder", new)):
            row = Row(name, "–", f"{median(times) * 1000:.1f} ms", "–")
            self.table.add(row, None, target=f"< {MS_TO_READY} ms", met=median(times) * 1000 < MS_TO_READY)

    def ready_after(self, folder):
        ready = self.scratch / "started"
        ready.unlink(missing_ok=True)
        command = [self.tintype, "--listen", "127.0.0.1:0", "--ready-file", ready, *folder]
        started = time.perf_counter()
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while not (ready.exists() and ready.stat().st_size):
            if process.poll() is not None or time.perf_counter() - started > 10:
                raise Defect("tintype didn't start")
            time.sleep(0.0002)
        took = time.perf_counter() - started
        process.terminate()
        process.wait()
        return took

    def idle(self):
        with self.server(BOTH, *self.fresh()) as server:
            time.sleep(1 if QUICK else 2)
            idle = server.memory()[0]
            for job in (job for job in JOBS if not job.matched):
                server.ask(f"/cdn-cgi/image/{job.options}/{job.source}")
            time.sleep(1 if QUICK else 2)
            after = server.memory()[0]
        row = Row("idle memory after the start", "–", f"{idle:.1f} MiB", "–")
        self.table.add(row, None, target=f"< {MIB_OF_IDLE} MB", met=idle * 1.048576 < MIB_OF_IDLE)
        self.table.note(f"Idle again after each of the jobs above but AVIF: {after:.1f} MiB.")

    def program(self):
        size = self.stripped_size()
        row = Row("stripped binary", "–", f"{size / 1e6:.1f} MB", "–")
        self.table.add(row, None, target=f"< {MIB_OF_PROGRAM} MB", met=size < MIB_OF_PROGRAM * 1e6)

    def stripped_size(self):
        copy = self.scratch / "stripped"
        if shutil.which("strip"):
            subprocess.run(["strip", "-o", copy, self.tintype], check=True)
        return (copy if copy.exists() else Path(self.tintype)).stat().st_size

    def listings(self):
        name = "list v2 of 100 among 1,000,000"
        results = HERE.parent / "management/RESULTS.md"
        text = results.read_text() if results.exists() else ""
        rows = re.findall(r"\| list v2, 100 a page, .*? \| ([\d.]+) \| ([\d.]+) \| ([\d.]+) \|", text)
        if not rows:
            self.table.missing(name, "1,000", "not measured: run `bench/management/run`", "≤ 1.50")
            return
        few, many, ratio = max(rows, key=lambda row: float(row[2]))
        row = Row(f"{name}, the worst page ([measured apart](management/RESULTS.md))", "1,000", f"{many} ms", f"{few} ms")
        self.table.add(row, float(ratio), at_most=1.5)


def alternately(sides, seconds=SECONDS):
    """Pairs of times."""
    started, warmed = time.monotonic(), 0
    while warmed < WARM_UP and time.monotonic() < started + seconds / 10:
        warmed += 1
        for server, path in sides:
            server.ask(path)
    pairs, started = [], time.monotonic()
    while len(pairs) < PAIRS and (len(pairs) < LEAST or time.monotonic() < started + seconds):
        took = {at: sides[at][0].ask(sides[at][1])[1] for at in random.sample((0, 1), 2)}
        pairs.append((took[0], took[1]))
    return pairs


def ratio_of(pairs):
    return median(ours / theirs for ours, theirs in pairs)


def our_variant(width, source, kind):
    return f"/cdn-cgi/image/w={width},f={kind.replace('jpeg', 'baseline-jpeg')},q=80/{source}"


def ipx_variant(width, source, kind):
    return f"/w_{width},f_{kind},q_80/{source}"


def all_of(server, paths):
    """Seconds for all of them, some at once, each thread on a connection of its own."""
    queue = iter(paths)

    def work(client):
        # Threads share the iterator: its `next` is one step of the interpreter.
        for path in queue:
            if len(server.ask(path, client=client)[0]) < 500:
                raise Defect(f"{server.name}, {path}: no image")

    clients = [server.connect() for _ in range(AT_ONCE)]
    for client in clients:
        client.connect()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        started = time.perf_counter()
        list(pool.map(work, clients))
        took = time.perf_counter() - started
    for client in clients:
        client.close()
    return took


def real_photos(judge, inputs):
    """Copies of the JPEGs in PHOTOS that all can make 1,200 pixels of."""
    folder = os.environ.get("PHOTOS")
    found = []
    for path in sorted(Path(folder).iterdir()) if folder else ():
        if path.suffix.lower() not in (".jpg", ".jpeg"):
            continue
        look = judge.look(path.read_bytes())
        if look["width"] >= 1200 and look["space"] == "srgb":
            name = f"real-{len(found)}.jpg"
            shutil.copyfile(path, inputs / name)
            found.append((name, look))
    if folder and not found:
        raise SystemExit(f"{folder} has no JPEG of 1,200 pixels or more")
    return found


def main():
    tintype, inputs, scratch = (Path(argument).resolve() for argument in sys.argv[1:4])
    os.sched_setaffinity(0, {CLIENT_CORE})
    wrk, nginx = load.find("wrk"), load.find("nginx")
    load_at_start = os.getloadavg()[0]
    with node("judge.mjs", [CLIENT_CORE], scratch) as looker:
        bench = Bench(tintype, inputs, scratch, Judge(looker))
        photos = real_photos(bench.judge, inputs)
        for job in JOBS:
            bench.section(job.name, bench.job, job)
        if bench.peaks:
            bench.report_memory()
        if photos:
            bench.section("real photos", bench.photos, photos)
        os.sched_setaffinity(0, BOTH)
        bench.section("cold variants", bench.cold, photos)
        os.sched_setaffinity(0, {CLIENT_CORE})
        bench.section("warm variant", bench.warm, wrk, nginx)
        os.sched_setaffinity(0, BOTH)
        bench.section("uploads", bench.uploads, wrk)
        bench.section("start", bench.start)
        bench.section("idle memory", bench.idle)
        bench.section("binary", bench.program)
        bench.section("listings", bench.listings)
    print(machine(tintype, wrk, nginx, load_at_start, QUICK))
    bench.table.print()
    return 1 if bench.table.defects else 0


if __name__ == "__main__":
    sys.exit(main())
