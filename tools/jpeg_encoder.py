"""Holds our JPEG encoder against libjpeg-turbo, on photos, parts of photos and drawn pictures: `tools/jpeg_encoder.py [PICTURES] [SCORED]`.

Each picture is encoded at ten qualities (all of 1 to 100 over any ten pictures), as 4:2:0 and as 4:4:4, by us (through `fuzz/`'s program jpeg_judge) and
by libjpeg-turbo (through Pillow). Coefficients read back must be those that were meant; libjpeg-turbo and zune-jpeg must decode our files within 4 levels
of each other, or where they are further apart for any of libjpeg-turbo's own files of this sampling, within so many, and in no more files; all our bytes
may be 2 % more than libjpeg-turbo's, and our SSIMULACRA2 0.2 lower on average. Levels are compared where both decoders make a px of the same samples: at
4:2:0 zune-jpeg reads chroma beyond the picture's last row and column, and libjpeg-turbo repeats chroma of up to two samples a row, where zune-jpeg blends.
Sizes go from 1x1 to 67x131 px for the first two, which
any size may break, and are larger for the last two, which mean nothing for a handful of pixels; SSIMULACRA2 takes most of the time, so that each picture
has it at SCORED of its ten qualities (5 where nothing is said), others at others. Last, our time for whole frames is held against libjpeg-turbo's by its
own interface, in turns: at most 0.6 of it for an ad, 0.9 for a photo full of detail. Prints tables, and fails on a miss.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import io
import os
import random
import statistics
import struct
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from PIL import Image

ROOT = Path(__file__).resolve().parent.parent
SHARED = Path(os.environ.get("TEMPLRENDER_SHARED", ROOT.parent / "shared"))
MOST_LEVELS = 4
MOST_BYTES = 1.02
MOST_SCORE_LOST = 0.2
# Pictures of `peers/assets` and the share of libjpeg-turbo's time that they may take, at quality 85 and 4:2:0; and in how many turns that is measured.
MOST_TIME = {"frame_j1.png": 0.6, "product_busy.jpg": 0.9}
TURNS = 15
BANDS = [(1, 49), (50, 74), (75, 89), (90, 95), (96, 100)]


@dataclass
class Answer:
    """What jpeg_judge says of one picture."""

    file: bytes
    by_zune: np.ndarray
    theirs_by_zune: np.ndarray
    ours: float
    theirs: float
    seconds: float


@dataclass
class Tally:
    """What came of one sampling and band of qualities."""

    files: int = 0
    levels: int = 0
    their_levels: int = 0
    too_far: int = 0
    theirs_too_far: int = 0
    ours: list[int] = field(default_factory=list)
    theirs: list[int] = field(default_factory=list)
    scores: list[float] = field(default_factory=list)
    psnr: list[float] = field(default_factory=list)


def pictures(count: int) -> Iterator[tuple[np.ndarray, bool]]:
    """RGB pictures, and whether each is large enough for sizes and scores: whole photos and frames, parts and scalings of them, and drawn ones."""
    sources = sorted(p for p in (SHARED / "corpora/photos").rglob("*") if p.suffix in (".jpg", ".png"))
    sources += [SHARED / "peers/assets" / name for name in ("frame_j1.png", "frame_j2.png", "product_busy.jpg")]
    if len(sources) < 30:
        raise SystemExit(f"pictures must be in {SHARED}, found {len(sources)}")
    loaded = [flattened(Image.open(path)) for path in sources]
    chance = random.Random(7)
    for i in range(count):
        photo = loaded[i % len(loaded)]
        if i % 2 == 0:
            # odd sizes: the smallest, then any
            first = ((1, 1), (67, 131), (1, 131), (67, 1), (8, 8), (16, 16), (17, 16), (16, 17))
            width, height = first[i // 2] if i < 16 else (chance.randint(1, 67), chance.randint(1, 131))
        else:
            width, height = chance.randint(160, 256), chance.randint(160, 256)
        scale = chance.choice((1, 1, 2, 3))
        wide, high = min(width * scale, photo.width), min(height * scale, photo.height)
        left, top = chance.randint(0, photo.width - wide), chance.randint(0, photo.height - high)
        part = photo.crop((left, top, left + wide, top + high)).resize((width, height), Image.Resampling.LANCZOS)
        yield np.asarray(part), i % 2 == 1


def flattened(picture: Image.Image) -> Image.Image:
    """On white."""
    rgba = picture.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", rgba.size, "white"), rgba).convert("RGB")


def judge() -> subprocess.Popen[bytes]:
    """The program, built."""
    build = ["cargo", "build", "--release", "--locked", "--features", "judge", "--bin", "jpeg_judge"]
    subprocess.run(build, cwd=ROOT / "fuzz", check=True)
    target = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "fuzz/target"))
    return subprocess.Popen([target / "release/jpeg_judge"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)


def ask(
    program: subprocess.Popen[bytes], rgb: np.ndarray, quality: int, sampling: int, rival: bytes, scores: bool
) -> Answer:
    """One picture and libjpeg-turbo's file of it through the program."""
    assert program.stdin and program.stdout
    height, width, _ = rgb.shape
    head = struct.pack("<6I", width, height, quality, sampling, int(scores), len(rival))
    program.stdin.write(head + rgb.tobytes() + rival)
    program.stdin.flush()
    size = program.stdout.read(4)
    if len(size) < 4:
        raise SystemExit(
            f"MISS: coefficients, or a file that zune-jpeg cannot read, at {width}x{height} px, quality {quality}, {sampling}"
        )
    file = program.stdout.read(struct.unpack("<I", size)[0])
    decoded = np.frombuffer(program.stdout.read(2 * rgb.size), np.uint8).reshape(2, *rgb.shape)
    return Answer(file, decoded[0], decoded[1], *struct.unpack("<3d", program.stdout.read(24)))


def apart(a: np.ndarray, b: np.ndarray, sampling: int) -> int:
    """Levels between two pictures, at most, of px that both decoders make of the same samples."""
    levels = np.abs(a.astype(int) - b)
    if sampling == 420:
        levels = levels[:-1, :-1] if levels.shape[1] > 4 else levels[:0]
    return int(levels.max(initial=0))


def by_turbo(file: bytes) -> np.ndarray:
    """A file's pixels."""
    return np.asarray(Image.open(io.BytesIO(file)).convert("RGB"))


def psnr(a: np.ndarray, b: np.ndarray) -> float:
    """Decibels between two pictures."""
    return float(10 * np.log10(255**2 / max(((a.astype(float) - b) ** 2).mean(), 1e-9)))


class Turbo:
    """libjpeg-turbo by its own interface, RGB in memory to a file in memory."""

    def __init__(self) -> None:
        name = ctypes.util.find_library("turbojpeg")
        if name is None:
            raise SystemExit("libturbojpeg must be installed (Debian: libturbojpeg0)")
        self.library = ctypes.CDLL(name)
        self.library.tjInitCompress.restype = ctypes.c_void_p
        self.library.tjBufSize.restype = ctypes.c_ulong
        self.handle = ctypes.c_void_p(self.library.tjInitCompress())

    def seconds(self, rgb: np.ndarray, quality: int) -> float:
        """Of the quickest of some encodings, 4:2:0."""
        height, width, _ = rgb.shape
        rgb = np.ascontiguousarray(rgb)
        room = ctypes.create_string_buffer(self.library.tjBufSize(width, height, 2))
        least = float("inf")
        for _ in range(3):
            place, size = ctypes.c_void_p(ctypes.addressof(room)), ctypes.c_ulong(len(room))
            start = time.perf_counter()
            # TJPF_RGB, TJSAMP_420, TJFLAG_NOREALLOC
            failed = self.library.tjCompress2(
                self.handle,
                ctypes.c_void_p(rgb.ctypes.data),
                width,
                0,
                height,
                0,
                ctypes.byref(place),
                ctypes.byref(size),
                2,
                quality,
                1024,
            )
            least = min(least, time.perf_counter() - start)
            assert not failed, "libjpeg-turbo refused a picture"
        return least


def times(program: subprocess.Popen[bytes]) -> list[str]:
    """Our time against libjpeg-turbo's, printed; what is too slow."""
    turbo, misses = Turbo(), []
    for name, most in MOST_TIME.items():
        rgb = np.asarray(flattened(Image.open(SHARED / "peers/assets" / name)))
        out = io.BytesIO()
        Image.fromarray(rgb).save(out, "JPEG", quality=85, subsampling=2)
        ours, theirs = [], []
        for _ in range(TURNS):
            ours.append(ask(program, rgb, 85, 420, out.getvalue(), False).seconds)
            theirs.append(turbo.seconds(rgb, 85))
        ratio = statistics.median(a / b for a, b in zip(ours, theirs, strict=True))
        print(
            f"{name}: {ratio:.3f} of libjpeg-turbo's time (at most {most}); the least {min(ours) * 1e3:.2f} and {min(theirs) * 1e3:.2f} ms"
        )
        if ratio > most:
            misses.append(f"{name}: {ratio:.3f} of libjpeg-turbo's time")
    return misses


def main() -> None:
    """Compares, prints, fails."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 500
    scored = int(sys.argv[2]) if len(sys.argv) > 2 else 5
    program = judge()
    misses = times(program)
    tallies: dict[tuple[int, tuple[int, int]], Tally] = defaultdict(Tally)
    for i, (rgb, is_large) in enumerate(pictures(count)):
        for step, quality in enumerate(range(i // 2 % 10 + 1, 101, 10)):
            has_score = is_large and (step * 7 + i // 20) % 10 < scored
            band = next(band for band in BANDS if quality <= band[1])
            for sampling, number in ((420, 2), (444, 0)):
                out = io.BytesIO()
                Image.fromarray(rgb).save(out, "JPEG", quality=quality, subsampling=number)
                turbo = out.getvalue()
                answer = ask(program, rgb, quality, sampling, turbo, has_score)
                tally = tallies[sampling, band]
                tally.files += 1
                ours, theirs = by_turbo(answer.file), by_turbo(turbo)
                levels = apart(ours, answer.by_zune, sampling)
                their_levels = apart(theirs, answer.theirs_by_zune, sampling)
                tally.levels, tally.their_levels = max(tally.levels, levels), max(tally.their_levels, their_levels)
                tally.too_far += levels > MOST_LEVELS
                tally.theirs_too_far += their_levels > MOST_LEVELS
                if is_large:
                    tally.ours.append(len(answer.file))
                    tally.theirs.append(len(turbo))
                    if has_score:
                        tally.scores.append(answer.ours - answer.theirs)
                    tally.psnr.append(psnr(ours, rgb) - psnr(theirs, rgb))
    print(
        "| sampling | quality | files | levels apart | of libjpeg-turbo's file | files over 4 | of libjpeg-turbo's | bytes, x libjpeg-turbo | largest | SSIMULACRA2, against it | lowest | dB, against it | lowest |"
    )
    print("|---|---|---|---|---|---|---|---|---|---|---|---|---|")
    for (sampling, band), tally in sorted(tallies.items()):
        sizes = np.array(tally.ours) / np.array(tally.theirs)
        whole = sum(tally.ours) / sum(tally.theirs)
        scores, decibels = np.array(tally.scores or [0.0]), np.array(tally.psnr)
        print(
            f"| {sampling} | {band[0]}-{band[1]} | {tally.files:,} | {tally.levels} | {tally.their_levels} | {tally.too_far} | {tally.theirs_too_far} | {whole:.4f} | {sizes.max():.4f} "
            f"| {scores.mean():+.3f} | {scores.min():+.3f} | {decibels.mean():+.3f} | {decibels.min():+.3f} |"
        )
        name = f"{sampling} at {band[0]}-{band[1]}"
        if not tally.scores:
            misses.append(f"{name}: no file was scored, more pictures are wanted")
        if whole > MOST_BYTES:
            misses.append(f"{name}: {whole:.4f} of libjpeg-turbo's bytes")
        if scores.mean() < -MOST_SCORE_LOST:
            misses.append(f"{name}: SSIMULACRA2 {scores.mean():+.3f}")
    for sampling in (420, 444):
        bands = [tally for (own, _), tally in tallies.items() if own == sampling]
        levels, most = (max(t.levels for t in bands), max(MOST_LEVELS, *(t.their_levels for t in bands)))
        far, most_far = sum(t.too_far for t in bands), sum(t.theirs_too_far for t in bands)
        if levels > most or far > most_far:
            misses.append(
                f"{sampling}: {far} files are read over {MOST_LEVELS} levels apart, {levels} at most; of libjpeg-turbo's {most_far}, {most}"
            )
    files = sum(tally.files for tally in tallies.values())
    print(f"{files:,} files of {count} pictures: coefficients read back are those that were meant")
    if misses:
        raise SystemExit("MISS: " + "; ".join(misses))


if __name__ == "__main__":
    main()
