#!/usr/bin/env python3
"""python_million.py PROGRAMS ROWS: made-up products checked through Arrow from Python, and as a table by the program, in one run.

The rows are written once as a table (by `shop`, with planted defects) and once as Parquet. Each check runs in a process of its own, in turns; its time
counts from its start to its end, imports and all, and the kernel says its peak of resident memory. `python_million.py check FILE REPORT` is the one in
Python: batches go from the file into `check_batches`, and nothing is kept of them.
"""

import json
import os
import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
TEMPLATE = ROOT / "templates" / "product-sale"
NOW = "2026-11-21T12:00:00Z"
MOST = 1.2
ROUNDS = 3


def compare(programs: Path, rows: int) -> list[str]:
    """What is wrong, after printing what was measured."""
    folder = ROOT / "target" / "python-million"
    folder.mkdir(parents=True, exist_ok=True)
    table, file = folder / "shop.tsv", folder / "shop.parquet"
    told = subprocess.run([programs / "shop", str(rows), table], check=True, stdout=subprocess.PIPE, text=True).stdout
    planted: dict[str, int] = json.loads(told)
    write_parquet(table, file)
    reports = {"program": folder / "program.json", "Python": folder / "python.json"}
    commands: dict[str, list[str | Path]] = {
        "program": [
            programs / "templrender",
            "check",
            TEMPLATE,
            table,
            "--report",
            reports["program"],
            "--jobs",
            "2",
            "--now",
            NOW,
        ],
        "Python": [sys.executable, Path(__file__), "check", file, reports["Python"]],
    }
    measured: dict[str, list[tuple[float, float, float]]] = {name: [] for name in commands}
    for _ in range(ROUNDS):
        for name, command in commands.items():
            measured[name].append(timed(command))
    print(f"\n{rows:,} rows checked, {ROUNDS} rounds in turns, on two processors, load {os.getloadavg()[0]:.1f}")
    for name, runs in measured.items():
        seconds, cpu, peak = (statistics.median(values) for values in zip(*runs, strict=True))
        print(
            f"{name:8} {seconds:6.1f} s, {rows / seconds:9,.0f} rows/s, {cpu:6.1f} s of processor time, peak {peak:.0f} MB"
        )
    ratio = statistics.median(b[0] / a[0] for a, b in zip(measured["program"], measured["Python"], strict=True))
    print(f"Python's time is {ratio:.2f} of the program's, at most {MOST} is wanted")
    faults = [] if ratio <= MOST else [f"million: {ratio:.2f} of the program's time, over {MOST}"]
    for name, path in reports.items():
        faults += [f"{name}: {fault}" for fault in unlike(json.loads(path.read_text(encoding="utf-8")), planted, rows)]
    return faults


def write_parquet(table: Path, file: Path) -> None:
    """The table's cells as texts: a cell that is empty is an empty text, as the program reads it."""
    import pyarrow.csv
    import pyarrow.parquet

    header = table.open(encoding="utf-8").readline().rstrip("\n").split("\t")
    reader = pyarrow.csv.open_csv(
        table,
        parse_options=pyarrow.csv.ParseOptions(delimiter="\t", quote_char=False),
        convert_options=pyarrow.csv.ConvertOptions(
            column_types=dict.fromkeys(header, pyarrow.string()), strings_can_be_null=False
        ),
    )
    with pyarrow.parquet.ParquetWriter(file, reader.schema, compression="zstd") as writer:
        for batch in reader:
            writer.write_batch(batch)


def timed(command: list[str | Path]) -> tuple[float, float, float]:
    """Seconds, seconds of processor time, and megabytes at the peak."""
    began = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, preexec_fn=two_processors)
    _, status, used = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise SystemExit(f"exit status {process.returncode} of {command[0]}")
    return seconds, used.ru_utime + used.ru_stime, used.ru_maxrss / 1e3


def two_processors() -> None:
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:2])


def unlike(report: dict[str, Any], planted: dict[str, int], rows: int) -> list[str]:
    counts = report["codes"] | {"failed": report["failed"]}
    wrong = [
        f"{code}: planted {count}, found {counts.get(code, 0)}"
        for code, count in planted.items()
        if counts.get(code, 0) != count
    ]
    return wrong if report["rows"] == rows else [*wrong, f"rows: {rows} written, {report['rows']} read"]


def check(file: Path, report: Path) -> None:
    """What a data engineer writes."""
    from datetime import datetime

    import pyarrow
    import pyarrow.parquet

    import templrender

    bundle = templrender.open(TEMPLATE)
    opened = pyarrow.parquet.ParquetFile(file)
    batches = pyarrow.RecordBatchReader.from_batches(opened.schema_arrow, opened.iter_batches(batch_size=8192))
    found = templrender.check_batches(bundle, batches, now=datetime.fromisoformat(NOW), threads=2)
    report.write_text(found.to_json(), encoding="utf-8")
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1000, "MB")


if __name__ == "__main__":
    if sys.argv[1] == "check":
        check(Path(sys.argv[2]), Path(sys.argv[3]))
    else:
        faults = compare(Path(sys.argv[1]), int(sys.argv[2]))
        for fault in faults:
            print(fault, file=sys.stderr)
        sys.exit(1 if faults else 0)
