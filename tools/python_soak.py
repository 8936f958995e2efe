#!/usr/bin/env python3
"""python_soak.py [NAME...]: the Python package for a long time. Each drill runs in a process of its own.

Memory: a drill does its work until it is warm, then 10,000 pictures (or their like) more, and resident memory may not have grown by more than 1 MiB.
Threads: eight threads draw 1,000 pictures each, all with one hash. Ctrl-C: a long batch, a long check and a loop end with KeyboardInterrupt within a second.
`python_soak.py --list` names the drills; PICTURES changes how many.
"""

import ctypes
import gc
import hashlib
import os
import pickle
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from datetime import UTC
from pathlib import Path

import templrender as tr

ROOT = Path(__file__).resolve().parent.parent
PAGE = os.sysconf("SC_PAGE_SIZE")
PICTURES = int(os.environ.get("PICTURES", "10000"))
MOST_GROWTH = 1024 * 1024
NOW = 1_795_262_400

CARD = """{ "templrender": 1, "name": "card", "size": [240, 120], "background": "linear-gradient(90deg, #fff, #ccf)",
  "variants": { "tall": { "size": [120, 240] } },
  "layers": [
    { "type": "image", "src": "{{ photo }}", "left": 0, "top": 0, "width": 80, "height": 80, "object-fit": "cover", "border-radius": 8 },
    { "type": "text", "text": "{{ title }}", "left": 90, "top": 10, "width": 140, "height": 60, "font-size": 24, "min-font-size": 8 },
    { "type": "text", "text": "{{ price }}", "left": 90, "bottom": 4, "font-size": 18, "color": "#d0021b" } ] }"""

Once = Callable[[int], object]
PHOTO = (ROOT / "templates/product-sale/rows/photos/bee.webp").read_bytes()
COVER = """{ "templrender": 1, "name": "cover", "size": [80, 80],
  "layers": [ { "type": "image", "src": "{{ photo }}", "left": 0, "top": 0, "width": 80, "height": 80, "object-fit": "cover" } ] }"""
WORDS = """{ "templrender": 1, "name": "words", "size": [240, 120], "background": "linear-gradient(90deg, #fff, #ccf)",
  "layers": [ { "type": "text", "text": "{{ title }}", "left": 9, "top": 9, "width": 140, "height": 60, "font-size": 24 } ] }"""


def small_photo() -> bytes:
    renderer = tr.Renderer()
    return renderer.render(renderer.plan(tr.Template(COVER), {"photo": PHOTO})).encode(tr.Output.jpeg(85))


def rendering() -> Once:
    """Plan, answer, draw, encode in three formats, look at the pixels, take the report."""
    renderer, template = tr.Renderer(), tr.Template(CARD)
    outputs = [tr.Output.png(), tr.Output.jpeg(85), tr.Output.webp()]
    small = small_photo()

    def once(number: int) -> object:
        row = {"title": f"Aster honey {number % 97}", "price": tr.Money(number % 100, "EUR"), "photo": "a.webp"}
        plan = renderer.plan(template, row, variant="tall" if number % 3 == 0 else None)
        resources = tr.Resources()
        for need in plan.pending(resources):
            resources.insert(need, small)
        rendered = renderer.render(plan, resources)
        view = memoryview(rendered.frame)
        assert view.shape == (rendered.frame.height, rendered.frame.width, 4)
        return len(rendered.encode(outputs[number % 3])) + len(rendered.report.to_json())

    return once


def errors() -> Once:
    """Every kind of failure, with its faults, and what was thrown away half-way."""
    renderer, template = tr.Renderer(), tr.Template(CARD)
    row = {"title": "a", "price": "1 EUR", "photo": "a.webp"}

    def broken_template() -> object:
        return tr.Template('{ "templrender": 1, "name": "x", "size": [0, 1], "layers": [ { "type": "txt" } ] }')

    def broken_row() -> object:
        return renderer.plan(template, row | {"title": object()})

    def unknown_variant() -> object:
        return renderer.plan(template, row, variant="none")

    def broken_picture() -> object:
        return tr.Frame.decode(b"<!doctype html>")

    def unanswered() -> object:
        plan = renderer.plan(template, row)
        resources = tr.Resources()
        for need in plan.pending(resources):
            resources.fail(need, "status 404")
        return renderer.render(plan, resources)

    def cancelled() -> object:
        stop = tr.Cancel()
        stop.set()
        plan = renderer.plan(template, row)
        return renderer.render(plan, tr.Resources(), cancel=stop)

    causes = [broken_template, broken_row, unknown_variant, broken_picture, unanswered, cancelled]

    def once(number: int) -> object:
        cause = causes[number % len(causes)]
        try:
            return cause()
        except tr.Error as error:
            return len(str(error)) + len(error.faults) + len(pickle.dumps(error)) + len(error.to_json())

    return once


def panics() -> Once:
    """A panic in Rust is an exception, and leaves nothing behind."""
    from templrender import _templrender

    def once(number: int) -> object:
        try:
            _templrender._provoke_panic(f"number {number}")
        except tr.BugError as error:
            return str(error)
        raise AssertionError("a panic is a BugError")

    return once


def values() -> Once:
    """Rows of all kinds of values in and out, as dictionaries, JSON and pickles."""
    from datetime import date, datetime
    from decimal import Decimal

    def once(number: int) -> object:
        row = tr.Row(
            {
                "a": number,
                "b": 1.5,
                "c": Decimal("1.10"),
                "d": date(2026, 11, 21),
                "e": datetime(2026, 11, 21, 12, tzinfo=UTC),
            },
            f=[1, "two", {"three": [None, True]}],
            g=tr.Money("6.90", "EUR"),
            h=PHOTO,
            i="text" * 20,
        )
        back = dict(row)
        again = pickle.loads(pickle.dumps(row))
        return len(back) + len(again.to_json()) + len(tr.Row.from_json(row.to_json()))

    return once


def pixels() -> Once:
    """Frames from arrays and pictures of Pillow, and back."""
    import numpy
    from PIL import Image

    array = numpy.arange(64 * 64 * 4, dtype=numpy.uint8).reshape(64, 64, 4)
    picture = Image.fromarray(array)

    def once(number: int) -> object:
        frame = tr.Frame(array if number % 2 else picture)
        return (
            frame.to_numpy().sum()
            + len(frame.to_pil().tobytes())
            + len(frame.to_rgba())
            + len(pickle.dumps(frame.encode()))
        )

    return once


def feeds() -> Once:
    """A feed in pieces, and its check."""
    lines = b"id\ttitle\tprice\n" + b"".join(b"%d\tAster honey\t6.90 EUR\n" % n for n in range(50)) + b"x\ty\n"

    def once(number: int) -> object:
        reader = tr.FeedReader("delimited")
        found = 0
        for at in range(0, len(lines), 100):
            reader.push(lines[at : at + 100])
            while (item := reader.next_row()) is not None:
                found += 1 if item.error is None else 0
        reader.finish()
        while (item := reader.next_row()) is not None:
            found += 1 if item.error is None else 0
        return found

    return once


def bundles() -> Once:
    """Templates opened from packs, and pickled."""
    folder = ROOT / "templates/og-card"
    zipped = pickle.dumps(tr.open(folder))

    def once(number: int) -> object:
        bundle = pickle.loads(zipped)
        return bundle.version, len(bundle.resources()), bundle.template.variants

    return once


def batches() -> Once:
    """Arrow in, Arrow out: eight rows a batch, some of them failing."""
    import pyarrow

    from templrender.arrow import BatchRenderer

    pack = tr.Pack()
    pack.add("template.json", CARD.encode())
    small = small_photo()
    renderer = BatchRenderer(pack.open(), threads=2)
    batch = pyarrow.RecordBatch.from_pylist(
        [
            {"id": str(n), "title": f"Aster honey {n}", "price": "6.90 EUR" if n % 4 else "cheap", "photo": small}
            for n in range(8)
        ]
    )

    def once(number: int) -> object:
        return pyarrow.record_batch(renderer.render(batch)).num_rows

    return once


# name: the drill, how many rounds of it stand for 10,000 pictures
MEMORY: dict[str, tuple[Callable[[], Once], float]] = {
    "rendering": (rendering, 1),
    "errors": (errors, 1),
    "panics": (panics, 0.1),
    "values": (values, 1),
    "pixels": (pixels, 1),
    "feeds": (feeds, 0.2),
    "bundles": (bundles, 0.1),
    "batches": (batches, 1 / 8),
}


def resident(trimmed: bool = False) -> int:
    gc.collect()
    if trimmed:
        ctypes.CDLL(None).malloc_trim(0)
    with open("/proc/self/statm", encoding="ascii") as statm:
        return int(statm.read().split()[1]) * PAGE


def memory(name: str) -> None:
    setup, share = MEMORY[name]
    once = setup()
    rounds = max(int(PICTURES * share), 10)
    # Threads of a batch come and go, each with an arena of the allocator's, which keeps the most that it ever had: what is free is given back before it is measured.
    trimmed = name == "batches"
    for number in range(max(rounds // 5, 200)):
        once(number)
    warm, began = resident(trimmed), time.perf_counter()
    for number in range(rounds):
        once(number)
    seconds = time.perf_counter() - began
    grown = resident(trimmed) - warm
    print(f"{name}: {rounds} rounds, {seconds:.0f} s, {warm / 2**20:.0f} MiB, grown by {grown / 1024:+.0f} KiB")
    assert grown <= MOST_GROWTH, f"{name}: {grown} bytes more after {rounds} rounds"


def threads() -> None:
    """Eight threads, one renderer, one plan: one hash."""
    renderer, template = tr.Renderer(), tr.Template(CARD)
    resources = tr.Resources()
    plan = renderer.plan(template, {"title": "Aster honey", "price": "6.90 EUR", "photo": small_photo()})
    each = max(PICTURES // 10, 10)
    hashes: list[set[str]] = [set() for _ in range(8)]
    faults: list[BaseException] = []

    def work(found: set[str]) -> None:
        try:
            for _ in range(each):
                found.add(hashlib.sha256(renderer.render(plan, resources).encode()).hexdigest())
        except BaseException as fault:
            faults.append(fault)
            raise

    workers = [threading.Thread(target=work, args=(found,)) for found in hashes]
    began, warm = time.perf_counter(), resident()
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    found = set().union(*hashes)
    seconds, grown = time.perf_counter() - began, resident() - warm
    print(f"threads: 8 x {each} pictures in {seconds:.0f} s, {len(found)} hash, {grown / 2**20:+.1f} MiB")
    assert not faults and len(found) == 1, (faults, found)


LONG_LOOP = f"""
import templrender as tr
renderer, template = tr.Renderer(), tr.Template({WORDS!r})
print("begun", flush=True)
while True:
    renderer.render(renderer.plan(template, {{"title": "a"}}))
"""
LONG_BATCH = f"""
import pyarrow, templrender as tr
from templrender.arrow import BatchRenderer
pack = tr.Pack()
pack.add("template.json", {WORDS!r}.encode())
renderer = BatchRenderer(pack.open(), threads=2)
batch = pyarrow.RecordBatch.from_pylist([{{"id": str(n), "title": f"Aster {{n}}"}} for n in range(400_000)])
print("begun", flush=True)
for done in renderer.iter([batch]):
    pass
"""
LONG_CHECK = f"""
import pyarrow, templrender as tr
pack = tr.Pack()
pack.add("template.json", {WORDS!r}.encode())
batch = pyarrow.RecordBatch.from_pylist([{{"id": str(n), "title": f"Aster {{n}}"}} for n in range(2_000_000)])
print("begun", flush=True)
tr.check_batches(pack.open(), batch, threads=2)
"""


def interrupt() -> None:
    """Ctrl-C is heard within a second, by a loop as by one long call, and the interpreter ends as after any KeyboardInterrupt."""
    for name, code in {"loop": LONG_LOOP, "batch": LONG_BATCH, "check": LONG_CHECK}.items():
        process = subprocess.Popen(
            [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line == "begun\n", process.communicate()[1]
        time.sleep(1.5)
        began = time.perf_counter()
        process.send_signal(signal.SIGINT)
        try:
            _, told = process.communicate(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            raise AssertionError(f"interrupt: the {name} goes on") from None
        seconds = time.perf_counter() - began
        print(f"interrupt: the {name} ended {seconds * 1e3:.0f} ms after Ctrl-C")
        assert "KeyboardInterrupt" in told and process.returncode == -signal.SIGINT, (name, process.returncode, told)
        assert seconds < 1.0, f"interrupt: the {name} took {seconds:.1f} s"


DRILLS: dict[str, Callable[[], None]] = {
    **{name: (lambda name=name: memory(name)) for name in MEMORY},
    "threads": threads,
    "interrupt": interrupt,
}


def main() -> int:
    signal.signal(signal.SIGINT, signal.default_int_handler)  # which a shell's background takes away
    if sys.argv[1:] == ["--list"]:
        print(*DRILLS)
        return 0
    if sys.argv[1:2] == ["--drill"]:
        DRILLS[sys.argv[2]]()
        return 0
    failed = []
    for name in sys.argv[1:] or DRILLS:
        if subprocess.run([sys.executable, __file__, "--drill", name]).returncode != 0:
            failed.append(name)
    if failed:
        print(f"soak: failed: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
