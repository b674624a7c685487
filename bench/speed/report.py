"""The table, and what it was measured on."""

import json
import os
import platform
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent


@dataclass
class Row:
    name: str
    peer: str
    ours: str
    theirs: str


class Table:
    def __init__(self):
        self.rows, self.notes, self.results, self.defects = [], [], [], 0

    def add(self, row, ratio, at_most=None, at_least=None, target=None, met=None):
        if at_most is not None:
            target, met = f"≤ {at_most:.2f}", ratio <= at_most
        elif at_least is not None:
            target, met = f"≥ {at_least:.2f}", ratio >= at_least
        verdict = {True: "yes", False: "**no**", None: "–"}[met]
        shown = "–" if ratio is None else f"{ratio:.2f}"
        self.rows.append((row.name, row.peer, row.ours, row.theirs, shown, target or "–", verdict))

    def missing(self, name, peer, why, target):
        self.rows.append((name, peer, why, "–", "–", target, "–"))

    def defect(self, name, why):
        self.defects += 1
        why = why.replace("|", "/").replace("\n", " ")
        self.rows.append((name, "–", f"FAILED: {why[:200]}", "–", "–", "–", "**no**"))

    def note(self, text):
        self.notes.append(text)

    def made(self, name, ours, theirs, our_peak, their_peak):
        """What both made of a job, as the judge saw it, and the peaks of their memory."""
        sizes = [look["bytes"] / 1000 for look in (ours, theirs)]
        likeness = [f"{look['psnr']:.1f} dB, {look['ssim']:.4f}" if "psnr" in look else "–" for look in (ours, theirs)]
        self.results.append(
            (name, *(f"{size:.1f}" for size in sizes), f"{sizes[0] / sizes[1]:.2f}", *likeness,
             f"{our_peak:.0f}", f"{their_peak:.0f}", f"{our_peak / their_peak:.2f}")
        )

    def print(self):
        lines("job", "peer", "tintype", "peer's", "ratio", "target", "met", rows=self.rows, left=2)
        print()
        print("Ratios are tintype's figure for one of the peer's: of times, bytes and memory lower is better (≤), of requests a")
        print("second higher (≥).")
        if self.results:
            print("\n## What was made, and the memory it took\n")
            heads = "kB", "sharp's", "ratio", "PSNR, SSIM", "sharp's", "peak MiB", "Node's", "ratio"
            lines("job", *heads, rows=self.results, left=1)
            print()
            print("Likeness is to the source decoded in full and resized by Lanczos; memory is the most that was resident in a process")
            print("that did nothing but this job, again and again (VmHWM).")
        if self.notes:
            print("\n## Notes\n")
            for note in self.notes:
                print(f"- {note}")


def lines(*heads, rows, left):
    print("| " + " | ".join(heads) + " |")
    print("|" + "---|" * left + "---:|" * (len(heads) - left))
    for row in rows:
        print("| " + " | ".join(row) + " |")


def machine(tintype, wrk, nginx, load_at_start, quick):
    info = Path("/proc/cpuinfo").read_text()
    model = re.search(r"model name\s*: (.*)", info)
    total = int(re.search(r"MemTotal:\s*(\d+)", Path("/proc/meminfo").read_text())[1])
    system = platform.freedesktop_os_release()["PRETTY_NAME"]
    command = "PHOTOS=<folder> bench/run" if os.environ.get("PHOTOS") else "bench/run"
    build = os.environ.get("BUILD", "release build, default features")
    return f"""# Speed and memory, side by side

Written by `bench/run`{"; QUICK=1: a trial, the figures are rough" if quick else ""}.

- **Machine**: {os.cpu_count()} cores ({model[1] if model else platform.machine()}), {total / 2**20:.0f} GiB memory, {system}, Linux {platform.release().split("-")[0]}; load average at the start {load_at_start:.1f}. Clients, load generator and servers are on it together, over the loopback; files were in the system's cache.
- **tintype**: {said(tintype, "--version")}, {build}.
- **Peers**: {peers(wrk, nginx)}.
- **Single jobs**: tintype with `--cache-size 0 --origin-dir inputs` is asked for `/cdn-cgi/image/<options>/<file>`, sharp in a minimal Node server (`sharp.mjs`; `sharp.concurrency(1)`, `sharp.cache(false)`) for the same job from the same file. Each server is alone on one core, the same one; requests are sent one at a time, in pairs of random order, over kept connections. After a warm-up, the figure is the median of the pairs' ratios.
- **Cold variants**: both servers as they are by default, on the same cores as the client; every request has a width that was never asked for.
- **Warm variant**: `wrk -t1 -c16` on one core, the server on another; nginx with `sendfile`, both write a line to their log for each request.
- **Commands**: `cargo build --release`, then `{command}`. It takes about four minutes; `QUICK=1 bench/run` less than one.
"""


def peers(wrk, nginx):
    packages = [("sharp", HERE / "node_modules/sharp"), ("ipx", HERE / "node_modules/ipx")]
    named = [f"{name} {version_of(folder)}" for name, folder in packages]
    versions = subprocess.run(
        ["node", "-e", "console.log(JSON.stringify(require('sharp').versions))"], cwd=HERE, capture_output=True, text=True
    )
    known = json.loads(versions.stdout or "{}")
    named[0] += f" (libvips {known.get('vips', '?')}) in Node {said('node', '--version').lstrip('v')}"
    inner = HERE / "node_modules/ipx/node_modules/sharp"
    named[1] += f" on sharp {version_of(inner if inner.exists() else packages[0][1])}"
    from load import environment

    for name, program in (("nginx", nginx), ("wrk", wrk)):
        if program:
            done = subprocess.run([program, "-v"], env=environment(), capture_output=True, text=True)
            version = re.search(r"(\d+\.[\d.]+\d)", done.stdout + done.stderr)
            named.append(f"{name} {version[1] if version else '(version unknown)'}")
    return ", ".join(named)


def version_of(folder):
    return json.loads((folder / "package.json").read_text())["version"]


def said(*command):
    return subprocess.run(command, capture_output=True, text=True).stdout.strip()
