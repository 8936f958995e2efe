#!/usr/bin/env python3
"""check_million.py PROGRAMS ROWS: a feed of made-up products through `templrender check`, held to time, memory and planted counts.

PROGRAMS is the folder of `shop` and `templrender`. It prints the wall time and the peak of resident memory, and fails above the limits or where
a planted defect is not found exactly. The limits are those of a million rows on two processors.
"""

import json
import os
import pathlib
import resource
import subprocess
import sys
import time

MAX_SECONDS = 60.0
MAX_MB = 200.0


def main() -> int:
    programs, rows = pathlib.Path(sys.argv[1]), int(sys.argv[2])
    root = pathlib.Path(__file__).resolve().parent.parent
    out = root / "target" / "million"
    out.mkdir(parents=True, exist_ok=True)
    feed, report = out / "shop.tsv", out / "report.json"
    planted = json.loads(subprocess.run([programs / "shop", str(rows), feed], check=True, stdout=subprocess.PIPE, text=True).stdout)
    print(f"{rows} rows, {feed.stat().st_size / 1e6:.0f} MB, planted {planted}", flush=True)

    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:2])
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    started = time.monotonic()
    command = [programs / "templrender", "check", root / "templates" / "product-sale", feed, "--report", report, "--jobs", "2", "--now", "2026-11-21T12:00:00Z"]
    with open(out / "report.txt", "w", encoding="utf-8") as text:
        status = subprocess.run(command, stdout=text).returncode
    seconds = time.monotonic() - started
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    # The kernel's kilobytes are of the largest child so far, and the generator is smaller than the check.
    peak = after.ru_maxrss / 1e3
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print((out / "report.txt").read_text(encoding="utf-8"))
    print(f"check: {seconds:.1f} s, {cpu:.1f} s of processor time, {1e6 * cpu / rows:.1f} us a row, peak {peak:.0f} MB")

    wrong = [] if status == 0 else [f"exit status {status}"]
    found = json.loads(report.read_text(encoding="utf-8"))
    counts = found["codes"] | {"failed": found["failed"]}
    wrong += [f"{code}: planted {count}, found {counts.get(code, 0)}" for code, count in planted.items() if counts.get(code, 0) != count]
    if found["rows"] != rows:
        wrong.append(f"rows: {rows} written, {found['rows']} read")
    if seconds > MAX_SECONDS:
        wrong.append(f"time: {seconds:.1f} s, over the limit of {MAX_SECONDS:.0f} s")
    if peak > MAX_MB:
        wrong.append(f"memory: {peak:.0f} MB, over the limit of {MAX_MB:.0f} MB")
    for line in wrong:
        print(line, file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
