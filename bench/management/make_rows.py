#!/usr/bin/env python3
"""Makes a data folder whose account has many images: make_rows.py <tintype> <folder> <rows>

tintype itself makes the folder, the account, and one image by a real upload. The other rows are
written to its database while it is stopped; all name the uploaded image's blob, so every image
can be delivered. The same arguments give the same rows but for that one.
"""

import json
import random
import sqlite3
import sys
import time
from pathlib import Path

from server import FIXTURES, Server

YEAR = 365 * 24 * 3600 * 1000
CREATORS = 100
ALBUMS = 100


def main():
    tintype, folder, count = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
    if folder.exists():
        sys.exit(f"{folder} exists")
    with Server(tintype, folder) as server:
        server.upload((FIXTURES / "portrait.jpg").read_bytes())
    fill(folder / "tintype.db", count - 1)


def fill(database, count):
    started = time.monotonic()
    db = sqlite3.connect(database)
    db.execute("pragma cache_size = -500000")
    account, digest, format, newest = db.execute(
        "select account_id, digest, format, uploaded_at from images"
    ).fetchone()
    with db:
        db.executemany(
            "insert into images (account_id, id, filename, creator, metadata, uploaded_at,"
            " require_signed_urls, digest, format) values (?, ?, ?, ?, ?, ?, 0, ?, ?)",
            ((account, *row, digest, format) for row in rows(count, newest)),
        )
    db.execute("pragma wal_checkpoint(truncate)")
    db.close()
    print(f"{count + 1} rows in {time.monotonic() - started:.0f} s", file=sys.stderr)


def rows(count, newest):
    """Oldest first, as uploads would have come: over the two years before the real one, at uneven
    intervals, one in a hundred in the same millisecond as the one before."""
    luck = random.Random(count)
    at, step = newest - 2 * YEAR, 2 * YEAR // max(count, 1)
    for n in range(count):
        if n % 100:
            at = min(at + luck.randrange(2 * step), newest - 1)
        creator = f"user-{luck.randrange(CREATORS):03}" if luck.random() < 0.1 else None
        metadata = {"album": f"a{luck.randrange(ALBUMS):02}", "n": n}
        yield (
            generated_id(luck),
            f"photo-{n:07}.jpg",
            creator,
            json.dumps(metadata, separators=(",", ":")),
            at,
        )


def generated_id(luck):
    """Random hexadecimal digits in the shape of a UUID; the last two are 00."""
    digits = f"{luck.getrandbits(120):030x}00"
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


if __name__ == "__main__":
    main()
