"""The origin of the tests' pictures: it answers each path as a test says, well or badly, and remembers what it was asked.

It runs in a thread of the tests' own process, on one port, and takes requests as an origin does (`GET /a.png`) and as a forward proxy does
(`GET http://shop.example/a.png`), so that the tests need no Squid and no name server. `/p/NUMBER.jpg` are the photos of tools/serve/origin.py.
"""

import asyncio
import sys
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "tools" / "serve"))

import origin  # noqa: E402  (tools/serve/origin.py)

PHOTOS = ROOT / "templates" / "product-sale" / "rows" / "photos"
TYPES = {".png": "image/png", ".jpg": "image/jpeg", ".webp": "image/webp"}


class Reply:
    """How a path is answered.

    `length` is announced in place of the body's own, `chunks` sends it in so many chunks without a length, `pause` waits so long between pieces of
    `piece` bytes, `after` waits before the status line, `cut` closes the connection after so many bytes, `silent` closes it without a word.
    """

    def __init__(self, body=b"", status=200, headers=(), after=0.0, length=None, chunks=0, pause=0.0, piece=64 << 10, cut=None, silent=False):
        self.body, self.status, self.headers, self.after = body, status, dict(headers), after
        self.length, self.chunks, self.pause, self.piece, self.cut, self.silent = length, chunks, pause, piece, cut, silent

    def head(self):
        fields = {"Content-Type": "image/png", **self.headers}
        if self.chunks:
            fields["Transfer-Encoding"] = "chunked"
        elif self.status != 304:
            fields["Content-Length"] = str(len(self.body) if self.length is None else self.length)
        lines = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
        return f"HTTP/1.1 {self.status} Said\r\n{lines}\r\n".encode()


class Asked:
    """A request as it came."""

    def __init__(self, head):
        lines = head.decode("latin-1").split("\r\n")
        self.method, self.target, _ = lines[0].split(" ", 2)
        self.headers = [(name.lower(), value.strip()) for name, _, value in (line.partition(":") for line in lines[1:] if line)]
        rest = self.target.split("://", 1)[-1] if not self.target.startswith("/") else self.target
        host, slash, path = rest.partition("/")
        self.host, self.path = (host, slash + path) if not self.target.startswith("/") else (self.header("host"), self.target)

    def header(self, name):
        return next((value for known, value in self.headers if known == name), "")


class Shop(origin.Origin):
    """Started by `Shop(port)`, ended by `stop()`. What a test reads of it is only ever added to by its thread."""

    def __init__(self, port):
        super().__init__(PHOTOS, [port])
        self.port = port
        self.replies = {}
        self.asked = []
        self.sent = {}
        self.open = 0
        self.accepted = 0
        self.loop = asyncio.new_event_loop()
        started = threading.Event()
        self.thread = threading.Thread(target=self._run, args=(started,), daemon=True)
        self.thread.start()
        if not started.wait(10):
            raise RuntimeError(f"the origin does not start on port {port}")

    def _run(self, started):
        asyncio.set_event_loop(self.loop)
        self.server = self.loop.run_until_complete(asyncio.start_server(self._talk, "127.0.0.1", self.port, backlog=1024, limit=1 << 20))
        started.set()
        self.loop.run_forever()
        self.server.close()
        tasks = asyncio.all_tasks(self.loop)
        for task in tasks:
            task.cancel()
        self.loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
        self.loop.close()

    def stop(self):
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(10)

    def url(self, path, host=None):
        return f"http://{host or f'127.0.0.1:{self.port}'}{path}"

    def says(self, path, reply):
        self.replies[path] = reply

    def forget(self):
        """Counts from here on."""
        self.asked, self.sent, self.accepted = [], {}, 0

    def count(self, beginning=""):
        """How often paths with this beginning were asked for."""
        return sum(asked.path.startswith(beginning) for asked in self.asked)

    def told(self, path):
        """Bytes of bodies that went out for a path, as far as this end can know."""
        return self.sent.get(path, 0)

    def _reply(self, asked):
        path = asked.path.split("?")[0]
        for name in (asked.path, path):
            if name in self.replies:
                return self.replies[name]
        if path.startswith("/p/") and path[3:].removesuffix(".jpg").isdigit():
            number = int(path[3:].removesuffix(".jpg"))
            return Reply(self.picture(number), headers={"Content-Type": "image/jpeg", "ETag": f'"p{number}"'})
        # The photos of the shipped templates, by their path in the repository.
        file = (ROOT / path.lstrip("/")).resolve()
        if path.startswith("/templates/") and file.is_relative_to(ROOT / "templates") and file.is_file():
            return Reply(file.read_bytes(), headers={"Content-Type": TYPES.get(file.suffix, "text/plain")})
        return Reply(status=404)

    async def _talk(self, reader, writer):
        self.accepted += 1
        try:
            while True:
                asked = Asked(await reader.readuntil(b"\r\n\r\n"))
                self.asked.append(asked)
                self.open += 1
                try:
                    stays = await self._answer(asked, writer)
                finally:
                    self.open -= 1
                if not stays:
                    return
        except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, ConnectionError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    async def _answer(self, asked, writer):
        reply = self._reply(asked)
        if reply.after:
            await asyncio.sleep(reply.after)
        if reply.silent:
            return False
        etag = reply.headers.get("ETag")
        if etag and asked.header("if-none-match") == etag:
            reply = Reply(status=304, headers=reply.headers)
        writer.write(reply.head())
        body = reply.body if reply.cut is None else reply.body[: reply.cut]
        if asked.method == "HEAD":
            body = b""
        piece = max(1, -(-len(body) // reply.chunks)) if reply.chunks else reply.piece
        for start in range(0, len(body), piece):
            part = body[start : start + piece]
            writer.write(b"%x\r\n%s\r\n" % (len(part), part) if reply.chunks else part)
            await writer.drain()
            self.sent[asked.path] = self.sent.get(asked.path, 0) + len(part)
            if reply.pause:
                await asyncio.sleep(reply.pause)
        if reply.chunks and reply.cut is None:
            writer.write(b"0\r\n\r\n")
        await writer.drain()
        return reply.cut is None and (reply.length is None or reply.length == len(body))


def wait_for(what, seconds=10.0, every=0.01):
    """What it gives when that is true, or whatever it last gave after so long."""
    end = time.monotonic() + seconds
    while True:
        got = what()
        if got or time.monotonic() > end:
            return got
        time.sleep(every)
