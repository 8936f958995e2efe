#!/usr/bin/env python3
"""How many jobs a second: filed, drawn and mailed, with 1 and 2 workers; and what the log's fsync costs.

queue_bench.py ROOM [JOBS]
"""

import os
import sys
import time
from pathlib import Path

from queue_drills import TEMPLATES, ad, ended, price_tag
from queue_kit import Room


def run(folder, name, jobs, workers, *settings):
    with Room(folder, TEMPLATES, *settings) as room:
        began = time.monotonic()
        room.file(jobs)
        filed = time.monotonic() - began
        # They are to be running, not starting, when the clock does.
        room.jobs.client.client_pause(2500)
        for _ in range(workers):
            room.worker("draw,mail,sweep", "--dead-after", 60)
        time.sleep(2.5)
        began = time.monotonic()
        assert ended(room, jobs, 600), room.logs()
        taken = time.monotonic() - began
        print(
            f"{name:44} {workers} worker{'s' if workers > 1 else ' '}  {len(jobs) / taken:7.1f} jobs/s   filed {len(jobs) / filed:7.0f}/s",
            flush=True,
        )


def main(room, count):
    print(
        f"{count} jobs, each drawn, stored and mailed as an attachment; {os.cpu_count()} processors, load average {os.getloadavg()[0]:.1f}"
    )
    ads = [ad(number) for number in range(count)]
    row = price_tag()
    tags = [ad(number, template="price-tag", row=row) for number in range(count)]
    for workers in (1, 2):
        for name, jobs in (("product-ad, 1080 x 1080, with a photo", ads), ("price-tag", tags)):
            run(Path(room) / str(time.time_ns()), f"{name}, appendfsync always", jobs, workers)
    run(Path(room) / str(time.time_ns()), "price-tag, appendfsync everysec", tags, 2, "--appendfsync", "everysec")


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) == 3 else 300)
