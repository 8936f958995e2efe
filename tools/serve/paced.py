#!/usr/bin/env python3
"""Requests at a steady rate, whether the ones before were answered or not; a line of JSON at the end.

    paced.py PORT RATE SECONDS FILE [FIRST [zipf]]

Each request is sent at its time on a connection of its own turn, so a server that stalls is seen by every request that falls due meanwhile; a
generator that waits for answers would hide them. FILE has one path with its query on each line: taken in turn from FIRST, or by Zipf's law with
exponent 1 where that is asked for. With a slot of five seconds each, the answers are told by when they were sent.
"""
import asyncio
import bisect
import collections
import json
import random
import sys
import time

TIMEOUT = 40
SLOT_S = 5


class Client:
    def __init__(self, port):
        self.port = port
        self.idle = []
        self.answers = []

    async def one(self, path, due, began):
        status, fields = "error", b""
        try:
            status, fields = await asyncio.wait_for(self.ask(path), TIMEOUT)
        except asyncio.TimeoutError:
            status = "timeout"
        except (OSError, asyncio.IncompleteReadError, ValueError, IndexError):
            pass
        # From when it was due: that includes what a busy generator adds.
        self.answers.append((due - began, time.perf_counter() - due, status, fields))

    async def ask(self, path):
        for fresh in (False, True):
            if self.idle and not fresh:
                reader, writer = self.idle.pop()
            else:
                reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
            try:
                writer.write(b"GET %s HTTP/1.1\r\nHost: pictures.example\r\n\r\n" % path)
                head = await reader.readuntil(b"\r\n\r\n")
                break
            except (OSError, asyncio.IncompleteReadError):
                # An idle connection that the server closed is no failure of the server's.
                writer.close()
                if fresh:
                    raise
        status = int(head.split(b" ", 2)[1])
        low = head.lower()
        at = low.find(b"content-length:")
        length = int(low[at + 15 : low.index(b"\r\n", at)]) if at >= 0 else 0
        await reader.readexactly(length)
        if b"connection: close" in low:
            writer.close()
        else:
            self.idle.append((reader, writer))
        return status, low


def quantile(sorted_values, share):
    return sorted_values[min(len(sorted_values) - 1, int(len(sorted_values) * share))] if sorted_values else 0.0


def told(answers):
    times = sorted(seconds * 1000 for _, seconds, status, _ in answers if isinstance(status, int) and 200 <= status < 300)
    statuses = collections.Counter("2xx" if isinstance(s, int) and 200 <= s < 300 else str(s) for _, _, s, _ in answers)
    return {"requests": len(answers), "served": len(times), "p50_ms": round(quantile(times, 0.5), 1), "p99_ms": round(quantile(times, 0.99), 1),
            "max_ms": round(times[-1], 1) if times else 0.0, "retry_after": sum(b"\r\nretry-after:" in f for *_, f in answers),
            "fallbacks": sum(b"\r\ntemplrender-fallback:" in f for *_, f in answers), "status": dict(sorted(statuses.items()))}


async def main(port, rate, seconds, paths, first, zipf):
    client = Client(port)
    if zipf:
        total, cdf = 0.0, []
        for i in range(len(paths)):
            total += 1 / (i + 1)
            cdf.append(total)
        pick = lambda _: paths[bisect.bisect_left(cdf, random.random() * total)]
    else:
        pick = lambda i: paths[(first + i) % len(paths)]
    random.seed(first)
    began = time.perf_counter()
    tasks = set()
    for i in range(int(rate * seconds)):
        due = began + i / rate
        wait = due - time.perf_counter()
        if wait > 0:
            await asyncio.sleep(wait)
        task = asyncio.create_task(client.one(pick(i), due, began))
        tasks.add(task)
        task.add_done_callback(tasks.discard)
    await asyncio.gather(*tasks)
    slots = collections.defaultdict(list)
    for answer in client.answers:
        slots[int(answer[0] // SLOT_S)].append(answer)
    print(json.dumps({**told(client.answers), "slots": [told(slots[k]) for k in sorted(slots)]}))


if __name__ == "__main__":
    if len(sys.argv) < 5:
        sys.exit(__doc__)
    port, rate, seconds, file = int(sys.argv[1]), float(sys.argv[2]), float(sys.argv[3]), sys.argv[4]
    lines = [line.encode() for line in open(file, encoding="utf-8").read().split("\n") if line]
    asyncio.run(main(port, rate, seconds, lines, int(sys.argv[5]) if len(sys.argv) > 5 else 0, sys.argv[6:7] == ["zipf"]))
