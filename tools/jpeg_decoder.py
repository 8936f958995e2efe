#!/usr/bin/env python3
"""Our JPEG decoder beside libjpeg-turbo (Pillow's): every baseline JPEG of the shared corpora, the largest and the mean difference.

    PYTHONPATH=python python3 tools/jpeg_decoder.py [CORPORA] [--all]

Each file is decoded at its full size by both, without its EXIF and its colour profile, which the two treat differently. Bounds: at most 3 levels, 0.3 in
the mean. Prints a table by kind of file and each file beyond the bounds (`--all`: each file), and fails if there is one, or if nothing was compared.
Files that either cannot read are counted, and not compared, nor is what lies in `malformed`: damaged files are for tests/corpus.rs and tests/jpeg.rs.
"""

import argparse
import io
import struct
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image

import templrender

MOST, MEAN = 3, 0.3
SHARED = Path(__file__).resolve().parents[2] / "shared"
SAMPLINGS = {((1, 1),): "grey", ((1, 1),) * 3: "4:4:4", ((2, 1), (1, 1), (1, 1)): "4:2:2", ((1, 2), (1, 1), (1, 1)): "4:4:0"}
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
    kind, restart, adobe, out, start = None, "", None, bytearray(data[:2]), 2
    for marker, at, end in segments(data):
        body = data[at + 4 : end]
        start = end
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
            print(f"{'MISS' if beyond else 'ok':4} max {off[0]:3} mean {off[1]:.3f}  {picture.kind:20} {path.relative_to(arguments.corpora)}")
    print(f"{'kind':24} {'files':>5} {'max':>4} {'mean':>6}")
    for kind, values in sorted(found.items()):
        print(f"{kind:24} {len(values):5} {max(v[0] for v in values):4} {max(v[1] for v in values):6.3f}")
    count = sum(map(len, found.values()))
    print(f"{count} files compared, {missed} beyond max {MOST}, mean {MEAN}; {refused} refused by one of the two")
    return 1 if missed or not count else 0


if __name__ == "__main__":
    sys.exit(main())
