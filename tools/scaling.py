#!/usr/bin/env python3
"""scaling.py PROGRAMS [--rounds 5] [--pictures 240] [--rows 40000]: what the second processor brings: pictures of `feed`, rows of `check`, J1 of `peer`.

A round runs each with one thread on the first processor, with two threads on both, as two programs of one thread each on a processor of its own, and with one
thread on the second processor: the two runs with one thread, before and after, are what its two threads are measured by. What two programs that share nothing
bring is what the machine has: on one whose processors are halves of a core, or whose neighbours are busy, it is less than twice.
Two threads must bring 1.9 times what one brings, whatever the machine has; each round's ratio counts by itself, and the median is judged, of up to three times as
many rounds where it is too low. Runs are shielded from other work on the machine (SCHED_RR) where the user may do that. PROGRAMS has `templrender`, `shop` and `peer`.
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
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
PEERS = Path(os.environ.get("PEERS_HOME") or CACHE / "templrender-peers")
OUT = ROOT / "target" / "scaling"
TEMPLATE = ROOT / "templates" / "product-sale"
NOW = ["--now", "2026-11-21T12:00:00Z"]
LEAST = 1.9
ATTEMPTS = 3
# A run: how many threads, and a number that tells it from another at the same time.
Command = Callable[[int, int], list[str | Path]]


@dataclass
class Measured:
    """What the rounds of one case gave, in its units a second."""

    one: list[float] = field(default_factory=list)
    two: list[float] = field(default_factory=list)
    apart: list[float] = field(default_factory=list)

    def ratios(self) -> list[float]:
        return [two / one for one, two in zip(self.one, self.two, strict=True)]

    def ratio(self) -> float:
        return statistics.median(self.ratios()) if self.two else 0.0

    def of_programs(self) -> float:
        return statistics.median(two / apart for two, apart in zip(self.two, self.apart, strict=True))

    def round(self, programs: Path, processors: list[int], count: int, command: Command | None) -> None:
        """With one thread on one processor, with two on both, as two programs, with one thread on the other processor; every second time the other way round."""
        first, second = ([(1, [processor])] for processor in processors)
        ways = [first, [(2, processors)], [*first, *second], second]
        rates = {}
        for at in range(len(ways)) if len(self.two) % 2 == 0 else reversed(range(len(ways))):
            rates[at] = rate(programs, ways[at], count, command)
        self.one.append((rates[0] + rates[3]) / 2)
        self.two.append(rates[1])
        self.apart.append(rates[2])


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
    cases: list[tuple[str, int, Command | None]] = [
        ("feed, pictures", options.pictures, drawn(programs, options.pictures)),
        ("check, rows", options.rows, checked(programs, options.rows)),
    ]
    load = os.getloadavg()[0]
    if PEERS.exists():
        cases.append(("J1, pictures", options.pictures, None))
    measured = {case[0]: Measured() for case in cases}
    for _ in range(ATTEMPTS):
        slow = [case for case in cases if measured[case[0]].ratio() < LEAST]
        for _ in range(options.rounds):
            for name, count, command in slow:
                measured[name].round(programs, processors, count, command)
    print(
        f"at least {options.rounds} rounds, load {load:.1f} before\n\n"
        "| | 1 thread, /s | 2 threads, /s | 2 programs, /s | 2 threads, x 1, median of rounds | least | most | rounds | x 2 programs |\n"
        "|---|---:|---:|---:|---:|---:|---:|---:|---:|"
    )
    faults = []
    for name, found in measured.items():
        ratio, ratios = found.ratio(), found.ratios()
        medians = " | ".join(f"{statistics.median(rates):,.1f}" for rates in (found.one, found.two, found.apart))
        print(f"| {name} | {medians} | {ratio:.2f} | {min(ratios):.2f} | {max(ratios):.2f} | {len(ratios)} | {found.of_programs():.2f} |")
        if ratio < LEAST:
            faults.append(
                f"{name}: {ratio:.3f} times as much on two processors, at least {LEAST} is wanted; {found.of_programs():.2f} times what two programs bring"
            )
    if not PEERS.exists():
        print(f"J1 is not measured: no {PEERS}")
    for fault in faults:
        print(f"scaling: {fault}", file=sys.stderr)
    return 1 if faults else 0


def rate(programs: Path, runs: list[tuple[int, list[int]]], count: int, command: Command | None) -> float:
    """Of runs that start together: J1 without a command."""
    if command is None:
        with ThreadPoolExecutor() as together:
            asked = [together.submit(jobs, programs, count, threads, on) for threads, on in runs]
        return sum(done.result() for done in asked)
    started = [(command(threads, at), on) for at, (threads, on) in enumerate(runs)]
    return count * len(runs) / seconds(started)


def drawn(programs: Path, pictures: int) -> Command:
    """The shipped feed of `product-sale` over and over, each row with an id of its own, and all its photos."""
    shutil.copytree(TEMPLATE / "rows" / "photos", OUT / "photos", dirs_exist_ok=True)
    header, *rows = (TEMPLATE / "rows" / "feed.tsv").read_text(encoding="utf-8").splitlines()
    # Rows that name a photo which is there: what a missing one costs is no matter of drawing.
    rows = [row for row in rows if (OUT / row.split("\t")[5]).is_file()]
    lines = [f"{number}-{rows[number % len(rows)]}" for number in range(pictures)]
    feed = OUT / "feed.tsv"
    feed.write_text("\n".join([header, *lines, ""]), encoding="utf-8")

    def command(threads: int, number: int) -> list[str | Path]:
        pictures = OUT / f"pictures-{number}"
        shutil.rmtree(pictures, ignore_errors=True)
        return [programs / "templrender", "feed", TEMPLATE, feed, "--out", pictures, "--jobs", str(threads), *NOW]

    return command


def checked(programs: Path, rows: int) -> Command:
    feed = OUT / "shop.tsv"
    subprocess.run([programs / "shop", str(rows), feed], check=True, stdout=subprocess.DEVNULL)

    def command(threads: int, number: int) -> list[str | Path]:
        return [
            programs / "templrender",
            "check",
            TEMPLATE,
            feed,
            "--report",
            OUT / f"report-{number}.json",
            "--jobs",
            str(threads),
            *NOW,
        ]

    return command


def shield(processors: list[int]) -> Callable[[], None]:
    def before() -> None:
        os.sched_setaffinity(0, processors)
        try:
            os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(10))
        except OSError:
            pass

    return before


def seconds(runs: list[tuple[list[str | Path], list[int]]]) -> float:
    """Until the last of some programs has ended that start together."""
    began = time.perf_counter()
    started = [
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, preexec_fn=shield(processors)) for command, processors in runs
    ]
    said = [program.communicate()[0] for program in started]
    taken = time.perf_counter() - began
    for (command, _), program, text in zip(runs, started, said, strict=True):
        assert program.returncode == 0, f"{command[1]} ended with {program.returncode}:\n{text[-2000:]}"
    return taken


def jobs(programs: Path, pictures: int, threads: int, processors: list[int]) -> float:
    """Pictures of J1 a second by threads of one process."""
    asked = "".join(json.dumps({"cmd": "par", "job": "J1", "n": n, "threads": threads}) + "\n" for n in (16, pictures))
    done = subprocess.run(
        [programs / "peer"],
        input=asked,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        env=os.environ | {"PEERS_ROOT": str(PEERS)},
        preexec_fn=shield(processors),
    )
    said = json.loads(done.stdout.splitlines()[-1])
    return 1e3 * float(said["n"]) / float(said["wall"])


if __name__ == "__main__":
    sys.exit(main())
