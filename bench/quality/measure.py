#!/usr/bin/env python3
"""Compares tintype with sharp: measure.py <tintype> <folder of photos> <scratch folder>

Prints a report in Markdown. Both get the same files, widths and quality numbers; the outcome of each is held against
a resize in floating point (`reference.py`). Photos that can't be read, or have four channels, are left out.
"""

import io
import json
import os
import platform
import statistics
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

from PIL import Image, UnidentifiedImageError

import reference
from server import Server

HERE = Path(__file__).parent
FIXTURES = HERE.parent.parent / "fixtures"
WIDTHS = [int(width) for width in os.environ.get("WIDTHS", "800 400 200").split()]
QUALITIES = [int(quality) for quality in os.environ.get("QUALITIES", "50 75 85").split()]
DEFAULT_QUALITY = 85

# Beside the option, for a tintype that doesn't know it: what a browser would say.
ACCEPT = {"jpeg": "*/*", "webp": "image/webp", "avif": "image/avif,image/webp"}


class Sharp:
    """One process that is given jobs."""

    def __init__(self, scratch):
        self.target = Path(scratch, "sharp")
        command = ["node", str(HERE / "sharp.mjs")]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def make(self, source, width, format, **options):
        job = dict(source=str(source), width=width, format=format, options=options, target=str(self.target))
        print(json.dumps(job), file=self.process.stdin, flush=True)
        took = self.process.stdout.readline()
        if not took:
            raise SystemExit("sharp stopped")
        return self.target.read_bytes(), float(took)


class Pairs:
    """Figures of both, by row of the report."""

    def __init__(self):
        self.rows = defaultdict(list)

    def add(self, row, wanted, ours, theirs):
        if wanted is None:
            figures = [(len(made), took) for made, took in (ours, theirs)]
        else:
            figures = [(len(made), took, *compared(wanted, made)) for made, took in (ours, theirs)]
        self.rows[row].append(figures)

    def print(self, title):
        print(f"\n## {title}\n")
        print("| | images | bytes, ratio | PSNR dB | sharp's | SSIM | sharp's |")
        print("|---|---:|---:|---:|---:|---:|---:|")
        for row, figures in self.rows.items():
            ratio = statistics.geometric_mean(ours[0] / theirs[0] for ours, theirs in figures)
            cells = [row, str(len(figures)), f"{ratio:.2f}"]
            for at, digits in ((2, 2), (3, 4)):
                for side in (0, 1):
                    known = [pair[side][at] for pair in figures if len(pair[side]) > at]
                    cells.append(f"{statistics.mean(known):.{digits}f}" if known else "–")
            print("| " + " | ".join(cells) + " |")


def compared(wanted, made):
    got = reference.pixels(reference.load(io.BytesIO(made)))
    if got.shape != wanted.shape:
        # Half a pixel more or less: the two round differently.
        height, width, _ = got.shape
        wanted = reference.resize(wanted, width, height)
    return reference.psnr(wanted, got), reference.ssim(wanted, got)


def main():
    tintype, folder, scratch = sys.argv[1:4]
    photos = list(readable(Path(folder)))
    print("# Pixels and bytes beside sharp\n\nWritten by `bench/quality/run`.\n")
    print(f"{machine()} {len(photos)} photos, widths {', '.join(map(str, WIDTHS))}.")
    print("\nRatios are tintype's bytes for one of sharp's, geometric means. PSNR and SSIM are means, against a resize in")
    print("floating point (Lanczos, three lobes, not in linear light) of the decoded photo.")
    with Server(tintype) as server:
        sharp = Sharp(scratch)
        report_resizing(server, sharp, photos, Path(scratch, "source.png"))
        report_formats(server, sharp, photos)
        report_animations(server, sharp, Path(folder))


def readable(folder):
    for path in sorted(folder.iterdir()):
        try:
            with Image.open(path) as image:
                if image.format == "JPEG" and image.mode != "CMYK" and image.width > min(WIDTHS):
                    yield path
        except (UnidentifiedImageError, IsADirectoryError):
            continue


def machine():
    info = Path("/proc/cpuinfo").read_text()
    model = next((line.split(":")[1].split("@")[0].strip() for line in info.splitlines() if "model name" in line), "")
    return f"{os.cpu_count()} cores ({model or platform.machine()}), {platform.system()}."


def report_resizing(server, sharp, photos, source):
    """From lossless to lossless: what is left is the resizer's."""
    pairs = Pairs()
    for photo in photos:
        image = reference.load(photo)
        image.save(source, compress_level=1)
        if source.stat().st_size > 10_000_000:
            image.thumbnail((1600, 1600))
            image.save(source)
        base, whole = server.upload(source.read_bytes()), reference.pixels(image)
        for width in (width for width in WIDTHS if width < image.width):
            ours, kind, took = server.ask("GET", f"{base}/w={width},f=png", headers={"accept": "*/*"})
            assert kind == "image/png", kind
            theirs = sharp.make(source, width, "png")
            wanted = reference.resize(whole, *Image.open(io.BytesIO(ours)).size)
            pairs.add(f"PNG to PNG, {width} px", wanted, (ours, took), theirs)
    pairs.print("Resizing alone")


def report_formats(server, sharp, photos):
    by_quality, by_width, ignored = Pairs(), Pairs(), set()
    for photo in photos:
        image = reference.load(photo)
        base, whole = server.upload(photo.read_bytes()), reference.pixels(image)
        for width in (width for width in WIDTHS if width < image.width):
            wanted = None
            for format, accept in ACCEPT.items():
                before = None
                for quality in [*QUALITIES]:
                    path = f"{base}/w={width},q={quality},f={format}"
                    ours, kind, took = server.ask("GET", path, headers={"accept": accept})
                    if kind != f"image/{format}" or ours == before:
                        # It answers otherwise, or the same whatever the quality: it lacks the option.
                        ignored.add(format)
                        break
                    before = ours
                    if wanted is None:
                        wanted = reference.resize(whole, *Image.open(io.BytesIO(ours)).size)
                    theirs = sharp.make(photo, width, format, quality=quality)
                    by_quality.add(f"{format}, q {quality}", wanted, (ours, took), theirs)
                    if quality == DEFAULT_QUALITY:
                        by_width.add(f"{format}, {width} px", wanted, (ours, took), theirs)
    if ignored:
        by_quality.rows.clear(), by_width.rows.clear()
        report_defaults(server, sharp, photos)
        return
    by_quality.print("By quality")
    by_width.print(f"By width, at quality {DEFAULT_QUALITY}")


def report_defaults(server, sharp, photos):
    """For a tintype without `quality` or `format`: the formats of its negotiation, at the default quality."""
    pairs = Pairs()
    for photo in photos:
        image = reference.load(photo)
        base, whole = server.upload(photo.read_bytes()), reference.pixels(image)
        for width in (width for width in WIDTHS if width < image.width):
            for format, accept in ACCEPT.items():
                ours, kind, took = server.ask("GET", f"{base}/w={width}", headers={"accept": accept})
                if kind != f"image/{format}":
                    continue
                theirs = sharp.make(photo, width, format, quality=DEFAULT_QUALITY)
                wanted = reference.resize(whole, *Image.open(io.BytesIO(ours)).size)
                pairs.add(f"{format}, {width} px", wanted, (ours, took), theirs)
    pairs.print(f"At the default quality, {DEFAULT_QUALITY} (options for quality and format are missing)")


def report_animations(server, sharp, folder):
    """GIFs in the folder and in `gif/` beside it, whole and at 240 px: bytes alone."""
    pairs = Pairs()
    for path in sorted([*folder.glob("*.gif"), *folder.parent.glob("gif/*.gif"), FIXTURES / "animation.gif"]):
        image = Image.open(path)
        base = server.upload(path.read_bytes())
        for width in (image.width, 240):
            # A GIF is the answer to whoever takes nothing better: no option asks for one.
            for format, accept in (("gif", "*/*"), ("webp", "image/webp")):
                ours, kind, took = server.ask("GET", f"{base}/w={width}", headers={"accept": accept})
                assert kind == f"image/{format}", kind
                options = {} if format == "gif" else {"quality": DEFAULT_QUALITY}
                theirs = sharp.make(path, width, format, **options)
                row = f"{path.name} ({image.n_frames}), {format}, {min(width, image.width)} px"
                if row not in pairs.rows:
                    pairs.add(row, None, (ours, took), theirs)
    pairs.print("Animations")


if __name__ == "__main__":
    main()
