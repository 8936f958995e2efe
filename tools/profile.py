#!/usr/bin/env python3
"""profile.py [J1] [--pictures N] [--compiled]: where a job's time goes, by microseconds and by instructions.

Three tables of the same program, `peer` with the release profile and line tables:
steps         of `ARCHITECTURE.md`, by the program's own clock (`peer --profile`);
microseconds  of each room below, by samples of perf, times the wall time of a picture;
instructions  of each room, counted by callgrind, which the load of the machine does not change.

Only what happens in `one_picture` counts. A sample or an instruction belongs to the innermost function, inlined ones included, whose source file is in
[`ROOMS`]; what stands in none of them (copying, allocating, page faults, coverage, kernels) belongs to the room that called it. Needs perf, valgrind and
llvm-symbolizer (Debian: linux-perf, valgrind, llvm); without perf or valgrind its table is left out, and that is said.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
PEERS = Path(os.environ.get("PEERS_HOME") or CACHE / "templrender-peers")
OUT = ROOT / "target" / "profile"
MARK = "one_picture"
LEAST_NAMED = 0.95
OTHER = "not named"

# Patterns of `file:function` of a frame and the room that it stands in; the first that is found counts.
ROOMS = [
    (r"src/codec/jpeg/(huffman|bits)", "decode: entropy"),
    (r"src/simd/jpeg_inverse/.*:(.*::)?(colour.*|between|terms|put|centred|run_avx2)$", "decode: colour"),
    (r"src/simd/jpeg_inverse", "decode: inverse transform"),
    (r"src/codec/jpeg/baseline/window|src/simd/planes|src/pixel/taps", "decode: scaling"),
    (r"src/codec/jpeg/(baseline|header)", "decode: rows and upsampling"),
    (r"zune.jpeg|jpeg.decoder", "decode: fallback"),
    (r"src/codec/jpeg/(entropy|writer|rows|kept)", "encode: entropy"),
    (r"src/simd/jpeg_forward/.*:(.*::)?(transform|dct_quant|fast|precise|aan|transpose|load_row)$", "encode: transform"),
    (r"src/simd/jpeg_forward", "encode: colour"),
    (r"src/codec/jpeg/(encode|tables)", "encode: tiles"),
    (r"src/codec/jpeg|src/codec/source", "decode: rest"),
    (r"src/codec/png/deflate|libdeflate", "encode: deflate"),
    (r"src/codec/png/(filter|palette|encode)", "encode: filter and palette"),
    (r"src/codec/png|png-[0-9]|fdeflate|image-[0-9]", "decode: PNG"),
    (r"src/codec/", "codec: rest"),
    (r"fast_image_resize|src/pixel/resize", "resize"),
    (r"src/pixel/", "frames: copying, premultiplying, looking for alpha"),
    (r"src/paint/(shadow|blur)", "paint: shadow"),
    (r"src/paint/picture", "paint: pictures"),
    (r"src/paint/text", "paint: text"),
    (r"src/paint/gradient", "paint: gradient"),
    (r"src/paint/border", "paint: border"),
    (r"src/paint/(group|filter)", "paint: groups"),
    (r"src/paint/mod", "paint: fills and the canvas"),
    (r"src/compile", "compiled: what was drawn before"),
    (r"src/text|cosmic.text|harfrust|skrifa|unicode|icu_", "layout: text"),
    (r"src/layout|taffy", "layout: boxes"),
    (r"src/plan|src/expr|src/row|src/css|src/template", "plan"),
    (r"src/resources|blake3", "answer: probe and digest"),
    (r"src/render|src/report|src/guard", "render: rest"),
    (r"bench/src", "the bench itself"),
]
COMPILED_ROOMS = [(re.compile(pattern), room) for pattern, room in ROOMS]

Frame = tuple[str, str]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("job", nargs="?", default="J1")
    parser.add_argument("--pictures", type=int, default=400, help="pictures of the timed tables; callgrind counts 8")
    parser.add_argument("--compiled", action="store_true", help="with a compiled template")
    parser.add_argument("--functions", type=int, default=0, metavar="N", help="also the N functions with the most instructions of their own")
    parser.add_argument("--program", type=Path, help="a peer with line tables, instead of building one")
    options = parser.parse_args()
    OUT.mkdir(parents=True, exist_ok=True)
    program = options.program or build()
    command = [program] + (["--compiled"] if options.compiled else [])
    print(f"{options.job}{', compiled' if options.compiled else ''}: load {os.getloadavg()[0]:.1f}\n", flush=True)
    steps = ask([*command, "--profile", options.job, str(options.pictures)])
    print(steps)
    wall_us = float(next(line.split()[1] for line in steps.splitlines() if line.startswith("wall")))
    micros = sampled(command, options.job, options.pictures, wall_us)
    counts = counted(command, options.job, 8, options.functions)
    return show(options.job, wall_us, micros, counts)


def build() -> Path:
    """The peer of the profile `release` with line tables, which change no instruction, in a folder of its own."""
    into = TARGET / "profile" / "build"
    command: list[str | Path] = ["cargo", "build", "--locked", "--workspace", "--release", "--bin", "peer", "--target-dir", into]
    subprocess.run(command, cwd=ROOT, check=True, env=os.environ | {"CARGO_PROFILE_RELEASE_DEBUG": "line-tables-only"})
    return into / "release" / "peer"


def ask(command: list[str | Path]) -> str:
    environment = os.environ | {"PEERS_ROOT": str(PEERS)}
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=environment, preexec_fn=shield).stdout


def shield() -> None:
    """Keeps other work of the machine away, where the user may do that."""
    try:
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(10))
    except OSError:
        pass


def room_of(frames: Iterable[Frame]) -> str | None:
    """The room of the innermost frame that has one."""
    for function, file in frames:
        if MARK in function:
            return None
        # Without line tables a function's path is all that there is.
        place = file if file != "??" else function.replace("::", "/").replace("templrender/", "src/")
        for pattern, room in COMPILED_ROOMS:
            if pattern.search(f"{place}:{function}"):
                return room
    return None


def frames_at(program: Path, addresses: Iterable[int]) -> dict[int, list[Frame]]:
    """Functions and files at addresses of the program, inlined ones first."""
    asked = sorted(set(addresses))
    text = "".join(f"{address:#x}\n" for address in asked)
    symbolizer = ["llvm-symbolizer", f"--obj={program}", "--inlines", "--demangle", "--functions=linkage"]
    said = subprocess.run(symbolizer, input=text, check=True, stdout=subprocess.PIPE, text=True).stdout
    found: dict[int, list[Frame]] = {}
    for address, block in zip(asked, said.split("\n\n"), strict=False):
        lines = block.strip().splitlines()
        found[address] = [(name, place.rsplit(":", 2)[0]) for name, place in zip(lines[::2], lines[1::2], strict=False)]
    return found


# perf ------------------------------------------------------------------------------------------------------------------------------------------------


def sampled(command: list[str | Path], job: str, pictures: int, wall_us: float) -> dict[str, float] | None:
    """Microseconds of a picture by room, from stacks that perf took by the processor's clock."""
    if shutil.which("perf") is None:
        print("no perf: no microseconds by room", file=sys.stderr)
        return None
    program, data = Path(command[0]).resolve(), OUT / "perf.data"
    record = ["perf", "record", "--quiet", "-e", "cpu-clock", "-F", "1000", "--call-graph", "dwarf,40960", "-o", data, "--", *command, "--draw", job]
    ask([*record, str(pictures)])
    script: list[str | Path] = ["perf", "script", "-i", data, "--no-inline", "-F", "ip,sym,dso"]
    process = subprocess.Popen(script, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert process.stdout is not None
    stacks = read_stacks(process.stdout, program)
    data.unlink()
    found = frames_at(program, (address for stack in stacks for address in stack if address is not None))
    rooms: Counter[str] = Counter()
    for stack, times in stacks.items():
        frames = [frame for address in stack if address is not None for frame in found.get(address, [])]
        # A stack that is deeper than what perf keeps of it never comes to its root; what loads the fonts is not as deep.
        is_cut = not any(function == "main" for function, _ in frames)
        if is_cut or any(MARK in function for function, _ in frames):
            room = room_of(frames) or OTHER
            rooms[room] += times if room != OTHER or not is_cut else 0
    total = sum(rooms.values())
    assert total, f"no sample lies in {MARK}"
    return {room: wall_us * times / total for room, times in rooms.items()}


def read_stacks(lines: Iterable[str], program: Path) -> Counter[tuple[int | None, ...]]:
    """Stacks of addresses of the program, innermost first, with how often each was seen; what lies in other objects is None."""
    stacks, stack = Counter[tuple[int | None, ...]](), list[int | None]()
    address = segments(program)
    for line in lines:
        if match := re.match(r"\s+([0-9a-f]+) .*\((.*)\)$", line):
            # A return address is one past its call.
            at = int(match[1], 16) - (1 if stack else 0)
            stack.append(address(at) if match[2] == str(program) else None)
        elif not line.strip() and stack:
            stacks[tuple(stack)] += 1
            stack = []
    return stacks


def segments(program: Path) -> Callable[[int], int]:
    """What makes the address that a place of the file is linked at of its offset."""
    said = subprocess.run(["readelf", "-lW", program], check=True, stdout=subprocess.PIPE, text=True).stdout
    loaded = [[int(word, 16) for word in line.split()[1:5]] for line in said.splitlines() if line.split()[:1] == ["LOAD"]]

    def address(offset: int) -> int:
        return next((at + offset - from_ for from_, at, _, size in loaded if from_ <= offset < from_ + size), offset)

    return address


# callgrind -------------------------------------------------------------------------------------------------------------------------------------------


def counted(command: list[str | Path], job: str, pictures: int, functions: int) -> dict[str, float] | None:
    """Instructions of a picture by room, counted by callgrind."""
    if shutil.which("valgrind") is None:
        print("no valgrind: no instructions by room", file=sys.stderr)
        return None
    out = OUT / "callgrind.out"
    callgrind = ["valgrind", "--quiet", "--tool=callgrind", "--dump-instr=yes", f"--toggle-collect=*{MARK}*", f"--callgrind-out-file={out}"]
    ask([*callgrind, *command, "--draw", job, str(pictures)])
    program = Path(command[0]).resolve()
    own, calls = read_callgrind(out.read_text(encoding="utf-8").splitlines(), program)
    found = frames_at(program, (address for counts in (*own.values(), *calls.values()) for address in counts if address is not None))
    if functions:
        most: Counter[str] = Counter()
        for function, counts in own.items():
            for address, count in counts.items():
                name, file = (found.get(address) or [("", "")])[0] if address is not None else (function.split(" ")[0], "")
                most[f"{name} ({Path(file).name}) in {function.split(' /')[0]}"] += count
        print("".join(f"{count / pictures:14,.0f}  {name[:170]}\n" for name, count in most.most_common(functions)))
    return {room: count / pictures for room, count in spread(own, calls, found).items()}


Own = dict[str, Counter[int | None]]
Calls = dict[tuple[str, str], Counter[int | None]]


def read_callgrind(lines: Iterable[str], program: Path) -> tuple[Own, Calls]:
    """Instructions of each function by address, and of its calls by callee and address; addresses in other objects are None."""
    names: dict[tuple[str, str], str] = {}

    def name(kind: str, text: str) -> str:
        number, _, rest = text.partition(" ")
        if rest:
            names[kind, number] = rest
        return names.get((kind, number), text)

    own: Own = defaultdict(Counter)
    calls: Calls = defaultdict(Counter)
    address, object_, function, callee, callee_object, is_call = 0, "", "", "", "", False
    for line in lines:
        key, equals, value = line.partition("=")
        if equals and key in ("ob", "fl", "fi", "fe", "fn", "cob", "cfi", "cfl", "cfn", "calls"):
            if key == "ob":
                object_ = name("ob", value)
                callee_object = object_
            elif key == "fn":
                function = f"{name('fn', value)} {object_}"
                callee_object = object_
            elif key == "cob":
                callee_object = name("ob", value)
            elif key == "cfn":
                callee = f"{name('fn', value)} {callee_object}"
                callee_object = object_
            elif key == "calls":
                is_call = True
            else:
                name("fl", value)
        elif match := re.match(r"(0x[0-9a-f]+|[+-][0-9]+|\*) \S+ (\d+)", line):
            at, count = match[1], int(match[2])
            address = address if at == "*" else int(at, 16) if at.startswith("0x") else address + int(at)
            place = address if object_ == str(program) else None
            if is_call:
                calls[function, callee][place] += count
                is_call = False
            else:
                own[function][place] += count
    return own, calls


def spread(own: Own, calls: Calls, found: dict[int, list[Frame]]) -> dict[str, float]:
    """Gives every instruction its room; those of functions without one go to their callers' rooms, as their calls' instructions stand to each other."""
    room_at = {address: room_of(frames) for address, frames in found.items()}
    callers: dict[str, list[tuple[str, Counter[int | None]]]] = defaultdict(list)
    for (caller, callee), counts in calls.items():
        if caller != callee:
            callers[callee].append((caller, counts))
    above: dict[str, dict[str, float]] = {}
    for _ in range(40):  # as deep as functions without a room call each other
        above = {callee: shares(edges, room_at, above) for callee, edges in callers.items()}
    rooms: Counter[str] = Counter()
    total: dict[str, float] = defaultdict(float)
    for function, counts in own.items():
        for address, count in counts.items():
            room = room_at.get(address) if address is not None else None
            if room is not None:
                rooms[room] += count
            else:
                for room, share in (above.get(function) or {OTHER: 1.0}).items():
                    total[room] += share * count
    for room, exact in rooms.items():
        total[room] += exact
    return dict(total)


def shares(edges: list[tuple[str, Counter[int | None]]], room_at: dict[int, str | None], above: dict[str, dict[str, float]]) -> dict[str, float]:
    """How a function's instructions belong to rooms by who calls it from where."""
    found: dict[str, float] = defaultdict(float)
    whole = sum(sum(counts.values()) for _, counts in edges) or 1
    for caller, counts in edges:
        for address, count in counts.items():
            room = room_at.get(address) if address is not None else None
            if room is not None:
                found[room] += count / whole
            else:
                for room, share in above.get(caller, {OTHER: 1.0}).items():
                    found[room] += share * count / whole
    return dict(found)


# The table -------------------------------------------------------------------------------------------------------------------------------------------


def show(job: str, wall_us: float, micros: dict[str, float] | None, counts: dict[str, float] | None) -> int:
    """Prints rooms with microseconds and instructions; fails where less than 95 % has a room."""
    faults = []
    order = list(dict.fromkeys(room for _, room in ROOMS)) + [OTHER]
    micros_total, counts_total = sum((micros or {}).values()) or 1.0, sum((counts or {}).values()) or 1.0
    print(f"| {job}, by room | us | share | instructions | share |\n|---|---:|---:|---:|---:|")
    for room in sorted(order, key=lambda room: -(micros or counts or {}).get(room, 0.0)):
        us, count = (micros or {}).get(room, 0.0), (counts or {}).get(room, 0.0)
        if us or count:
            print(f"| {room} | {us:,.0f} | {us / micros_total:.1%} | {count:,.0f} | {count / counts_total:.1%} |")
    print(f"| **all** | {wall_us if micros else 0.0:,.0f} | | {counts_total:,.0f} | |")
    for what, table in (("microseconds", micros), ("instructions", counts)):
        if table is not None:
            named = 1.0 - table.get(OTHER, 0.0) / (sum(table.values()) or 1.0)
            print(f"{what}: {named:.1%} have a room")
            if named < LEAST_NAMED:
                faults.append(f"{what}: only {named:.1%} have a room, at least {LEAST_NAMED:.0%} is wanted")
    for fault in faults:
        print(f"profile: {fault}", file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
