#!/usr/bin/env python3
"""A cluster of Ray that loses a node half-way: `tools/ray_drill.py [--rows 20000]`.

Two nodes on this machine draw a feed by `python -m templrender.batch --engine ray`; when half of the parts are there, every process of one node is killed with SIGKILL.
Held to: every row once, the files of the local engine byte for byte, none that is partial or temporary. Printed beside: what the engine takes for a row when nothing is
drawn (the same pipeline around an empty function), and what drawing a row takes.

Needs `pip install 'ray[data]' pyarrow` and the package on PYTHONPATH; `python/test.sh drill` has both.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import os
import signal
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

os.environ.setdefault("RAY_DATA_DISABLE_PROGRESS_BARS", "1")
os.environ.setdefault("RAY_ENABLE_UV_RUN_RUNTIME_ENV", "0")

import pyarrow as pa
import pyarrow.parquet as pq
import ray
from ray.cluster_utils import Cluster

from templrender.arrow import BatchRenderer
from templrender.batch import cluster
from templrender.batch.counts import Counts
from templrender.batch.draw import Work
from templrender.batch.feed import find
from templrender.batch.options import parse
from templrender.batch.parts import Part, parts
from templrender.batch.run import run
from templrender.batch.store import open_store

ROOT = Path(__file__).resolve().parent.parent
TEMPLATE = ROOT / "templates" / "og-card"
PART_ROWS = 100
# What a process of Ray calls itself while it runs a task of ours.
DRAWING = "ray::_run"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=20_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="ray-drill-") as folder:
        return drill(Path(folder), options.rows)


def drill(folder: Path, rows: int) -> int:
    feed = folder / "feed.parquet"
    pq.write_table(
        pa.table(
            {
                "id": [f"r{i:06}" for i in range(rows)],
                "title": [f"Aster honey, {i} g" for i in range(rows)],
                "author": ["Mira Larch", "Ada Elm", "Jon Rowan", "Ida Birch"] * (rows // 4)
                + ["Mira Larch"] * (rows % 4),
            }
        ),
        feed,
    )
    shared = [
        str(feed),
        "--template",
        str(TEMPLATE),
        "--format",
        "jpg",
        "--scale",
        "0.25",
        "--now",
        "0",
        "--part-rows",
        str(PART_ROWS),
    ]
    local, far = folder / "local", folder / "ray"

    begun = time.monotonic()
    hold(run(parse([*shared, "--out", str(local)])) == 0, "the local engine draws all")
    local_s = time.monotonic() - begun
    processors = len(os.sched_getaffinity(0))
    row_us = 1e6 * local_s * processors / rows
    print(f"local: {rows:,} rows in {local_s:.1f} s on {processors} threads, {row_us:.0f} us of a thread each")

    with two_nodes() as (nodes, second):
        overhead(feed, rows, PART_ROWS)  # which starts the processes
        noop_us = {size: overhead(feed, rows, size) for size in (PART_ROWS, 1000)}
        killed: list[str] = []
        watch = threading.Thread(target=kill_half_way, args=(second, far, rows, killed), daemon=True)
        watch.start()
        begun = time.monotonic()
        status = run(parse([*shared, "--out", str(far), "--engine", "ray", "--ray-address", nodes.address]))
        far_s = time.monotonic() - begun
        watch.join(timeout=10)
    hold(status == 0, "the cluster draws all")
    hold(bool(killed), "a node was killed half-way")
    hold(any(DRAWING in called for called in killed), f"it was drawing when it was killed: {killed}")
    print(
        f"ray: {rows:,} rows in {far_s:.1f} s; {len(killed)} processes of one node killed half-way, {sum(DRAWING in called for called in killed)} of them drawing"
    )

    found = pq.read_table(far / "pictures", columns=["id"])["id"].to_pylist()
    hold(
        len(found) == rows and len(set(found)) == rows,
        f"every row once, found {len(found):,} of which {len(set(found)):,} differ",
    )
    same = digests(local) == digests(far)
    hold(same, "the same files with the same bytes as the local engine's")
    rest = [str(path.relative_to(far)) for path in far.rglob("*") if path.is_file() and path.parent.name != "pictures"]
    hold(sorted(rest) == ["_done.json", "_run.json"], f"nothing partial or temporary is left, found {rest}")
    for size, us in noop_us.items():
        print(
            f"engine: {us:.0f} us a row in parts of {size} with nothing drawn ({us * size / 1000:.0f} ms a part), "
            f"beside {row_us:.0f} us of drawing: {100 * us / row_us:.1f} %"
        )
    print(f"load average {os.getloadavg()[0]:.1f} on {processors} processors")
    print("ray drill: passed")
    return 0


def hold(good: bool, what: str) -> None:
    if not good:
        sys.exit(f"ray drill: FAILED: {what}")


@contextlib.contextmanager
def two_nodes() -> Any:
    """A cluster of two nodes of two processors, whose head knows after some seconds that the other is dead."""
    config = {"health_check_period_ms": 1000, "health_check_timeout_ms": 2000, "health_check_failure_threshold": 3}
    node = {"num_cpus": 2, "object_store_memory": 200 << 20, "include_dashboard": False}
    nodes = Cluster(initialize_head=True, head_node_args={**node, "_system_config": config})
    second = nodes.add_node(num_cpus=2, object_store_memory=200 << 20)
    ray.init(address=nodes.address, log_to_driver=False, logging_level="ERROR")
    try:
        yield nodes, second
    finally:
        ray.shutdown()
        nodes.shutdown()


def overhead(feed: Path, rows: int, size: int) -> float:
    """Microseconds a row that parts of a size take from the feed through the cluster and back when nothing is drawn."""
    work = Work(BatchRenderer(TEMPLATE, now=0), open_store(str(feed.parent / "nowhere")), files=False)
    begun = time.monotonic()
    cut = parts(find(str(feed)).pieces(), size, "part-", b"")
    drawn = cluster.draw_all(work, cut, address=None, at_once=None, draw=nothing)
    total = sum((counts for _, counts in drawn), Counts())
    hold(total.rows == rows, "the empty function sees every row")
    return 1e6 * (time.monotonic() - begun) / rows


def nothing(work: Work, part: Part) -> Counts:
    return Counts(rows=part.rows.num_rows)


def kill_half_way(node: Any, out: Path, rows: int, killed: list[str]) -> None:
    """SIGKILL for all that one node runs, once half of the parts are there and one of its processes is drawing another."""
    half = rows // PART_ROWS // 2
    while not (out / "pictures").exists() or sum(1 for _ in os.scandir(out / "pictures")) < half:
        time.sleep(0.02)
    raylet = node.all_processes["raylet"][0].process.pid
    while not any(DRAWING in title(pid) for pid in descendants(raylet)):
        time.sleep(0.001)
    for pid in [raylet, *descendants(raylet)]:
        with contextlib.suppress(ProcessLookupError):
            called = title(pid)
            os.kill(pid, signal.SIGKILL)
            killed.append(called[:40])


def title(pid: int) -> str:
    """What a process calls itself; nothing where it has ended."""
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
    return ""


def descendants(pid: int) -> list[int]:
    """The processes that a process has started, and those that these have."""
    parents: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
                parents.setdefault(parent, []).append(int(entry.name))
    children = parents.get(pid, [])
    return [*children, *(below for child in children for below in descendants(child))]


def digests(out: Path) -> dict[str, str]:
    """What each part's file is."""
    return {path.name: hashlib.blake2b(path.read_bytes()).hexdigest() for path in (out / "pictures").iterdir()}


if __name__ == "__main__":
    sys.exit(main())
