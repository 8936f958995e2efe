#!/usr/bin/env python3
"""The chain at the hit rates that it is made for: 65 % in Varnish, 75 % in all. The chain must be up, without requests of others.

    bench.py [SECONDS]

URLs are asked for by Zipf's law; the caches are cut to the size that sizing.py computes for these rates. Prints requests/s, Mbit/s, p50,
p99, hits of each tier, what each tier took of the processors, the load average; then the same chain with a constant picture of 40 kB in the
module's place, which is what everything around the drawing can do. The load generator and the origin run on the same machine.
"""

import os
import resource
import sys
import time
from pathlib import Path

import chain
import sizing
from chain import rig

sys.path.insert(0, str(chain.ROOT / "tools" / "serve"))
import photos  # noqa: E402

PRODUCTS, EXPONENT, CONNECTIONS = 4_000, 1.07, 32
VARNISH_HITS, ALL_HITS = 0.65, 0.75
AIM = 1_000
STUB_BYTES = 40_000


def urls():
    """All products in three pictures each, neighbours in popularity having nothing to do with each other; made once for each set of keys and templates."""
    file = chain.ROOM / "urls-bench.txt"
    newest = max(path.stat().st_mtime for path in [chain.SECRETS, Path(chain.__file__), *chain.TEMPLATES.rglob("*.json")])
    if not file.exists() or file.stat().st_mtime < newest:
        every = [path for kind in ("sale", "landscape", "ad") for path in chain.signed(kind, range(PRODUCTS))]
        step = 7_919
        chain.file_of("bench", [every[at * step % len(every)] for at in range(len(every))])
    return file


def weight(paths):
    """The mean of answers, in bytes with their heads."""
    answers = [chain.get(path) for path in paths[:48]]
    if any(answer.status != 200 for answer in answers):
        sys.exit(f"a picture of the bench is refused: {[answer.status for answer in answers]}")
    return sum(len(answer.body) + 600 for answer in answers) / len(answers)


def disk(answers, mean):
    """The bound of a node's cache for so many answers in all. nginx counts blocks of 4 kB."""
    return f"{int(max(1, answers) * (mean + 2_500) / len(chain.members('NODES')) / 1024)}k"


def cut(first, second, mean, draw="draw.conf"):
    """Empty caches that hold so many answers."""
    varnishes, nodes = list(chain.members("VARNISHES")), list(chain.members("NODES"))
    settings = {
        # A little for its own of each object.
        "VARNISH_MEMORY": f"{int(first * (mean + 2_000) / len(varnishes) / 1024)}k",
        # So few answers are replaced in two seconds, which would make a queue of the least recently used.
        "VARNISH_LRU_INTERVAL": "0",
        "ANSWERS_SIZE": disk(second, mean),
        "DRAW": draw,
    }
    chain.sh("stop", *varnishes)
    chain.sh("reload", *nodes, **settings)
    chain.sh("purge", "all", **settings)
    chain.sh("start", *varnishes, **settings)
    if not chain.waited(lambda: all(chain.alive(port) for port in chain.members("VARNISHES").values()), 20):
        sys.exit("a Varnish does not come back")
    # HAProxy's slowstart, or a third of the time each would have another share of the URLs.
    time.sleep(6)


def settle(second, mean, rate, draw="draw.conf"):
    """nginx looks after the size of its cache every 10 s. What is added meanwhile, at so many answers a second, is taken off its bound."""
    chain.sh("reload", *chain.members("NODES"), ANSWERS_SIZE=disk(second - 5 * rate, mean), DRAW=draw)


def warm(file, first, second, seconds):
    """Asks for what a simulation of the two tiers holds after many requests, the oldest first. (The most popular ones would be more hits than LRU ever has.)"""
    paths = file.read_text().split()
    inner, outer = reversed(sizing.simulated(len(paths), EXPONENT, int(first), int(second), 100_000)[2])
    kept = set(outer)
    wanted = [paths[at] for at in inner if at not in kept] + [paths[at] for at in outer]
    order = chain.file_of("bench-warm", wanted)
    began, done = time.monotonic(), 0
    while done < len(wanted) and time.monotonic() - began < seconds:
        done += rig.wrk(chain.EDGE, 4, CONNECTIONS, order, exponent=0, first=done)["requests"]
    took = time.monotonic() - began
    print(f"warm: {min(done, len(wanted))} of {len(wanted)} answers in {took:.0f} s", flush=True)
    # wrk begins the list again at its end; those are hits.
    return min(done, len(wanted)) / took


def cpu():
    """Seconds of processor time so far, by tier; of nginx, drawing (its pool's threads) apart from the rest."""
    took = {
        "HAProxy": chain.pids("edge"),
        "Varnish": [pid for name in chain.members("VARNISHES") for pid in chain.pids(name)],
        "Squid": [pid for name in chain.members("SQUIDS") for pid in chain.pids(name)],
        "origin": [int((chain.ROOM / "origin.pid").read_text())],
    }
    nodes = [pid for name in chain.members("NODES") for pid in chain.pids(name)]
    took["nodes' HAProxy"] = [pid for pid in nodes if rig._comm(pid, pid).startswith("haproxy")]
    seconds = {tier: sum(rig._cpu(f"/proc/{pid}/stat") for pid in pids) for tier, pids in took.items()}
    nginx = [pid for pid in nodes if pid not in took["nodes' HAProxy"]]
    # The event loop is the thread that has the process's number, and the pool is all others.
    seconds["drawing"] = sum(rig._cpu(f"/proc/{pid}/task/{task}/stat") for pid in nginx for task in rig._tasks(pid) if int(task) != pid)
    seconds["nginx"] = sum(rig._cpu(f"/proc/{pid}/stat") for pid in nginx) - seconds["drawing"]
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds["wrk"] = used.ru_utime + used.ru_stime
    return seconds


def counts():
    return {
        "varnish": chain.varnish_counts(),
        "front": chain.log_counts("front", 1),
        "fetch": chain.log_counts("fetch", 1),
        "squid": chain.log_counts("access", 3),
        "metrics": chain.node_metrics(),
        "origin": {"requests": chain.fetched()},
    }


def share(part, whole):
    return f"{part / whole:.1%}" if whole else "none"


def measure(name, file, seconds):
    before, took = counts(), cpu()
    # Another order than while it settled: a cache would know the beginning of it.
    told = rig.wrk(chain.EDGE, seconds, CONNECTIONS, file, EXPONENT, seed=3)
    load = rig.load_average()
    # The nodes' logs are written every second.
    used = {tier: total - took[tier] for tier, total in cpu().items()}
    time.sleep(1.2)
    after = counts()
    got = {kind: rig.gained(after[kind], before[kind]) for kind in after}
    hit, miss = got["varnish"].get("MAIN.cache_hit", 0), got["varnish"].get("MAIN.cache_miss", 0)
    kept = sum(got["front"].get(state, 0) for state in ("HIT", "STALE", "UPDATING", "REVALIDATED"))
    asked = sum(got["front"].values())
    first, both = hit / max(1, hit + miss), 1 - (asked - kept) / max(1, hit + miss)
    local, fetches = got["fetch"].get("HIT", 0), sum(got["fetch"].values())
    squid, through = sum(value for key, value in got["squid"].items() if "HIT" in key), sum(got["squid"].values())
    drawn = rig.total(got["metrics"], "templrender_renders_total", result="drawn")
    every = sum(used.values())
    held = chain.varnish_counts()
    files = sum(len(files) for name in chain.members("NODES") for *_, files in os.walk(chain.ROOM / name / "answers"))
    objects, driven_out = held.get("MAIN.n_object", 0), held.get("MAIN.n_lru_nuked", 0)
    print(f"  Varnish holds {objects:,} answers, drove out {driven_out:,}; {files:,} files in the nodes", flush=True)
    wide = told["seconds"]
    print(
        f"{name}: {told['requests'] / wide:,.0f} requests/s, {told['bytes'] * 8 / wide / 1e6:,.0f} Mbit/s, "
        f"{told['bytes'] / max(1, told['requests']) / 1000:.0f} kB an answer, p50 {told['p50_ms']:.0f} ms, p99 {told['p99_ms']:.0f} ms; "
        f"hits: Varnish {first:.1%}, nginx {share(kept, asked)} of the rest, in all {both:.1%}; "
        f"photos: on the node {share(local, fetches)}, Squid {share(squid, through)} of the rest, {got['origin']['requests'] / wide:.0f}/s from the origin; "
        f"{drawn / wide:.0f} drawings/s; load average {load}",
        flush=True,
    )
    print(
        "  processor: "
        + ", ".join(f"{tier} {value / every:.0%}" for tier, value in sorted(used.items(), key=lambda pair: -pair[1]))
        + f", together {every / told['seconds']:.2f} of {os.cpu_count()} cores"
        + (f"; {1000 * used['drawing'] / drawn:.1f} ms a drawing" if drawn else ""),
        flush=True,
    )
    return told, first, both, used, drawn


def stub_picture():
    """A JPEG of exactly 40,000 bytes: as good as fits, and a comment."""
    folder = chain.ROOM / "stub"
    folder.mkdir(exist_ok=True)
    to = folder / "picture.jpg"
    source = photos.PHOTOS / photos.SOURCES[0]
    for quality in range(60, 1, -4):
        if photos.draw(chain.BUILT / "templrender", source, "50% 50%", quality, folder / "drawn.jpg") < STUB_BYTES - 4:
            break
    body = (folder / "drawn.jpg").read_bytes()
    fill = STUB_BYTES - len(body) - 4
    to.write_bytes(body[:2] + b"\xff\xfe" + (fill + 2).to_bytes(2, "big") + bytes(fill) + body[2:])
    return to.stat().st_size


def main(seconds):
    verdicts, began = rig.Verdicts(), time.monotonic()
    file = urls()
    paths = file.read_text().split()
    mean = weight(paths)
    first, second = sizing.capacities(sizing.zipf(len(paths), EXPONENT), VARNISH_HITS, ALL_HITS)
    cut(first, second, mean)
    print(
        f"{len(paths):,} URLs, Zipf {EXPONENT}, {mean / 1000:.0f} kB an answer; Varnish is to hold {first:,.0f}, nginx {second:,.0f}; "
        f"{os.cpu_count()} cores, load average {rig.load_average()}",
        flush=True,
    )
    settle(second, mean, warm(file, first, second, 75))
    rig.wrk(chain.EDGE, 8, CONNECTIONS, file, EXPONENT, seed=2)
    told, varnish, both, used, drawn = measure("templrender", file, seconds)
    lost = told["requests"] - told["status"].get("2xx", 0) + told["socket_errors"] + told["timeouts"]
    verdicts.say(lost == 0, "every request was served", f"{told['requests']:,} requests, {lost} lost, {told['status']}")
    verdicts.say(
        abs(varnish - VARNISH_HITS) < 0.04 and abs(both - ALL_HITS) < 0.04,
        "hits are those of the aim",
        f"{varnish:.1%} and {both:.1%}, aimed at {VARNISH_HITS:.0%} and {ALL_HITS:.0%}",
    )
    rate = told["requests"] / told["seconds"]
    stub_bytes = stub_picture()
    cut(first, second, stub_bytes + 600, "draw-stub.conf")
    try:
        warm(file, first, second, 10)
        rig.wrk(chain.EDGE, 3, CONNECTIONS, file, EXPONENT, seed=2)
        stub = measure(f"the stub of {stub_bytes / 1000:.0f} kB in the module's place", file, max(10, seconds // 2))[0]
    finally:
        # As it was.
        nodes = list(chain.members("NODES"))
        chain.sh("reload", *nodes)
        chain.sh("purge", "all")
    ceiling = stub["requests"] / stub["seconds"]
    each = used["drawing"] / drawn if drawn else 0.0
    around = sum(value for tier, value in used.items() if tier != "drawing") / told["requests"]
    need = AIM * ((1 - both) * each + around)
    print(
        f"the aim of {AIM:,} requests/s is {'reached' if rate >= AIM else 'not reached'}: {rate:,.0f}/s, the stub {ceiling:,.0f}/s. "
        f"At {both:.0%} hits {AIM:,}/s are {AIM * (1 - both):.0f} drawings/s of {1000 * each:.1f} ms, "
        f"and {1000 * around:.2f} ms of all else for each request, load generator and origin included: {need:.1f} cores",
        flush=True,
    )
    print(f"{time.monotonic() - began:.0f} s", flush=True)
    return verdicts.status()


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 40))
