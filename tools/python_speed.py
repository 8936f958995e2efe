#!/usr/bin/env python3
"""python_speed.py PROGRAMS [throughput|call|million ...]: the Python package beside the Rust program and beside other libraries, in one run.

throughput  J1 on two processors: two threads of one Python process, two threads of the Rust program (`peer`), and two processes each of the other
            libraries, which is the kindest way for those that keep the interpreter locked. Rounds are interleaved, and each round's ratio counts by itself;
            the median must be at least 95 % of Rust's.
call        what a call costs over Rust: plan, answer, render and encode of a picture of 16 x 16, and of J1, row by row in turns. At most 50 us.
million     a million rows checked through Arrow beside the program's check of the same rows as a table: time, at most 1.2 times, and peak memory; the planted
            defects are all found by both.

PROGRAMS has `peer`, `shop` and `templrender`. Photos, texts and the other libraries come from the folder that `peers/setup.sh` of the shared folder made
($PEERS_HOME, by default templrender-peers in the user's cache folder).
"""

import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import python_million

ROOT = Path(__file__).resolve().parent.parent
SHARED = Path(os.environ.get("TEMPLRENDER_SHARED", ROOT.parent / "shared"))
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
PEERS = Path(os.environ.get("PEERS_HOME") or CACHE / "templrender-peers")
LEAST_SHARE = 0.95
MOST_CALL_US = 50.0
ROUND_MS = 1500.0


class Peer:
    """A program that speaks the line protocol of bindings/bench."""

    def __init__(self, name: str, command: list[str | Path], processor: int | None = None) -> None:
        self.name = name
        environment = os.environ | {
            "PEERS_ROOT": str(PEERS),
            "PEERS_NPM": str(PEERS / "npm"),
            "PEER_THREADS": "1",
            "VIPS_CONCURRENCY": "1",
        }
        environment |= {"RAYON_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
        pin = (lambda: os.sched_setaffinity(0, {processor})) if processor is not None else None
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env=environment,
            preexec_fn=pin,
        )
        self.heard()

    def ask(self, **what: object) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(what) + "\n")
        self.process.stdin.flush()

    def heard(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self.name} has ended with status {self.process.wait()}")
        said: dict[str, Any] = json.loads(line)
        if "error" in said:
            raise RuntimeError(f"{self.name}: {said['error']}")
        return said

    def quit(self) -> None:
        self.ask(cmd="quit")
        self.process.wait(20)


class Side:
    """One bar of the comparison: one process with two threads, or two processes with one."""

    def __init__(self, name: str, command: list[str | Path], processors: list[int], *, processes: bool) -> None:
        self.name, self.processes = name, processes
        self.peers = [Peer(name, command, processor) for processor in (processors if processes else [None])]
        self.threads = len(processors)
        self.per_second: list[float] = []
        self.count = 4
        self.count = max(4, 2 * round(ROUND_MS / 1e3 * self.draw(8) / 2))

    def draw(self, count: int) -> float:
        """Pictures of J1 a second."""
        if not self.processes:
            self.peers[0].ask(cmd="par", job="J1", n=count, threads=self.threads)
            return count / self.peers[0].heard()["wall"] * 1e3
        began = time.perf_counter()
        for peer in self.peers:
            peer.ask(cmd="run", job="J1", n=count // len(self.peers), start=0)
        for peer in self.peers:
            peer.heard()
        return count / (time.perf_counter() - began)

    def round(self) -> None:
        self.per_second.append(self.draw(self.count))


def python() -> list[str | Path]:
    return [sys.executable, ROOT / "tools" / "python_peer.py"]


def throughput(programs: Path, rounds: int = 9) -> list[str]:
    processors = sorted(os.sched_getaffinity(0))[:2]
    os.sched_setaffinity(0, processors)
    theirs = PEERS / "venv" / "bin" / "python"
    script = SHARED / "peers" / "py"
    others: list[tuple[str, list[str | Path]]] = [
        ("Pillow", [theirs, script / "pillow_peer.py"]),
        ("skia-python", [theirs, script / "skiapy_peer.py"]),
        ("pyvips", [theirs, script / "pyvips_peer.py"]),
        ("takumi (Rust)", [PEERS / "target-takumi" / "release" / "takumi_plain_peer"]),
    ]
    sides = [
        Side("templrender, Rust", [programs / "peer"], processors, processes=False),
        Side("templrender, Python", python(), processors, processes=False),
    ]
    sides += [Side(name, command, processors, processes=True) for name, command in others]
    for number in range(rounds):
        for side in sides if number % 2 == 0 else reversed(sides):
            side.round()
    for side in sides:
        for peer in side.peers:
            peer.quit()
    rust, ours = sides[0], sides[1]
    print(f"\nJ1 on {len(processors)} processors, {rounds} rounds in turns, load {os.getloadavg()[0]:.1f}")
    print(f"{'':22} {'pictures/s':>10} {'least':>7} {'most':>7}  of Rust's, round by round")
    shares = {side.name: [a / b for a, b in zip(side.per_second, rust.per_second, strict=True)] for side in sides}
    for side in sides:
        middle, share = statistics.median(side.per_second), statistics.median(shares[side.name])
        print(f"{side.name:22} {middle:10.1f} {min(side.per_second):7.1f} {max(side.per_second):7.1f}  {share:7.1%}")
    share = statistics.median(shares[ours.name])
    return (
        []
        if share >= LEAST_SHARE
        else [f"throughput: {share:.1%} of the Rust program's, at least {LEAST_SHARE:.0%} is wanted"]
    )


def call(programs: Path, rounds: int = 15) -> list[str]:
    processor = max(os.sched_getaffinity(0))
    faults = []
    rust, ours = Peer("Rust", [programs / "peer"], processor), Peer("Python", python(), processor)
    print(f"\nwhat a call from Python costs: {rounds} rounds in turns on one processor, load {os.getloadavg()[0]:.1f}")
    for job, count, limited in (("tiny", 2000, True), ("J1", 20, False)):
        times: dict[str, list[float]] = {"Rust": [], "Python": []}
        size: dict[str, int] = {}
        for number in range(rounds + 1):
            for peer in (rust, ours) if number % 2 == 0 else (ours, rust):
                peer.ask(cmd="run", job=job, n=count, start=0)
                said = peer.heard()
                size[peer.name] = said["size"]
                if number > 0:  # the first warms up
                    times[peer.name].append(statistics.median(said["ms"]) * 1e3)
        over = statistics.median(b - a for a, b in zip(times["Rust"], times["Python"], strict=True))
        a, b = (statistics.median(times[name]) for name in ("Rust", "Python"))
        print(
            f"{job:6} Rust {a:9.1f} us, Python {b:9.1f} us: {over:+.1f} us a picture ({over / a:+.1%}), {size['Python']} bytes"
        )
        if size["Rust"] != size["Python"]:
            faults.append(f"{job}: {size['Rust']} bytes from Rust, {size['Python']} from Python")
        if limited and over > MOST_CALL_US:
            faults.append(f"call: {over:.1f} us over Rust, at most {MOST_CALL_US:.0f} us are wanted")
    rust.quit()
    ours.quit()
    return faults


def main() -> int:
    programs = Path(sys.argv[1])
    wanted = sys.argv[2:] or ["throughput", "call", "million"]
    if not (PEERS / "data.json").exists() or not (SHARED / "peers" / "run_all.py").exists():
        print(
            f"speed: {SHARED}/peers or {PEERS} is not there; set TEMPLRENDER_SHARED and run its peers/setup.sh",
            file=sys.stderr,
        )
        return 1
    faults: list[str] = []
    if "throughput" in wanted:
        faults += throughput(programs)
    if "call" in wanted:
        faults += call(programs)
    if "million" in wanted:
        faults += python_million.compare(programs, int(os.environ.get("CHECK_ROWS", "1000000")))
    for fault in faults:
        print(fault, file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
