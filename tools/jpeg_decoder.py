#!/usr/bin/env python3
"""Our JPEG decoder beside libjpeg-turbo (Pillow's): every baseline JPEG of the shared corpora, the largest and the mean difference.

    PYTHONPATH=python python3 tools/jpeg_decoder.py [CORPORA] [--all]

Each file is decoded at its full size by both, without its EXIF and its colour profile, which the two treat differently. Bounds: at most 3 levels, 0.3 in
the mean. Prints a table by kind of file and each file beyond the bounds (`--all`: each file), and fails if there is one, or if nothing was compared.
Files that either cannot read are counted, and not compared, nor is what lies in `malformed`: damaged files are for tests/corpus.rs and tests/jpeg.rs.

Then the photos of the peers are decoded by ours and by libjpeg-turbo through its own interface (TurboJPEG, RGBA, into a buffer that stays), in turns, in full
and at half the size: the median of the rounds' ratios, which must be within MOST_RATIOS. Needs a quiet machine, a release build and libturbojpeg; `make jpeg-decoder` does all of it.
"""

import argparse
import ctypes
import ctypes.util
import io
import os
import statistics
import struct
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image

import templrender

MOST, MEAN = 3, 0.3
SHARED = Path(os.environ.get("TEMPLRENDER_SHARED", Path(__file__).resolve().parents[2] / "shared"))
# By what the sides are divided by.
ROUNDS, MOST_RATIOS = 400, {1: 0.65, 2: 0.60}
RGBA = 7
SAMPLINGS = {
    ((1, 1),): "grey",
    ((1, 1),) * 3: "4:4:4",
    ((2, 1), (1, 1), (1, 1)): "4:2:2",
    ((1, 2), (1, 1), (1, 1)): "4:4:0",
}
SAMPLINGS |= {((2, 2), (1, 1), (1, 1)): "4:2:0", ((4, 1), (1, 1), (1, 1)): "4:1:1", ((4, 2), (1, 1), (1, 1)): "4:1:0"}


class Picture(NamedTuple):
    """A baseline file: its kind, and its bytes without EXIF and profile."""

    kind: str
    data: bytes


def segments(data: bytes) -> Iterator[tuple[int, int, int]]:
    """Marker, first byte and end of each segment before the first scan."""
    at = 2
    while at + 4 <= len(data):
        if data[at] != 0xFF or data[at + 1] in (0x00, 0xFF):
            at += 1
            continue
        marker = data[at + 1]
        if 0xD0 <= marker <= 0xD8 or marker == 0x01:
            at += 2
            continue
        if marker == 0xD9:
            return
        end = at + 2 + struct.unpack_from(">H", data, at + 2)[0]
        yield marker, at, end
        if marker == 0xDA:
            return
        at = end


def baseline(data: bytes) -> Picture | None:
    """A file of 8 bits that is neither progressive nor of four components."""
    kind, restart, adobe, out = None, "", None, bytearray(data[:2])
    for marker, at, end in segments(data):
        body = data[at + 4 : end]
        if marker in (0xC0, 0xC1) and len(body) >= 6 and body[0] == 8 and body[5] in (1, 3):
            factors = tuple((body[i] >> 4, body[i] & 15) for i in range(7, min(7 + 3 * body[5], len(body)), 3))
            kind = "grey" if body[5] == 1 else SAMPLINGS.get(factors, f"other {factors}")
        elif 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            return None
        if marker == 0xDD and body != b"\0\0":
            restart = ", restarts"
        if marker == 0xEE and body.startswith(b"Adobe"):
            adobe = body[11:12]
        if marker == 0xDA:
            if kind is None:
                return None
            colours = " RGB" if adobe == b"\0" and kind != "grey" else ""
            return Picture(kind + colours + restart, bytes(out) + data[at:])
        if not (marker == 0xE1 or marker == 0xE2 and body.startswith(b"ICC_PROFILE")):
            out += data[at:end]
    return None


def compare(data: bytes) -> tuple[int, float] | None:
    """Largest and mean difference; None where one of the two refuses the file."""
    try:
        with Image.open(io.BytesIO(data)) as picture:
            theirs = np.asarray(picture.convert("RGB")).astype(int)
        frame = templrender.Frame.decode(data)
    except (OSError, SyntaxError, ValueError, templrender.Error):
        return None
    ours = np.asarray(memoryview(frame)).reshape(frame.height, frame.width, 4)[..., :3].astype(int)
    off = np.abs(ours - theirs)
    return int(off.max()), float(off.mean())


def turbo(data: bytes, width: int, height: int) -> Callable[[], None]:
    """Decodes a file by libjpeg-turbo at this size."""
    if not (found := ctypes.util.find_library("turbojpeg")):
        raise SystemExit("libturbojpeg must be installed (Debian: libturbojpeg0)")
    library = ctypes.CDLL(found)
    library.tjInitDecompress.restype = ctypes.c_void_p
    handle, pixels = ctypes.c_void_p(library.tjInitDecompress()), ctypes.create_string_buffer(width * height * 4)
    size = ctypes.c_ulong(len(data))

    def decode() -> None:
        if library.tjDecompress2(handle, data, size, pixels, width, 0, height, RGBA, 0):
            raise RuntimeError("libjpeg-turbo refuses the file")

    return decode


def ours(data: bytes, width: int, height: int) -> Callable[[], None]:
    """Decodes a file by ours at this size."""

    def decode() -> None:
        templrender.Frame.decode(data, at_least=(width, height))

    return decode


def speed() -> bool:
    """Prints the ratios; whether all are within the bound."""
    fine = True
    for name in ("product.jpg", "product_busy.jpg"):
        data = (SHARED / "peers/assets" / name).read_bytes()
        with Image.open(io.BytesIO(data)) as picture:
            size = picture.size
        for by, most in MOST_RATIOS.items():
            width, height = size[0] // by, size[1] // by
            rivals, ratios = (ours(data, width, height), turbo(data, width, height)), []
            for turn in range(ROUNDS + 3):
                took = []
                for decode in rivals:
                    start = time.thread_time_ns()
                    decode()
                    took.append(time.thread_time_ns() - start)
                if turn >= 3:
                    ratios.append(took[0] / took[1])
            ratio = statistics.median(ratios)
            verdict = "MISS" if ratio > most else "ok"
            print(f"{verdict:4} {name:18} 1/{by}: {ratio:.3f} of libjpeg-turbo's time, at most {most:.2f}")
            fine = fine and ratio <= most
    return fine


def main() -> int:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpora", nargs="?", type=Path, default=SHARED / "corpora")
    parser.add_argument("--all", action="store_true", help="print each file")
    arguments = parser.parse_args()
    found: defaultdict[str, list[tuple[int, float]]] = defaultdict(list)
    refused, missed = 0, 0
    for path in sorted(arguments.corpora.rglob("*")):
        if path.suffix.lower() not in (".jpg", ".jpeg", ".jpe") or "malformed" in path.parts:
            continue
        if not (picture := baseline(path.read_bytes())):
            continue
        if (off := compare(picture.data)) is None:
            refused += 1
            continue
        found[picture.kind].append(off)
        beyond = off[0] > MOST or off[1] > MEAN
        missed += beyond
        if beyond or arguments.all:
            print(
                f"{'MISS' if beyond else 'ok':4} max {off[0]:3} mean {off[1]:.3f}  {picture.kind:20} {path.relative_to(arguments.corpora)}"
            )
    print(f"{'kind':24} {'files':>5} {'max':>4} {'mean':>6}")
    for kind, values in sorted(found.items()):
        print(f"{kind:24} {len(values):5} {max(v[0] for v in values):4} {max(v[1] for v in values):6.3f}")
    count = sum(map(len, found.values()))
    print(f"{count} files compared, {missed} beyond max {MOST}, mean {MEAN}; {refused} refused by one of the two")
    fine = speed()
    return 0 if fine and count and not missed else 1


if __name__ == "__main__":
    sys.exit(main())
