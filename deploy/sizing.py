#!/usr/bin/env python3
"""How many machines, how much memory and which network a rate of requests needs: sizing.py [table|check]

table   prints the tables of docs/serving.md (a test compares them)
check   compares the approximation of hit rates with a simulation of two LRU caches behind each other, request by request

URLs are asked for by Zipf's law. An LRU cache keeps what was asked for within its characteristic time T, so a URL that is asked for at rate p
is there with probability 1 - exp(-p T), and T is where these add up to what fits (Che's approximation). The cache behind it sees what the
first misses (`between`). Caches that share URLs by their hash are one cache. Only the standard library.
"""

import collections
import math
import random
import sys


def zipf(count, exponent):
    """Classes of URLs: (how many, the share of requests of each). The first ranks alone, the others in classes that grow."""
    classes, rank = [], 1
    while rank <= count:
        size = min(max(1, rank // 25), count - rank + 1)
        # The middle of the class, by its mean.
        mean = rank**-exponent if size == 1 else mean_power(rank, rank + size - 1, exponent)
        classes.append((size, mean))
        rank += size
    total = sum(size * weight for size, weight in classes)
    return [(size, weight / total) for size, weight in classes]


def mean_power(first, last, exponent):
    """The mean of rank^-exponent from first to last (Euler and Maclaurin, the first two terms)."""
    integral = math.log(last / first) if abs(exponent - 1) < 1e-9 else (last ** (1 - exponent) - first ** (1 - exponent)) / (1 - exponent)
    return (integral + (first**-exponent + last**-exponent) / 2) / (last - first + 1)


def solved(rising, aim):
    """Where a function that rises from 0 reaches what is aimed at."""
    low, high = 0.0, 1.0
    while rising(high) < aim:
        low, high = high, 2 * high
        if high > 1e30:
            return math.inf
    for _ in range(50):
        middle = (low + high) / 2
        low, high = (middle, high) if rising(middle) < aim else (low, middle)
    return (low + high) / 2


def fill(classes, t1):
    """Answers in the first cache."""
    return sum(size * -math.expm1(-rate * t1) for size, rate in classes)


def answered(classes, t1):
    """The share of requests that the first cache answers."""
    return sum(size * rate * -math.expm1(-rate * t1) for size, rate in classes)


def between(missing, t1, t2):
    """Of a URL that the first cache misses at the rate `missing`: how likely the miss before was within T2, and how likely the second cache holds it.

    The misses are the requests that come after a silence of T1: the intervals of a counter whose dead time begins again with each event
    (Takacs' type II). Their distribution is the sum over k of (-1)^(k-1) (m (t - k T1))^k / k!, with m the rate of misses, and what is held
    is m times the integral of its complement.
    """
    within, held, sign, power_over_factorial = 0.0, missing * t2, 1.0, 1.0
    for k in range(1, min(400, int(t2 / t1) + 1) if t1 else 1):
        left = missing * (t2 - k * t1)
        power_over_factorial = math.exp(k * math.log(left) - math.lgamma(k + 1)) if left > 0 else 0.0
        within += sign * power_over_factorial
        held -= sign * power_over_factorial * left / (k + 1)
        sign = -sign
        if power_over_factorial < 1e-15:
            break
    return min(1.0, max(0.0, within)), min(1.0, max(0.0, held))


def second_fill(classes, t1, t2):
    return sum(size * between(rate * math.exp(-rate * t1), t1, t2)[1] for size, rate in classes)


def second_answered(classes, t1, t2):
    """The share of all requests that the second cache answers."""
    return sum(size * (missing := rate * math.exp(-rate * t1)) * between(missing, t1, t2)[0] for size, rate in classes)


def hits(classes, first, second):
    """The shares of requests that the first cache answers, and both together. Capacities are numbers of answers."""
    every = sum(size for size, _ in classes)
    if first >= every:
        return 1.0, 1.0
    t1 = solved(lambda t: fill(classes, t), first)
    t2 = solved(lambda t: second_fill(classes, t1, t), min(second, 0.999 * every))
    one = answered(classes, t1)
    return one, one + second_answered(classes, t1, t2)


def capacities(classes, first, both):
    """How many answers each cache must hold for these hit rates."""
    t1 = solved(lambda t: answered(classes, t), first)
    t2 = solved(lambda t: second_answered(classes, t1, t), both - first)
    return fill(classes, t1), second_fill(classes, t1, t2)


def simulated(count, exponent, first, second, requests, seed=1):
    """The same request by request: two LRU caches, after as many requests of warming up. The shares, and what is in each cache then, the oldest first."""
    total, weights = 0.0, []
    for rank in range(1, count + 1):
        total += rank**-exponent
        weights.append(total)
    random.seed(seed)
    caches = [collections.OrderedDict(), collections.OrderedDict()]
    found = [0, 0]
    for number, url in enumerate(random.choices(range(count), cum_weights=weights, k=2 * requests)):
        for at, (cache, room) in enumerate(zip(caches, (first, second))):
            if url in cache:
                cache.move_to_end(url)
                found[at] += number >= requests
                break
            cache[url] = None
            if len(cache) > room:
                cache.popitem(last=False)
    return found[0] / requests, sum(found) / requests, [list(cache) for cache in caches]


# -- What a fleet is made of. Measured where it says so (docs/serving.md, docs/serving-small.md), else an assumption: change it to yours.
ANSWER_BYTES = 126_000  # measured: product pictures of 1080 x 1080 px
PHOTO_BYTES = 190_000  # 1000 x 1000 px, 100 to 300 kB
DRAW_MS = 7.9  # measured: photo decoded to JPEG encoded, one core of an AMD EPYC, a build with debug assertions
DRAW_SHARE = 0.6  # of a node's cores: the rest is nginx, sockets, and room for a spike and a dead neighbour
CORES = 32  # of a node
VARNISH_RPS = 40_000  # of a machine, hits of 126 kB; long before it the network is full
HAPROXY_RPS = 60_000  # of a machine, TLS ended
VARNISH_GB = 192  # of 256 GB, for answers
VARNISH_OVERHEAD = 1.1  # of memory: an object's head, malloc
NODE_SSD_GB = 1_600  # for answers; a third as much for photos
NETWORK_GBIT = 25  # of each machine
NETWORK_SHARE = 0.6  # the rest for spikes, retries and a dead neighbour
PICTURES_OF_A_PHOTO = 3  # formats of one product
EXPONENT = 0.9
VARNISH_HITS, ALL_HITS = 0.65, 0.75
FLEETS = ((1_000, 1_000_000), (10_000, 10_000_000), (1_000_000, 1_000_000_000))


def machines(rate, urls):
    classes = zipf(urls, EXPONENT)
    varnish, nodes = capacities(classes, VARNISH_HITS, ALL_HITS)
    gbit = rate * ANSWER_BYTES * 8 / 1e9
    drawn = rate * (1 - ALL_HITS)
    # A photo is drawn into several pictures, mostly at about the same time: the others find it on the node or in Squid.
    fetched = drawn / PICTURES_OF_A_PHOTO
    into_varnish = gbit * (1 - VARNISH_HITS)
    line = NETWORK_GBIT * NETWORK_SHARE
    least = lambda *needs: max(2, *(math.ceil(need) for need in needs))
    memory = varnish * ANSWER_BYTES * VARNISH_OVERHEAD / 1e9
    disk = nodes * ANSWER_BYTES / 1e9
    cores = drawn * DRAW_MS / 1000
    return {
        "requests/s": f"{rate:,}",
        "different URLs": f"{urls:,}",
        "out to the world, Gbit/s": f"{gbit:,.1f}",
        "answers in Varnish": f"{varnish:,.0f}",
        "memory of all Varnishes, GB": f"{memory:,.0f}",
        "answers in the nodes": f"{nodes:,.0f}",
        "disk of all nodes, GB": f"{disk:,.0f}",
        "requests/s to the nodes": f"{rate * (1 - VARNISH_HITS):,.0f}",
        "drawings/s": f"{drawn:,.0f}",
        "cores that draw": f"{cores:,.0f}",
        "photos/s from origins": f"{fetched:,.0f}",
        "from origins, Gbit/s": f"{fetched * PHOTO_BYTES * 8 / 1e9:,.1f}",
        "HAProxy machines (in pairs)": f"{2 * math.ceil(least(gbit / line, rate / HAPROXY_RPS) / 2):,}",
        "Varnish machines": f"{least(memory / VARNISH_GB, gbit / line, rate / VARNISH_RPS):,}",
        "render nodes": f"{least(cores / (CORES * DRAW_SHARE), disk / NODE_SSD_GB, into_varnish / line):,}",
        "Squid machines": f"{least(fetched * PHOTO_BYTES * 8 / 1e9 / line):,}",
    }


def hits_by_disk(rate, urls):
    """What larger disks of the nodes bring, with the Varnishes as they are."""
    classes = zipf(urls, EXPONENT)
    varnish, nodes = capacities(classes, VARNISH_HITS, ALL_HITS)
    rows = []
    for times in (0.75, 1, 1.5, 2, 3):
        both = hits(classes, varnish, nodes * times)[1]
        rows.append(
            (f"{nodes * times * ANSWER_BYTES / 1e9:,.0f}", f"{both:.0%}", f"{rate * (1 - both):,.0f}", f"{rate * (1 - both) * DRAW_MS / 1000:,.0f}")
        )
    return rows


def table():
    fleets = [machines(rate, urls) for rate, urls in FLEETS]
    lines = ["| | " + " | ".join(f"{rate:,}/s" for rate, _ in FLEETS) + " |", "|---|" + "---|" * len(FLEETS)]
    lines += [f"| {name} | " + " | ".join(fleet[name] for fleet in fleets) + " |" for name in list(fleets[0])[1:]]
    rate, urls = FLEETS[1]
    lines += ["", f"| disk of all nodes at {rate:,}/s, GB | hits in all | drawings/s | cores that draw |", "|---|---|---|---|"]
    lines += ["| " + " | ".join(row) + " |" for row in hits_by_disk(rate, urls)]
    return "\n".join(lines)


def check():
    """Whether the approximation holds, to one point in a hundred."""
    worst = 0.0
    for count, exponent, first, second in ((20_000, 1.0, 800, 2_000), (30_000, 0.9, 2_000, 6_000), (20_000, 0.8, 3_000, 6_000)):
        guess, found = hits(zipf(count, exponent), first, second), simulated(count, exponent, first, second, 150_000)[:2]
        worst = max(worst, abs(guess[0] - found[0]), abs(guess[1] - found[1]))
        print(
            f"{count:,} URLs, Zipf {exponent}, {first:,} and {second:,} answers: first cache {guess[0]:.1%} by the approximation, "
            f"{found[0]:.1%} simulated; both {guess[1]:.1%} and {found[1]:.1%}"
        )
    print(f"{'PASS' if worst < 0.01 else 'FAIL'}  the approximation is off by {worst:.2%} at most")
    return worst < 0.01


if __name__ == "__main__":
    if sys.argv[1:] == ["check"]:
        sys.exit(0 if check() else 1)
    if sys.argv[1:] not in ([], ["table"]):
        sys.exit(__doc__)
    print(table())
