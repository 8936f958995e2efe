#!/usr/bin/env python3
"""scaling.py PROGRAMS [--rounds 5] [--pictures 240] [--rows 40000]: what the second processor brings: pictures of `feed`, rows of `check`, J1 of `peer`.

Each is run with one thread on one processor and with two threads on two, in turns, and each round's ratio counts by itself; the median must be at least 1.9.
Runs are shielded from other work on the machine (SCHED_RR) where the user may do that. PROGRAMS has `templrender`, `shop` and `peer`.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
PEERS = Path(os.environ.get("PEERS_HOME") or CACHE / "templrender-peers")
OUT = ROOT / "target" / "scaling"
TEMPLATE = ROOT / "templates" / "product-sale"
NOW = ["--now", "2026-11-21T12:00:00Z"]
LEAST = 1.9


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("programs", type=Path)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--pictures", type=int, default=240)
    parser.add_argument("--rows", type=int, default=40_000)
    options = parser.parse_args()
    programs: Path = options.programs.resolve()
    OUT.mkdir(parents=True, exist_ok=True)
    processors = sorted(os.sched_getaffinity(0))[:2]
    assert len(processors) == 2, "this wants two processors"
    cases: list[tuple[str, int, Callable[[int], list[str | Path]]]] = [
        ("feed, pictures", options.pictures, drawn(programs, options.pictures)),
        ("check, rows", options.rows, checked(programs, options.rows)),
    ]
    load = os.getloadavg()[0]
    rates = {name: ([], []) for name, *_ in cases} | {"J1, pictures": ([], [])}  # type: dict[str, tuple[list[float], list[float]]]
    for number in range(options.rounds):
        for threads in (1, 2) if number % 2 == 0 else (2, 1):
            for name, count, command in cases:
                rates[name][threads - 1].append(count / seconds(command(threads), processors[-threads:]))
            if PEERS.exists():
                rates["J1, pictures"][threads - 1].append(jobs(programs, options.pictures, threads, processors[-threads:]))
    print(f"{options.rounds} rounds in turns, load {load:.1f} before\n\n| | 1 thread, /s | 2 threads, /s | ratio, median of rounds | least | most |\n|---|---:|---:|---:|---:|---:|")
    faults = []
    for name, (one, two) in rates.items():
        if not one:
            print(f"| {name} | not measured: no {PEERS} | | | | |")
            continue
        ratios = [b / a for a, b in zip(one, two, strict=True)]
        ratio = statistics.median(ratios)
        print(f"| {name} | {statistics.median(one):,.1f} | {statistics.median(two):,.1f} | {ratio:.2f} | {min(ratios):.2f} | {max(ratios):.2f} |")
        if ratio < LEAST:
            faults.append(f"{name}: {ratio:.2f} times as much on two processors, at least {LEAST} is wanted")
    for fault in faults:
        print(f"scaling: {fault}", file=sys.stderr)
    return 1 if faults else 0


def drawn(programs: Path, pictures: int) -> Callable[[int], list[str | Path]]:
    """The shipped feed of `product-sale` over and over, each row with an id of its own, and all its photos."""
    shutil.copytree(TEMPLATE / "rows" / "photos", OUT / "photos", dirs_exist_ok=True)
    header, *rows = (TEMPLATE / "rows" / "feed.tsv").read_text(encoding="utf-8").splitlines()
    # Rows that name a photo which is there: what a missing one costs is no matter of drawing.
    rows = [row for row in rows if (OUT / row.split("\t")[5]).is_file()]
    lines = [f"{number}-{rows[number % len(rows)]}" for number in range(pictures)]
    feed = OUT / "feed.tsv"
    feed.write_text("\n".join([header, *lines, ""]), encoding="utf-8")

    def command(threads: int) -> list[str | Path]:
        shutil.rmtree(OUT / "pictures", ignore_errors=True)
        return [programs / "templrender", "feed", TEMPLATE, feed, "--out", OUT / "pictures", "--jobs", str(threads), *NOW]

    return command


def checked(programs: Path, rows: int) -> Callable[[int], list[str | Path]]:
    feed = OUT / "shop.tsv"
    subprocess.run([programs / "shop", str(rows), feed], check=True, stdout=subprocess.DEVNULL)
    return lambda threads: [programs / "templrender", "check", TEMPLATE, feed, "--report", OUT / "report.json", "--jobs", str(threads), *NOW]


def shield(processors: list[int]) -> Callable[[], None]:
    def before() -> None:
        os.sched_setaffinity(0, processors)
        try:
            os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(10))
        except OSError:
            pass

    return before


def seconds(command: list[str | Path], processors: list[int]) -> float:
    began = time.perf_counter()
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, preexec_fn=shield(processors))
    taken = time.perf_counter() - began
    assert done.returncode == 0, f"{command[1]} ended with {done.returncode}:\n{done.stdout[-2000:]}"
    return taken


def jobs(programs: Path, pictures: int, threads: int, processors: list[int]) -> float:
    """Pictures of J1 a second by threads of one process."""
    asked = "".join(json.dumps({"cmd": "par", "job": "J1", "n": n, "threads": threads}) + "\n" for n in (16, pictures))
    done = subprocess.run(
        [programs / "peer"], input=asked, stdout=subprocess.PIPE, text=True, check=True, env=os.environ | {"PEERS_ROOT": str(PEERS)}, preexec_fn=shield(processors)
    )
    said = json.loads(done.stdout.splitlines()[-1])
    return 1e3 * float(said["n"]) / float(said["wall"])


if __name__ == "__main__":
    sys.exit(main())
