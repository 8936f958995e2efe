#!/usr/bin/env python3
"""Ten minutes of URLs that were never asked for before: memory must stop growing once the caches are full.

    soak.py [SECONDS]
"""
import sys
import time

import rig

# Small, so that they are full after a minute.
MEMORY_MB = 128
EVERY_S = 2


def main(seconds):
    rig.ROOM.mkdir(parents=True, exist_ok=True)
    verdicts = rig.Verdicts()
    with rig.origin():
        file = rig.urls("soak", 100_000, 0, "acme", rig.ORIGINS[0])
        with rig.service("service", "--cache-memory", f"{MEMORY_MB}M", "--cache-dir", rig.ROOM / "soak-cache", "--cache-disk", "512M") as service:
            running = rig.wrk(rig.PORT, seconds, 8, file, exponent=0, background=True)
            began, samples = time.monotonic(), []
            while running.poll() is None:
                samples.append((time.monotonic() - began, service.rss_mb()))
                if len(samples) % (60 // EVERY_S) == 1:
                    print(f"{samples[-1][0]:5.0f} s: RSS {samples[-1][1]:.0f} MB", flush=True)
                time.sleep(EVERY_S)
            told = rig.ended(running)
            counts = rig.metrics()
            status = service.stop()
    # The first sixth fills the caches.
    early = [mb for at, mb in samples if seconds / 6 <= at < seconds / 2]
    late = [mb for at, mb in samples if at >= seconds / 2]
    renders = rig.total(counts, "templrender_renders_total")
    rate = told["requests"] / told["seconds"]
    served = told["status"].get("2xx", 0)
    verdicts.say(served == told["requests"] and renders >= 0.95 * served, "every URL was drawn and served",
                 f"{served:,} of {told['requests']:,} served, {renders:,.0f} drawn, {rate:.0f}/s, p99 {told['p99_ms']:.0f} ms, {told['status']}")
    bound = max(early) * 1.05 + 16
    verdicts.say(max(late) <= bound, "memory does not grow",
                 f"RSS at most {max(early):.0f} MB until half-time, {max(late):.0f} MB after it, bound {bound:.0f} MB, load average {rig.load_average()}")
    verdicts.say(status == 0, "the service drains and ends", f"exit status {status}")
    return verdicts.status()


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 600))
