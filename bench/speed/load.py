"""wrk, and what it is told to send."""

import os
import re
import shutil
import subprocess
import time
from pathlib import Path

from servers import Defect

HERE = Path(__file__).parent
DEBIAN = HERE / "debian"
UPLOADS = HERE.parent / "management/wrk.lua"
# Where the bytes are in `100kb.jpg` that may be anything.
STAMP_AT = 6


def find(name):
    """The program: on the PATH, or out of Debian's package; `None` if it is nowhere or doesn't run."""
    places = [shutil.which(name), DEBIAN / "usr/bin" / name, DEBIAN / "usr/sbin" / name]
    for place in places:
        if place and Path(place).exists():
            version = subprocess.run([place, "-v"], env=environment(), capture_output=True, text=True)
            if re.search(rf"{name}[ /]", version.stdout + version.stderr):
                return place
    return None


def environment():
    libraries = [str(folder) for folder in DEBIAN.glob("usr/lib/*-linux-gnu")]
    return {**os.environ, "LD_LIBRARY_PATH": ":".join([*libraries, os.environ.get("LD_LIBRARY_PATH", "")])}


def warm(wrk, core, url, connections, seconds):
    """Requests a second."""
    command = ["taskset", "-c", str(core), wrk, "-t1", f"-c{connections}", f"-d{seconds}s", url]
    out = run(command, seconds)
    if "Non-2xx" in out or "Socket errors" in out:
        raise Defect(f"{url}: {out}")
    return float(re.search(r"Requests/sec:\s*([\d.]+)", out)[1])


def uploads(wrk, base, account, jpeg, connections, seconds):
    """Uploads a second, the milliseconds that 99 of 100 stay below, and how many there were."""
    images = f"/client/v4/accounts/{account}/images"
    told = {"KIND": "upload", "IMAGES": images, "JPEG": str(jpeg), "STAMP_AT": str(STAMP_AT)}
    told["STAMP"] = f"{time.time_ns() // 10**8 % 10**10:010}"
    out = run([wrk, "-t1", f"-c{connections}", f"-d{seconds}s", "-s", UPLOADS, base], seconds, told)
    rate, _, late, failed = map(float, re.search(r"RESULT (.*)", out)[1].split())
    if failed:
        raise Defect(f"{failed:.0f} uploads failed")
    return rate, late, int(re.search(r"(\d+) requests in", out)[1])


def run(command, seconds, told=None):
    done = subprocess.run(
        command, env=environment() | (told or {}), capture_output=True, text=True, timeout=seconds + 60
    )
    if done.returncode or "requests in" not in done.stdout:
        raise Defect(f"wrk: {done.stdout}{done.stderr}")
    return done.stdout
