#!/usr/bin/env python3
"""Load: how many requests a second the service answers at 75 % hits, and thumbor at a comparable job in the same run.

    load.py [SECONDS]

Prints requests/s, p50, p99, Mbit/s, hit rate, the processor's share of drawing, load average and memory. The generator and the origin run on the same
processors; what they take is printed beside.
"""
import os
import random
import shutil
import subprocess
import sys
import time
from pathlib import Path

import rig

CONNECTIONS = 32
PRODUCTS = 20_000
# Answers that the memory of the service holds; with photos beside them.
MEMORY = "512M"
AIM = 0.75


def show(name, told, took_cpu, child, hits, more=""):
    seconds = told["seconds"]
    cores = os.cpu_count()
    share = f"processor {took_cpu / seconds / cores:.0%} of {cores} cores"
    print(f"{name}: {told['requests'] / seconds:,.0f} requests/s, p50 {told['p50_ms']:.1f} ms, p90 {told['p90_ms']:.1f} ms, p99 {told['p99_ms']:.1f} ms, "
          f"{told['bytes'] * 8 / seconds / 1e6:,.0f} Mbit/s, {told['bytes'] / max(1, told['requests']) / 1000:.0f} kB an answer, hits {hits}, {share}{more}, "
          f"RSS {child.rss_mb():.0f} MB; statuses {told['status']}, {told['socket_errors']} socket errors, load average {rig.load_average()}", flush=True)


def warm_up(file, count):
    """Asks for the most popular ones, the least of them first, so that they are the last to be driven out."""
    paths = file.read_text().split("\n")[:count]
    warm = rig.ROOM / "urls-warm.txt"
    warm.write_text("\n".join(reversed(paths)) + "\n")
    began = time.monotonic()
    done = 0
    while done < count and time.monotonic() - began < 120:
        done += rig.wrk(rig.PORT, 5, CONNECTIONS, warm, exponent=0, first=done)["requests"]
    print(f"warm after {done} pictures in {time.monotonic() - began:.0f} s", flush=True)


def tune(file):
    """Zipf's exponent that gives the hits aimed at, by halving."""
    low, high = 0.6, 1.6
    exponent, hits = 1.0, 0.0
    for _ in range(7):
        before = rig.metrics()
        rig.wrk(rig.PORT, 6, CONNECTIONS, file, exponent)
        hits = rig.hit_rate(rig.gained(rig.metrics(), before))
        print(f"Zipf {exponent:.2f}: {hits:.1%} hits", flush=True)
        if abs(hits - AIM) < 0.015:
            break
        low, high = (exponent, high) if hits < AIM else (low, exponent)
        exponent = (low + high) / 2
    return exponent


def ours(file, seconds):
    with rig.service("service", "--cache-memory", MEMORY) as service:
        warm_up(file, 2_500)
        exponent = tune(file)
        before, cpu = rig.metrics(), service.cpu()
        drawing, fetched = service.cpu_of_threads("templrender-render"), rig.origin_counts()[str(rig.ORIGINS[0])]
        told = rig.wrk(rig.PORT, seconds, CONNECTIONS, file, exponent)
        counts, took = rig.gained(rig.metrics(), before), service.cpu() - cpu
        drawing = service.cpu_of_threads("templrender-render") - drawing
        asked = rig.origin_counts()[str(rig.ORIGINS[0])]["requests"] - fetched["requests"]
        renders = rig.total(counts, "templrender_renders_total")
        each = 1000 * drawing / renders if renders else 0.0
        more = (f", of it drawing {drawing / took:.0%} ({renders / told['seconds']:.0f} pictures/s, {each:.1f} ms each), "
                f"{asked / told['seconds']:.0f} fetches/s")
        show("templrender", told, took, service, f"{rig.hit_rate(counts):.1%} (Zipf {exponent:.2f})", more)
        print(f"templrender hits only: {hits_only(file)}", flush=True)
        return told, exponent


def hits_only(file):
    """What is answered from memory alone."""
    few = rig.ROOM / "urls-few.txt"
    few.write_text("\n".join(file.read_text().split("\n")[:200]) + "\n")
    rig.wrk(rig.PORT, 3, CONNECTIONS, few, exponent=0)
    told = rig.wrk(rig.PORT, 8, CONNECTIONS, few, exponent=0)
    return f"{told['requests'] / told['seconds']:,.0f} requests/s, p50 {told['p50_ms']:.1f} ms, p99 {told['p99_ms']:.1f} ms, {told['bytes'] * 8 / told['seconds'] / 1e6:,.0f} Mbit/s"


def thumbor(exponent, seconds):
    """The photos alone, cropped to the ad's place, without its cache and with it."""
    home = Path(os.environ.get("PEERS_HOME", Path.home() / ".cache" / "templrender-peers"))
    program = home / "venv-thumbor" / "bin" / "thumbor"
    if not program.exists():
        print(f"thumbor is left out: {program} is not there (shared/peers/setup.sh installs it)")
        return
    version = subprocess.run([program.parent / "pip", "show", "thumbor"], capture_output=True, text=True).stdout
    version = next((line.split()[1] for line in version.splitlines() if line.startswith("Version:")), "?")
    lines = [f"/unsafe/960x640/http%3A//127.0.0.1%3A{rig.ORIGINS[1]}/p/{number}.jpg" for number in range(3 * PRODUCTS)]
    random.Random(1).shuffle(lines)
    file = rig.ROOM / "urls-thumbor.txt"
    file.write_text("\n".join(lines) + "\n")
    stored = rig.ROOM / "thumbor"
    for cached in (False, True):
        shutil.rmtree(stored, ignore_errors=True)
        storage = "file_storage" if cached else "no_storage"
        settings = {"QUALITY": 85, "MAX_AGE": 3600, "HTTP_LOADER_MAX_CLIENTS": 100, "ALLOWED_SOURCES": ["127.0.0.1"],
                    "STORAGE": "thumbor.storages.no_storage", "FILTERS": []}
        if cached:
            settings |= {"RESULT_STORAGE": f"thumbor.result_storages.{storage}", "RESULT_STORAGE_STORES_UNSAFE": True,
                         "RESULT_STORAGE_FILE_STORAGE_ROOT_PATH": str(stored)}
        config = rig.ROOM / "thumbor.conf"
        config.write_text("".join(f"{key} = {value!r}\n" for key, value in settings.items()))
        probe = f"http://127.0.0.1:{rig.THUMBOR_PORT}{lines[-1]}"
        command = [program, "--processes", os.cpu_count(), "-i", "127.0.0.1", "-p", rig.THUMBOR_PORT, "-c", config, "-l", "error"]
        with rig.Child("thumbor", command, ready=lambda _: answers(probe)) as child:
            if cached:
                # The most popular ones first, as ours was warmed.
                rig.wrk(rig.THUMBOR_PORT, 20, CONNECTIONS, file, exponent=0)
            cpu, before = child.cpu(), rig.origin_counts()[str(rig.ORIGINS[1])]
            told = rig.wrk(rig.THUMBOR_PORT, seconds, CONNECTIONS, file, exponent)
            asked = rig.origin_counts()[str(rig.ORIGINS[1])]["requests"] - before["requests"]
            hits = f"{1 - asked / max(1, told['requests']):.1%}" if cached else "none kept"
            kind = "with its result storage" if cached else "without a cache"
            show(f"thumbor {version} {kind}", told, child.cpu() - cpu, child, hits)
    shutil.rmtree(stored, ignore_errors=True)


def answers(url):
    try:
        return rig.get(url, 5)[0] == 200
    except OSError:
        return False


def main(seconds):
    rig.ROOM.mkdir(parents=True, exist_ok=True)
    print(f"{os.cpu_count()} processors, load average before {rig.load_average()}", flush=True)
    with rig.origin():
        file = rig.urls("zipf", PRODUCTS, 0, "acme", rig.ORIGINS[0])
        told, exponent = ours(file, seconds)
        thumbor(exponent, min(seconds, 30))
    verdicts = rig.Verdicts()
    served = told["status"].get("2xx", 0)
    lost = told["requests"] - served + told["socket_errors"] + told["timeouts"]
    verdicts.say(lost == 0 and served > 0, "every request of the run was served", f"{served:,} of {told['requests']:,}, {lost} lost")
    return verdicts.status()


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 60))
