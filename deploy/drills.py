#!/usr/bin/env python3
"""Failures under load: each drill prints PASS or FAIL with its figures. The chain must be up, and is up afterwards.

    drills.py [NAME...]

Rates are shares of what the chain draws at that moment, so that a busy machine fails no drill for being busy.
"""

import collections
import http.client
import subprocess
import sys
import threading
import time

import chain
import guards
from chain import rig

# How long a member that came back gets less than its share: slowstart of HAProxy, rampup of Varnish.
RAMP_S = 5


def line(told):
    fallbacks = f" ({told['fallbacks']} with the fallback picture)" if told["fallbacks"] else ""
    times = f"p50 {told['p50_ms']:.0f} ms, p99 {told['p99_ms']:.0f} ms, max {told['max_ms']:.0f} ms"
    return f"{told['served']}/{told['requests']} served{fallbacks}, {times}, {told['status']}"


def whole(told):
    """Nothing was lost, and nobody got a picture in the place of another."""
    return told["served"] == told["requests"] > 0 and not told["fallbacks"]


def capacity():
    """New pictures a second that the chain draws now."""
    file = chain.file_of("capacity", chain.signed("sale", range(900_000, 900_800)))
    rig.wrk(chain.EDGE, 1, 8, file, exponent=0, first=600)
    told = rig.wrk(chain.EDGE, 5, 8, file, exponent=0)
    rate = told["status"].get("2xx", 0) / told["seconds"]
    # What was asked for last is still being drawn.
    drawn = []
    chain.waited(lambda: drawn.append(chain.renders()) or drawn[-3:] == [drawn[-1]] * 3, 10)
    print(f"capacity {rate:.0f} new pictures/s, load average {rig.load_average()}", flush=True)
    return rate


def mixed(first):
    """What is asked for again and again, and what nobody asked for before."""
    return chain.file_of("mixed", chain.signed("sale", range(first, first + 1200)))


def sweep(count=300):
    """Who answers each of many URLs: (Varnish, node). They are not signed, so nothing is drawn, and what is answered is kept for a second only."""
    owners = []
    connection = http.client.HTTPConnection("127.0.0.1", chain.EDGE, timeout=20)
    for number in range(count):
        connection.request("GET", f"/sweep/nothing.jpg?n={number}")
        answer = connection.getresponse()
        answer.read()
        owners.append((answer.getheader("X-Cache", "-").split()[0], answer.getheader("X-Node", "-").split()[0]))
    return owners


def squid_requests(name):
    return len((chain.ROOM / name / "access.log").read_text(errors="replace").splitlines())


def kill(verdicts, rate):
    """kill -9 of a render node, a Varnish and a Squid in turn: no request is lost, only its own URLs move, and they come back."""
    # What one node can draw alone, with room.
    rate = rate / 2
    for number, (name, tier) in enumerate((("n2", 1), ("v2", 0), ("s2", None))):
        file = mixed(10_000 + 2_000 * number)
        before = sweep()
        load = rig.paced(chain.EDGE, rate, 16, file, zipf=True)
        time.sleep(2)
        chain.sh("kill", name)
        time.sleep(1.5)
        during = sweep()
        chain.sh("start", name)
        asked = squid_requests(name) if tier is None else 0
        time.sleep(RAMP_S + 2.5)
        after = sweep()
        told = rig.ended(load)
        verdicts.say(whole(told), f"kill -9 of {name}: no request is lost", line(told))
        if tier is None:
            again = squid_requests(name) - asked
            verdicts.say(again > 0, f"{name} is asked again", f"{again} requests after its start")
            continue
        its = [at for at, owners in enumerate(before) if owners[tier] == name]
        moved = sum(during[at][tier] != before[at][tier] for at in range(len(before)) if at not in set(its))
        left = sum(during[at][tier] == name for at in its)
        back = sum(after[at][tier] == before[at][tier] for at in range(len(before)))
        verdicts.say(
            its and not moved and not left and back == len(before),
            f"only the URLs of {name} move, and come back",
            f"of {len(before)} URLs {len(its)} were its own, {left} stayed; {moved} of the others moved; {back} are where they were again",
        )


def reload(verdicts, rate):
    """nginx is reloaded three times on both nodes, and the edge, under load."""
    nodes = list(chain.members("NODES"))
    workers = {pid for name in nodes for pid in chain.pids(name)}
    load = rig.paced(chain.EDGE, rate, 9, mixed(20_000), zipf=True)
    for _ in range(3):
        time.sleep(2)
        chain.sh("reload", *nodes, "edge")
    told = rig.ended(load)
    # Old workers leave when their requests have ended.
    still = lambda: workers & {pid for name in nodes for pid in chain.pids(name)}
    settled = chain.waited(lambda: len(still()) == 2 * len(nodes), 10)
    verdicts.say(
        whole(told) and settled,
        "nginx and HAProxy are reloaded three times under load: no request is lost",
        f"{line(told)}; of {len(workers)} processes {len(still())} are the ones of before (masters and HAProxies)",
    )


def drain(verdicts, rate):
    """A render node and a Varnish are taken out for their administrators."""
    rate = rate / 2
    asked = {
        "n1": lambda: rig.total(rig.metrics(chain.members("NODES_INSIDE")["n1"]), "templrender_requests_total"),
        "v1": lambda: sum(value for name, value in chain.varnish_counts(["v1"]).items() if name in ("MAIN.cache_hit", "MAIN.cache_miss")),
    }
    for number, name in enumerate(asked):
        load = rig.paced(chain.EDGE, rate, 10, mixed(22_000 + 2_000 * number), zipf=True)
        time.sleep(1.5)
        chain.sh("drain", name)
        # Until its health is known; what it has begun it ends.
        time.sleep(3.5)
        at_start = asked[name]()
        time.sleep(2)
        got = asked[name]() - at_start
        chain.sh("undrain", name)
        told = rig.ended(load)
        verdicts.say(
            whole(told) and got == 0,
            f"{name} is drained under load: no request is lost",
            f"{line(told)}; drained it was asked {got:.0f} times in 2 s",
        )
    time.sleep(2)


def collapse(verdicts, rate):
    """50 at the same time for one product, through three templates: its photo is fetched once, and each picture is drawn once. Five times, last of all: with
    full caches, which may keep less than they should."""
    columns = {"/shop/product-sale.jpg": chain.sale, "/shop/product-ad.jpg": chain.ad, "/shop/og-card.png": chain.card}
    rounds = []
    for _ in range(5):
        product = guards.fresh()
        urls = [guards.sign(path, of(product, chain.photo(product))) for path, of in columns.items()]
        before, drawn = chain.fetched(), chain.renders()
        answers, barrier = [], threading.Barrier(50)

        def ask(number):
            barrier.wait()
            answers.append((number % 3, chain.get(urls[number % 3])))

        threads = [threading.Thread(target=ask, args=(number,)) for number in range(50)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        statuses = dict(collections.Counter(answer.status for _, answer in answers))
        nodes, bodies = {answer.node for _, answer in answers}, {(which, answer.body) for which, answer in answers}
        rounds.append((chain.fetched() - before, int(chain.renders() - drawn), statuses, len(bodies), len(nodes)))
    verdicts.say(
        all(got[:4] == (1, 3, {200: 50}, 3) for got in rounds),
        "50 at the same time for one product in 3 templates, 5 times",
        "; ".join(
            f"{fetched} fetched, {drawn} drawn on {nodes} nodes, {statuses}, {bodies} bodies" for fetched, drawn, statuses, bodies, nodes in rounds
        ),
    )


def slow(verdicts, rate):
    """The origin of one template takes 10 s: the other templates do not notice, and it recovers by itself."""
    rate, few, seconds = rate / 4, rate / 8, 10
    good = chain.file_of("good", chain.signed("sale", range(40_000, 41_600), origin=1))
    bad = chain.file_of("bad", chain.signed("ad", range(50_000, 51_200)))
    rig.ended(rig.paced(chain.EDGE, rate, 3, good, 1_500))
    streams = [rig.paced(chain.EDGE, rate, seconds, good), rig.paced(chain.EDGE, few, seconds, bad, 800)]
    before, bad_before = [rig.ended(stream) for stream in streams]
    rig.origin_mode(chain.ORIGINS[0], "slow")
    try:
        streams = [rig.paced(chain.EDGE, rate, 1.6 * seconds, good, 600), rig.paced(chain.EDGE, few, 1.6 * seconds, bad)]
        during, bad_during = [rig.ended(stream) for stream in streams]
    finally:
        rig.origin_mode(chain.ORIGINS[0], "ok")
    began, recovered, first = time.monotonic(), None, 600
    while time.monotonic() - began < 30 and recovered is None:
        told = rig.ended(rig.paced(chain.EDGE, few, 2, bad, first))
        first += 50
        if whole(told) and told["p99_ms"] < 2_000:
            recovered = time.monotonic() - began
    # A p99 of a few ms doubles by itself on a busy machine.
    most = max(2 * before["p99_ms"], 50.0)
    verdicts.say(
        whole(during) and during["p99_ms"] <= most,
        "an origin of 10 s leaves other templates alone",
        f"before {line(before)}; during {line(during)}, p99 at most {most:.0f} ms; the slow template before {line(bad_before)}, during {line(bad_during)}",
    )
    verdicts.say(recovered is not None, "its template recovers by itself", f"after {recovered or 30:.0f} s; {line(told)}")


def flood(verdicts, rate):
    """A tenant that asks ten times of what it may gets 429, and another is served whole."""
    allowed, calm, seconds = max(1, int(rate / 4)), max(1.0, rate / 8), 12
    other = chain.file_of("other", chain.signed("sale", range(60_000, 61_000), tenant="other"))
    flooding = chain.file_of("flooding", chain.signed("sale", range(70_000, 73_000), tenant="flooding"))
    chain.sh("rate", "flooding", str(allowed))
    try:
        before = rig.ended(rig.paced(chain.EDGE, calm, 6, other))
        streams = [rig.paced(chain.EDGE, calm, seconds, other, 300), rig.paced(chain.EDGE, 10 * allowed, seconds, flooding)]
        during, flooded = [rig.ended(stream) for stream in streams]
    finally:
        chain.sh("rate", "flooding", chain.SET["TENANT_RATE"])
    refused = flooded["status"].get("429", 0)
    # The rate, and a burst of two seconds of it.
    most = allowed * (seconds + 2) * 1.1
    good = (
        whole(during)
        and refused > 0
        and refused + flooded["served"] == flooded["requests"]
        and flooded["served"] <= most
        and flooded["retry_after"] == refused
    )
    verdicts.say(
        good,
        "a tenant that floods tenfold leaves another alone",
        f"before {line(before)}; during {line(during)}; the flood of {10 * allowed}/s where {allowed} are allowed: {line(flooded)}, {flooded['retry_after']} Retry-After",
    )


def spike(verdicts, rate):
    """Ten times as much for 20 s: what is too much is shed at once with 503 and Retry-After, memory is bounded, and 5 s later all is as before."""
    usual, seconds = rate / 4, 20
    few = chain.file_of("usual", chain.signed("sale", range(80_000, 81_000)))
    many = chain.file_of("spike", chain.signed("sale", range(100_000, 106_000)))
    before = rig.ended(rig.paced(chain.EDGE, usual, 8, few))
    everyone = chain.everyone()
    processes = {name: chain.pids(name) for name in everyone}
    rss, most, over = chain.rss_mb(everyone), [0.0], threading.Event()

    def watch():
        while not over.wait(0.5):
            most[0] = max(most[0], chain.rss_mb(everyone))

    watcher = threading.Thread(target=watch)
    watcher.start()
    spiked = rig.ended(rig.paced(chain.EDGE, 10 * usual, seconds, many))
    over.set()
    watcher.join()
    time.sleep(5)
    after = rig.ended(rig.paced(chain.EDGE, usual, 8, few, 500))
    refused = spiked["status"].get("503", 0)
    alive = all(set(chain.pids(name)) == set(pids) for name, pids in processes.items())
    verdicts.say(
        refused + spiked["served"] == spiked["requests"] and spiked["retry_after"] == refused and alive,
        f"a spike of {10 * usual:.0f}/s for 20 s is served or shed with 503 and Retry-After",
        f"{line(spiked)}, {spiked['retry_after']} Retry-After; every process lives: {alive}",
    )
    # What the caches may still take is theirs; what waits is bounded by the queues.
    bound = rss + 256
    verdicts.say(most[0] <= bound, "memory is bounded in it", f"RSS of the chain {rss:.0f} MB before, at most {most[0]:.0f} MB, bound {bound:.0f} MB")
    allowed = max(2 * before["p99_ms"], 100.0)
    verdicts.say(
        whole(after) and after["p99_ms"] <= allowed,
        "all is as before 5 s after it",
        f"{usual:.0f}/s before {line(before)}; after {line(after)}; p99 at most {allowed:.0f} ms",
    )


UNDER_LOAD = {"kill": kill, "reload": reload, "drain": drain, "slow": slow, "flood": flood, "spike": spike}
DRILLS = {**guards.DRILLS, **UNDER_LOAD, "collapse": collapse}


def main(names):
    verdicts = rig.Verdicts()
    began = time.monotonic()
    rate = capacity() if UNDER_LOAD.keys() & set(names or DRILLS) else 0.0
    for name in names or DRILLS:
        print(f"-- {name}, {time.monotonic() - began:.0f} s, load average {rig.load_average()}", flush=True)
        DRILLS[name](verdicts, rate)
    print(f"{verdicts.failed} failed, {time.monotonic() - began:.0f} s", flush=True)
    return verdicts.status()


if __name__ == "__main__":
    if any(name not in DRILLS for name in sys.argv[1:]):
        sys.exit(f"{__doc__}\n    {' '.join(DRILLS)}")
    sys.exit(main(sys.argv[1:]))
