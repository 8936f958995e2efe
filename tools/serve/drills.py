#!/usr/bin/env python3
"""Isolation: what one slow origin, one flooding tenant and one spike do to everybody else. Each prints PASS or FAIL with its figures.

    drills.py [slow|flood|spike ...]
"""
import sys
import threading
import time

import rig


def line(told):
    fallbacks = f" ({told['fallbacks']} with the fallback picture)" if told["fallbacks"] else ""
    return f"{told['served']}/{told['requests']} served{fallbacks}, p50 {told['p50_ms']:.0f} ms, p99 {told['p99_ms']:.0f} ms, {told['status']}"


def capacity():
    """New pictures a second that this machine draws now: rates are shares of it, so that a busy machine fails no drill for being busy."""
    file = rig.urls("capacity", 4_000, 300_000, "acme", rig.ORIGINS[1], "product-sale")
    with rig.service("service"):
        rig.wrk(rig.PORT, 2, 8, file, exponent=0, first=3_000)
        told = rig.wrk(rig.PORT, 10, 8, file, exponent=0)
    rate = told["status"].get("2xx", 0) / told["seconds"]
    print(f"capacity {rate:.0f} new pictures/s, load average {rig.load_average()}", flush=True)
    return rate


def slow(verdicts, rate):
    """One origin takes 10 s: the templates with pictures of the other are served as before, and those of the slow one come back by themselves."""
    rate, few, seconds = rate / 4, rate / 8, 20
    good = rig.urls("good", 4_000, 0, "acme", rig.ORIGINS[1], "product-sale")
    bad = rig.urls("bad", 4_000, 0, "acme", rig.ORIGINS[0], "product-ad")
    with rig.service("service"):
        rig.ended(rig.paced(rig.PORT, rate, 5, good, 3_000))
        streams = [rig.paced(rig.PORT, rate, seconds, good), rig.paced(rig.PORT, few, seconds, bad)]
        before, bad_before = [rig.ended(stream) for stream in streams]
        rig.origin_mode(rig.ORIGINS[0], "slow")
        rig.origin_counts(reset=True)
        streams = [rig.paced(rig.PORT, rate, 2 * seconds, good, 500), rig.paced(rig.PORT, few, 2 * seconds, bad, 500)]
        during, bad_during = [rig.ended(stream) for stream in streams]
        open_ = rig.origin_counts()[str(rig.ORIGINS[0])]["most_open"]
        rig.origin_mode(rig.ORIGINS[0], "ok")
        began = time.monotonic()
        recovered = None
        first = 2_000
        while time.monotonic() - began < 60 and recovered is None:
            told = rig.ended(rig.paced(rig.PORT, few, 2, bad, first))
            first += 100
            if told["served"] == told["requests"] and not told["fallbacks"] and told["p99_ms"] < 2_000:
                recovered = time.monotonic() - began
        after = rig.ended(rig.paced(rig.PORT, few, 10, bad, 3_500))
    # A p99 of a few ms doubles by itself on a busy machine.
    most = max(2 * before["p99_ms"], 50.0)
    fine = during["served"] == during["requests"] and not during["fallbacks"] and during["p99_ms"] <= most
    verdicts.say(fine, "an origin of 10 s leaves other templates alone",
                 f"before {line(before)}; during {line(during)}, p99 at most {most:.0f} ms; the slow template before {line(bad_before)}; during "
                 f"{line(bad_during)}, {bad_during['retry_after']} with Retry-After, at most {open_} fetches open at its origin")
    back = recovered is not None and after["served"] == after["requests"] and not after["fallbacks"]
    verdicts.say(back, "its template recovers by itself", f"after {recovered or 60:.0f} s; then {line(after)}")


def flood(verdicts, rate):
    """A tenant that asks ten times of what it may is refused, and another is served whole."""
    allowed, calm, seconds = max(1.0, rate / 4), max(1.0, rate / 8), 20
    other = rig.urls("other", 4_000, 0, "other", rig.ORIGINS[1], "product-sale")
    flooding = rig.urls("flooding", 20_000, 100_000, "flooding", rig.ORIGINS[1], "product-sale")
    # A burst of two seconds of the rate comes at once: as many may wait, whatever this machine draws in a second.
    with rig.service("service", "--rate-per-tenant", f"{allowed:.2f}", "--queue", str(max(64, 3 * int(allowed)))):
        before = rig.ended(rig.paced(rig.PORT, calm, seconds, other))
        streams = [rig.paced(rig.PORT, calm, seconds, other, 1_000), rig.paced(rig.PORT, 10 * allowed, seconds, flooding)]
        during, flooded = [rig.ended(stream) for stream in streams]
        after = rig.ended(rig.paced(rig.PORT, calm, 10, flooding, 10_000))
    refused = flooded["status"].get("429", 0)
    # The rate, and a burst of two seconds of it.
    most = allowed * (seconds + 2) * 1.1
    fine = during["served"] == during["requests"] and flooded["served"] <= most
    fine = fine and refused + flooded["served"] == flooded["requests"] and flooded["retry_after"] == refused
    verdicts.say(fine, "a tenant that floods tenfold leaves another alone",
                 f"before {line(before)}; during {line(during)}; the flood of {10 * allowed:.0f}/s where {allowed:.0f} are allowed: {flooded['served']} served, {refused} x 429 with "
                 f"{flooded['retry_after']} Retry-After")
    verdicts.say(after["served"] == after["requests"], "and is served again when it asks less", line(after))


def spike(verdicts, rate):
    """Ten times as much for 20 s: what is too much is shed at once with 503 and Retry-After, memory is bounded, and 5 s later all is as before."""
    usual, seconds = rate / 4, 20
    few = rig.urls("usual", 8_000, 0, "acme", rig.ORIGINS[1], "product-sale")
    many = rig.urls("spike", 20_000, 200_000, "acme", rig.ORIGINS[0], "product-sale")
    memory_mb = 64
    with rig.service("service", "--cache-memory", f"{memory_mb}M") as service:
        # Until the caches are full, so that what grows afterwards is the spike's.
        rig.wrk(rig.PORT, 15, 4, many, exponent=0, first=15_000)
        before = rig.ended(rig.paced(rig.PORT, usual, 15, few))
        rss_before, most, over = service.rss_mb(), [0.0], threading.Event()

        def watch():
            while not over.wait(0.1):
                most[0] = max(most[0], service.rss_mb())

        watcher = threading.Thread(target=watch)
        watcher.start()
        spiked = rig.ended(rig.paced(rig.PORT, 10 * usual, seconds, many))
        over.set()
        watcher.join()
        time.sleep(5)
        after = rig.ended(rig.paced(rig.PORT, usual, 15, few, 4_000))
    refused = spiked["status"].get("503", 0)
    answered = refused + spiked["served"] == spiked["requests"] and spiked["retry_after"] == refused
    verdicts.say(answered, f"a spike of {10 * usual:.0f}/s is served or shed with 503 and Retry-After", f"{line(spiked)}, {spiked['retry_after']} Retry-After")
    bound = rss_before + 256
    verdicts.say(most[0] <= bound, "memory is bounded in it", f"RSS {rss_before:.0f} MB before, at most {most[0]:.0f} MB, bound {bound:.0f} MB")
    allowed = max(2 * before["p99_ms"], 100.0)
    normal = after["served"] == after["requests"] and after["p99_ms"] <= allowed
    verdicts.say(normal, "all is as before 5 s after it", f"{usual:.0f}/s before {line(before)}; after {line(after)}; p99 at most {allowed:.0f} ms")


DRILLS = {"slow": slow, "flood": flood, "spike": spike}


def main(names):
    rig.ROOM.mkdir(parents=True, exist_ok=True)
    verdicts = rig.Verdicts()
    with rig.origin():
        rate = capacity()
        for name in names or DRILLS:
            print(f"-- {name}, load average {rig.load_average()}", flush=True)
            DRILLS[name](verdicts, rate)
    return verdicts.status()


if __name__ == "__main__":
    if any(name not in DRILLS for name in sys.argv[1:]):
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1:]))
