"""A web server of a test's own: pictures, redirects, errors, slow and broken answers, counted."""

from __future__ import annotations

import base64
import gzip
import ssl
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

BEE = Path("templates/product-ad/rows/photos/bee.webp")
RED = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAIAAABLbSncAAAAEUlEQVR42mM4oaGBFTEMLQkAgl1GARdiiXUAAAAASUVORK5CYII="
)
"""A small picture: 8 x 8 px of rgb(200 40 40)."""


class Origin(ThreadingHTTPServer):
    """What it does is in the path: `/bee.webp`, `/status/503?after=1`, `/to?URL`, `/slow/2`, ..."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, certificate: Path | None = None, key: Path | None = None) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.scheme = "http"
        if certificate is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate, key)
            # The handshake is the business of each connection's own thread.
            self.socket = context.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)
            self.scheme = "https"
        self.asked: Counter[str] = Counter()
        self.headers: list[dict[str, str]] = []
        self.lock = threading.Lock()
        self.now = self.most_at_once = 0

    @property
    def url(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.server_address[1]}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that hang up are part of the tests."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Origin

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        with self.server.lock:
            self.server.asked[parts.path] += 1
            self.server.headers.append({name.lower(): value for name, value in self.headers.items()})
            self.server.now += 1
            self.server.most_at_once = max(self.server.most_at_once, self.server.now)
            times = self.server.asked[parts.path]
        try:
            self._answer(parts.path.strip("/").split("/"), parts.query, times)
        finally:
            with self.server.lock:
                self.server.now -= 1

    def _answer(self, path: list[str], query: str, times: int) -> None:
        match path:
            case ["bee.webp"]:
                self._send(200, BEE.read_bytes())
            case ["bytes", count]:
                self._send(200, bytes(int(count)))
            case ["status", status]:
                self._send(
                    int(status), b"", {"Retry-After": retry} if (retry := parse_qs(query).get("after", [""])[0]) else {}
                )
            case ["flaky", status, count]:
                good = times > int(count)
                after = parse_qs(query).get("after", [""])[0]
                self._send(
                    200 if good else int(status),
                    BEE.read_bytes() if good else b"",
                    {"Retry-After": after} if after else {},
                )
            case ["to"]:
                self._send(302, b"moved", {"Location": query})
            case ["loop", step]:
                self._send(302, b"", {"Location": f"/loop/{int(step) + 1}"})
            case ["slow", seconds]:
                time.sleep(float(seconds))
                self._send(200, RED)
            case ["drip", count]:
                self.send_response(200)
                self.send_header("Content-Length", count)
                self.end_headers()
                for _ in range(int(count)):
                    self.wfile.write(b".")
                    time.sleep(0.05)
            case ["cut"]:
                self.send_response(200)
                self.send_header("Content-Length", "1000")
                self.end_headers()
                self.wfile.write(b"cut")
                self.close_connection = True
            case ["hang-up"]:
                self.close_connection = True
            case ["no-http"]:
                self.wfile.write(b"SSH-2.0-server\r\n\r\n")
                self.close_connection = True
            case ["endless"]:
                self.send_response(200)
                self.send_header("Connection", "close")
                self.end_headers()
                self.close_connection = True
                while True:
                    self.wfile.write(bytes(1 << 16))
            case ["gzip"]:
                self._send(200, gzip.compress(BEE.read_bytes()), {"Content-Encoding": "gzip"})
            case ["bomb"]:
                self._send(200, gzip.compress(bytes(64 << 20)), {"Content-Encoding": "gzip"})
            case ["broken-gzip"]:
                self._send(200, gzip.compress(BEE.read_bytes())[:-9], {"Content-Encoding": "gzip"})
            case ["brotli"]:
                self._send(200, b"?", {"Content-Encoding": "br"})
            case ["page"]:
                self._send(200, b"<html>not found</html>", {"Content-Type": "text/html", "Set-Cookie": "a=1"})
            case _:
                self._send(404, b"")

    def _send(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {**(headers or {}), "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing."""


@contextmanager
def running(certificate: Path | None = None, key: Path | None = None) -> Iterator[Origin]:
    """An origin that answers until the end of the block, over TLS if it has a certificate."""
    with Origin(certificate, key) as origin:
        thread = threading.Thread(target=origin.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield origin
        finally:
            origin.shutdown()
            thread.join()
