#!/usr/bin/env python3
"""bench.py [--rounds 6] [--n 5] [--only a,b] [--also NAME=COMMAND]: ours beside what a user would pick instead, in one run, with bytes and quality.

It drives `peers/run_all.py` of the shared folder, which times all renderers in turns on one core against libjpeg-turbo's limit of the same rounds, with two
or more of ours: `templrender` with compiled templates, `templrender-uncompiled`, and whatever `--also` names. Each then writes its pictures, which are
held against the reference frames: SSIMULACRA2 of the part without texts, and ssim and mean of `oracle/compare.py`. A time of J1 counts when ssim >= 0.975 and mean <= 2.0, and ours
only if the compiled template gives the uncompiled one's bytes. No peer draws the poster (`benches/poster`, some forty layers of which a row changes three): ours
alone take turns at it, compiled and not, from plan to bytes. Prints Markdown; `target/bench/` keeps the results and the pictures.

Python packages are those of `target/venv` (`tools/setup.sh`).
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
SHARED = Path(os.environ.get("TEMPLRENDER_SHARED", ROOT.parent / "shared"))
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
OUT = ROOT / "target" / "bench"
JOBS = ("J1", "J1c", "J2", "J2fast", "J3")
COMPILED, UNCOMPILED = "templrender", "templrender-uncompiled"
# The static-heavy template, and how much sooner it has to come when it is compiled.
POSTERS, LEAST_SPEEDUP = ("poster", "poster-png"), 3.0
LEAST_SSIM, MOST_MEAN = 0.975, 2.0
# Left, top, right and bottom of what SSIMULACRA2 looks at: the photo of J1, the gradient of J2 and all of J3. It stands for what sampling and encoding cost; a text
# that another engine sets a fraction of a px further on would hide that.
LOOKED_AT = {"J1": (140, 90, 820, 590), "J2": (0, 320, 1200, 430), "J3": (0, 0, 600, 600)}

# Runs in a process of its own: run_all.py is one script from top to bottom, so its list of renderers grows where it ends and the rest runs as it is.
DRIVER = r"""
import json, sys
path, also, out, *arguments = sys.argv[1:]
source = open(path, encoding="utf-8").read()
head, mark, tail = source.partition("ap=argparse.ArgumentParser()")
assert mark, "run_all.py has changed: nothing to put more renderers in front of"
only = "if a.only: PEERS=[p for p in PEERS if p[0] in ['limit',"
assert only in tail, "run_all.py has changed: --only is read elsewhere"
also = json.loads(also)
tail = tail.replace(only, only + ",".join(map(repr, also)) + ",")
names = {"__name__": "__main__", "__file__": path}
sys.argv = [path, *arguments]
more = "PEERS += [(name, command, ['J1', 'J2', 'J3'], 0) for name, command in %r.items()]\n" % also
exec(compile(head + more + mark + tail, path, "exec"), names)
for name, command, jobs, multi in names["PEERS"]:
    if name in ("limit", "codec_rs"):
        continue
    try:
        process = names["start"](command, None)
        for job in jobs:
            if names["res"][name].get(job):
                names["send"](process, cmd="dump", job=job, start=0, path=f"{out}/{name}.{job}")
                names["recv"](process)
    except Exception as fault:
        print("no picture of", name, fault, file=sys.stderr)
    names["quit"](process)
"""


@dataclass
class Score:
    """How near a picture is to its reference."""

    bytes: int
    ssimulacra2: float
    ssim: float
    mean: float

    def counts(self) -> bool:
        return self.ssim >= LEAST_SSIM and self.mean <= MOST_MEAN


@dataclass
class Results:
    measured: dict[str, Any]
    scores: dict[tuple[str, str], Score] = field(default_factory=dict)

    def times(self, name: str, job: str) -> dict[str, Any] | None:
        found = self.measured.get(name, {}).get(job)
        return found if found and found["ms"] else None

    def limit(self, job: str) -> dict[str, Any]:
        """libjpeg-turbo; of J2 fdeflate, which is quicker than libpng."""
        if job.startswith("J2") and (found := self.times("codec_rs", "png_fdeflate_rgb")):
            return found
        found = self.times("limit", job[:2])
        assert found, f"the limit of {job} was not measured"
        return found

    def ratio(self, name: str, job: str) -> float:
        """The median over the rounds of a round's median against the limit's of that round."""
        times, limit = self.times(name, job), self.limit(job)
        assert times
        return statistics.median(float(a / b) for a, b in zip(times["rounds"], limit["rounds"], strict=True))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=6)
    parser.add_argument("--n", type=int, default=5, help="pictures of a renderer in a round")
    parser.add_argument("--only", help="of the peers these alone; ours and the limit stay in")
    parser.add_argument("--also", action="append", default=[], metavar="NAME=COMMAND", help="one more renderer that speaks the line protocol")
    parser.add_argument("--posters", action="store_true", help="the static-heavy template alone")
    parser.add_argument("--no-build", action="store_true", help="measure target/release/peer as it is")
    options = parser.parse_args()
    if not (SHARED / "peers" / "run_all.py").exists():
        print(f"bench: {SHARED}/peers is not there; set TEMPLRENDER_SHARED", file=sys.stderr)
        return 1
    if not options.no_build:
        build = ["cargo", "build", "--locked", "--workspace", "--release", "--bin", "peer"]
        subprocess.run(build, cwd=ROOT, check=True)
    OUT.mkdir(parents=True, exist_ok=True)
    if options.posters:
        return told(posters(options))
    results = Results(measure(options))
    references = reference_frames()
    for name in results.measured:
        for job in JOBS:
            if results.times(name, job) and (OUT / f"{name}.{job}").exists():
                results.scores[name, job] = score(OUT / f"{name}.{job}", references[job[:2]], LOOKED_AT[job[:2]])
    report(results, options)
    return told(judge(results) + posters(options))


def told(faults: list[str]) -> int:
    """Says what is wrong, if anything is."""
    for fault in faults:
        print(f"bench: {fault}", file=sys.stderr)
    return 1 if faults else 0


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """Runs run_all.py with ours in it, and has every renderer write its pictures."""
    peer = str(TARGET / "release" / "peer")
    also: dict[str, list[str]] = {UNCOMPILED: [peer]}
    also |= {name: command.split() for name, _, command in (one.partition("=") for one in options.also)}
    for old in OUT.glob("*.J*"):
        old.unlink()
    results = OUT / "results.json"
    command: list[str | Path] = [sys.executable, "-c", DRIVER, SHARED / "peers" / "run_all.py", json.dumps(also), OUT]
    command += ["--rounds", str(options.rounds), "--n", str(options.n), "--out", results]
    command += ["--only", options.only] if options.only is not None else []
    print(f"bench: {options.rounds} rounds, load {os.getloadavg()[0]:.1f} before", file=sys.stderr, flush=True)
    with open(OUT / "run_all.txt", "w", encoding="utf-8") as text:
        subprocess.run(command, check=True, stdout=text, env=os.environ | {"TEMPLRENDER_PEER": f"{peer} --compiled"})
    measured: dict[str, Any] = json.loads(results.read_text(encoding="utf-8"))
    return dict(measured["results"])


def reference_frames() -> dict[str, Path]:
    """The pictures that J1, J2 and J3 should be, as PNG; J3's is the photo scaled from all its px by Pillow's Lanczos filter."""
    from PIL import Image

    assets, cover = SHARED / "peers" / "assets", OUT / "reference_j3.png"
    with Image.open(assets / "product.jpg") as photo:
        photo.convert("RGB").resize((600, 600), Image.Resampling.LANCZOS).save(cover)
    return {"J1": assets / "frame_j1.png", "J2": assets / "frame_j2.png", "J3": cover}


def score(picture: Path, reference: Path, looked_at: tuple[int, int, int, int]) -> Score:
    """Both are read by Pillow, so that a decoder's own choices are the same for all."""
    from PIL import Image

    from ssimulacra2 import compute_ssimulacra2

    sys.path.insert(0, str(SHARED / "oracle"))
    import compare

    found: list[Path] = []
    for name, path in (("drawn", picture), ("wanted", reference)):
        with Image.open(path) as opened:
            whole = opened.convert("RGB")
        whole.save(OUT / f"{name}.png")
        whole.crop(looked_at).save(OUT / f"{name}-part.png")
        found.append(OUT / f"{name}-part.png")
    apart = compare.compare(compare.load(OUT / "drawn.png"), compare.load(OUT / "wanted.png"))
    ssimulacra2 = float(compute_ssimulacra2(str(found[1]), str(found[0])))
    return Score(picture.stat().st_size, ssimulacra2, apart["ssim"], apart["mean"])


def report(results: Results, options: argparse.Namespace) -> None:
    """The tables, in Markdown."""
    limits = ", ".join(f"{job} {statistics.median(results.limit(job)['ms']):.2f}" for job in ("J1", "J2", "J3"))
    print(f"{options.rounds} rounds in turns on one core, load {os.getloadavg()[0]:.1f} after; the limit in ms: {limits}")
    for job in JOBS:
        rows = sorted((results.ratio(name, job), name) for name in results.measured if name not in ("limit", "codec_rs") and results.times(name, job))
        if not rows:
            continue
        print(f"\n### {job}\n\n| renderer | x limit | ms (10 % to 90 %) | renders/s, both cores | bytes | SSIMULACRA2 | ssim | mean |")
        print("|---|---:|---:|---:|---:|---:|---:|---:|")
        for ratio, name in rows:
            times, scored = results.times(name, job), results.scores.get((name, job))
            assert times
            ms = sorted(times["ms"])
            spread = f"{statistics.median(ms):.2f} ({ms[len(ms) // 10]:.2f} to {ms[len(ms) * 9 // 10]:.2f})"
            quality = f"{scored.bytes:,} | {scored.ssimulacra2:.1f} | {scored.ssim:.4f} | {scored.mean:.2f}" if scored else "| | |"
            bold = "**" if name.startswith("templrender") else ""
            print(f"| {bold}{name}{bold} | {bold}{ratio:.2f}{bold} | {spread} | {times.get('par2_rps', '')} | {quality} |")
    print("\n| renderer | cold start to first bytes, ms | its peak memory, MB | peak of the whole run, MB |\n|---|---:|---:|---:|")
    cold = [(name, found["_cold"]) for name, found in results.measured.items() if "_cold" in found and name != "limit"]
    for name, found in sorted(cold, key=lambda one: float(one[1]["ms"])):
        print(f"| {name} ({found['job']}) | {found['ms']} | {found['rss_mb']} | {results.measured[name].get('_rss_mb', '')} |")


class Peer:
    """Our program at the line protocol."""

    def __init__(self, *flags: str) -> None:
        command = [str(TARGET / "release" / "peer"), *flags]
        environment = os.environ | {"PEERS_ROOT": str(SHARED / "peers")}
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment)
        self.heard()

    def heard(self) -> dict[str, Any]:
        assert self.process.stdout
        answer: dict[str, Any] = json.loads(self.process.stdout.readline())
        assert "error" not in answer, answer["error"]
        return answer

    def asked(self, **what: object) -> dict[str, Any]:
        assert self.process.stdin
        self.process.stdin.write(json.dumps(what) + "\n")
        self.process.stdin.flush()
        return self.heard()

    def end(self) -> None:
        assert self.process.stdin
        self.process.stdin.close()
        self.process.wait()


def posters(options: argparse.Namespace) -> list[str]:
    """The table of the static-heavy template, and what is wrong with it."""
    faults = []
    peers = {COMPILED: Peer("--compiled"), UNCOMPILED: Peer()}
    print(f"\n### Static-heavy\n\n| job | {COMPILED}, ms (10 % to 90 %) | {UNCOMPILED}, ms (10 % to 90 %) | bytes | times sooner |\n|---|---:|---:|---:|---:|")
    for job in POSTERS:
        for name, peer in peers.items():
            for start in range(2):
                peer.asked(cmd="dump", job=job, start=start, path=str(OUT / f"{name}.{job}.{start}"))
        pictures = [[(OUT / f"{name}.{job}.{start}").read_bytes() for start in range(2)] for name in peers]
        if pictures[0] != pictures[1]:
            faults.append(f"{job}: the compiled template draws other bytes")
        ms: dict[str, list[float]] = {name: [] for name in peers}
        ratios = []
        for turn in range(options.rounds):
            medians = {}
            for name, peer in peers.items():
                taken = peer.asked(cmd="run", job=job, n=4 * options.n, start=turn * 4 * options.n)["ms"]
                ms[name] += taken
                medians[name] = statistics.median(taken)
            ratios.append(medians[UNCOMPILED] / medians[COMPILED])
        spread = []
        for name in (COMPILED, UNCOMPILED):
            taken = sorted(ms[name])
            spread.append(f"{statistics.median(taken):.2f} ({taken[len(taken) // 10]:.2f} to {taken[len(taken) * 9 // 10]:.2f})")
        sooner = statistics.median(ratios)
        print(f"| {job} | {spread[0]} | {spread[1]} | {len(pictures[0][0]):,} | {sooner:.1f} |")
        if job == POSTERS[0] and sooner < LEAST_SPEEDUP:
            faults.append(f"{job}: compiled it comes {sooner:.1f} times sooner, at least {LEAST_SPEEDUP} is wanted")
    for peer in peers.values():
        peer.end()
    return faults


def judge(results: Results) -> list[str]:
    """Why our times do not count."""
    faults = []
    for name in (COMPILED, UNCOMPILED):
        scored = results.scores.get((name, "J1"))
        if scored is None:
            faults.append(f"{name} has drawn no J1")
        elif not scored.counts():
            faults.append(f"{name}: J1 has ssim {scored.ssim} and mean {scored.mean}, needs {LEAST_SSIM} and {MOST_MEAN}")
    for job in ("J1", "J2", "J3"):
        pictures = [OUT / f"{name}.{job}" for name in (COMPILED, UNCOMPILED)]
        if all(picture.exists() for picture in pictures) and pictures[0].read_bytes() != pictures[1].read_bytes():
            faults.append(f"{job}: the compiled template draws other bytes")
    return faults


if __name__ == "__main__":
    sys.exit(main())
