#!/usr/bin/env python3
"""An origin of product photos for load tests: /p/NUMBER.jpg, distinct bytes for each number, on several ports of 127.0.0.1.

    origin.py FOLDER PORT [PORT...]

FOLDER holds the JPEGs that all pictures are made of: a number picks one, and stands in a comment of the file, so that no two are equal.
Each port is an origin with a mode of its own, set by POST /__mode/PORT/MODE:

    ok         the picture, with ETag, Last-Modified and max-age; 304 where it is asked for
    slow       the same after 10 s (slow:MS after so many milliseconds)
    dead       the connection is closed without a word
    truncated  half of the picture under the whole length
    lying      an HTML page with status 200 as image/jpeg
    long       a length of 1 GB and a megabyte of it
    bomb       a small PNG of 30,000 x 30,000 px
    missing    404

GET /__counts gives what was asked for since the last POST /__reset, as JSON by port.
"""
import asyncio
import json
import struct
import sys
import zlib
from email.utils import formatdate
from pathlib import Path

PAGE = b"<!doctype html><title>Maintenance</title><p>We will be back soon."
SLOW_MS = 10_000


def bomb():
    """A PNG whose head claims 900 megapixels."""
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    head = struct.pack(">IIBBBBB", 30_000, 30_000, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(bytes(1 << 20), 9)) + chunk(b"IEND", b"")


class Origin:
    def __init__(self, folder, ports):
        bodies = [path.read_bytes() for path in sorted(Path(folder).glob("*.jpg"))]
        if not bodies:
            sys.exit(f"{folder}: no .jpg to serve")
        for body in bodies:
            assert body[:2] == b"\xff\xd8", "a JPEG begins with SOI"
        # Behind SOI, so that a comment fits between.
        self.rests = [body[2:] for body in bodies]
        self.bomb = bomb()
        self.modes = {port: "ok" for port in ports}
        self.reset()

    def reset(self):
        self.counts = {port: {"requests": 0, "pictures": 0, "unchanged": 0, "bytes": 0, "open": 0, "most_open": 0} for port in self.modes}
        self.asked = {port: set() for port in self.modes}

    def picture(self, number):
        comment = b"product %d" % number
        rest = self.rests[number % len(self.rests)]
        return b"\xff\xd8\xff\xfe" + struct.pack(">H", len(comment) + 2) + comment + rest

    async def answer(self, port, path, head):
        """Status line and header fields, body, whether the connection stays."""
        count = self.counts[port]
        count["requests"] += 1
        self.asked[port].add(path)
        mode, _, argument = self.modes[port].partition(":")
        if mode == "slow":
            await asyncio.sleep(float(argument or SLOW_MS) / 1000)
        if mode == "dead":
            return None
        if mode == "lying":
            return b"HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n" % len(PAGE), PAGE, True
        if mode == "long":
            return b"HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\nContent-Length: 1000000000\r\n\r\n", bytes(1 << 20), False
        if mode == "bomb":
            return b"HTTP/1.1 200 OK\r\nContent-Type: image/png\r\nContent-Length: %d\r\n\r\n" % len(self.bomb), self.bomb, True
        name = path.split("?")[0].removeprefix("/p/").removesuffix(".jpg")
        if mode == "missing" or not name.isdigit():
            return b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", b"", True
        number = int(name)
        etag = b'"p%d"' % number
        # Without a date some caches (Squid) take max-age for nothing.
        date = formatdate(usegmt=True).encode()
        fields = b"Date: %s\r\nETag: %s\r\nLast-Modified: Sat, 01 Nov 2025 00:00:00 GMT\r\nCache-Control: max-age=3600\r\n" % (date, etag)
        if b'if-none-match: "p%d"' % number in head:
            count["unchanged"] += 1
            return b"HTTP/1.1 304 Not Modified\r\n" + fields + b"\r\n", b"", True
        body = self.picture(number)
        count["pictures"] += 1
        count["bytes"] += len(body)
        start = b"HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\n%sContent-Length: %d\r\n\r\n" % (fields, len(body))
        if mode == "truncated":
            return start, body[: len(body) // 2], False
        return start, body, True

    def control(self, path):
        if path == "/__counts":
            told = {port: {**self.counts[port], "distinct": len(self.asked[port])} for port in self.modes}
            return 200, json.dumps(told)
        if path == "/__reset":
            self.reset()
            return 200, "{}"
        parts = path.split("/")
        if path.startswith("/__mode/") and len(parts) == 4 and parts[2].isdigit() and int(parts[2]) in self.modes:
            self.modes[int(parts[2])] = parts[3]
            return 200, "{}"
        return 404, "{}"

    async def talk(self, port, reader, writer):
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                path = head.split(b" ", 2)[1].decode("latin-1")
                if path.startswith("/__"):
                    status, body = self.control(path)
                    body = body.encode()
                    writer.write(b"HTTP/1.1 %d -\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % (status, len(body)) + body)
                    continue
                count = self.counts[port]
                count["open"] += 1
                count["most_open"] = max(count["most_open"], count["open"])
                try:
                    answer = await self.answer(port, path, head.lower())
                finally:
                    count["open"] -= 1
                if answer is None:
                    return
                start, body, stays = answer
                writer.write(start)
                writer.write(body)
                await writer.drain()
                if not stays:
                    return
        except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, ConnectionError):
            pass
        finally:
            writer.close()


async def main(folder, ports):
    origin = Origin(folder, ports)
    for port in ports:
        await asyncio.start_server(lambda r, w, port=port: origin.talk(port, r, w), "127.0.0.1", port, backlog=1024)
    sizes = sorted(len(rest) for rest in origin.rests)
    print(f"origin: {len(sizes)} photos of {sizes[0] // 1000} to {sizes[-1] // 1000} kB on {', '.join(map(str, ports))}", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    try:
        asyncio.run(main(sys.argv[1], [int(port) for port in sys.argv[2:]]))
    except KeyboardInterrupt:
        pass
