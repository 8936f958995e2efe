"""What the tests of batches share: a small template, rows for it, and an origin that counts."""

from __future__ import annotations

import contextlib
import http.server
import os
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from templrender import Bundle, Frame, Pack

TEMPLATE = """{
  "templrender": 1, "name": "tag", "size": [120, 60], "output": { "format": "png" },
  "fields": { "title": { "type": "text", "required": true }, "price": { "type": "money" }, "photo": { "type": "image" }, "hidden": { "type": "text" } },
  "skip-if": "{{ hidden }}",
  "variants": { "wide": { "size": [180, 60] } },
  "background": "#ffffff",
  "layers": [
    { "id": "photo", "type": "image", "src": "{{ photo }}", "missing": "hide", "left": 0, "top": 0, "width": 60, "height": 60 },
    { "id": "title", "type": "text", "text": "{{ title }}", "left": 64, "top": 4, "width": 52, "font-size": 10 }
  ]
}"""


def bundle() -> Bundle:
    """A template that draws in a fraction of a millisecond."""
    pack = Pack()
    pack.add("template.json", TEMPLATE.encode())
    return pack.open()


def template_file(folder: Path) -> Path:
    """The same as a file."""
    path = folder / "tag" / "template.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(TEMPLATE)
    return path


def rows(count: int, **columns: list[Any]) -> pa.Table:
    """Rows `r0`, `r1`, ... with a title each."""
    return pa.table({"id": [f"r{i}" for i in range(count)], "title": [f"Honey {i}" for i in range(count)], **columns})


def photo(red: int = 200) -> bytes:
    """A picture of one colour."""
    return bytes(Frame(memoryview(bytes([red, 100, 50] * 64)).cast("B", (8, 8, 3))).encode())


class Origin:
    """A server of pictures that counts what it is asked for: /a.png is one, /gone.png is none while `missing`, /page.png is a page."""

    def __init__(self, delay_s: float = 0.0) -> None:
        self.asked: Counter[str] = Counter()
        self.most_at_once = 0
        self.delay_s = delay_s
        self.missing = True
        self._now = 0
        self._lock = threading.Lock()

    @contextlib.contextmanager
    def serving(self) -> Iterator[str]:
        origin = self

        class Answer(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                with origin._lock:
                    origin.asked[self.path] += 1
                    origin._now += 1
                    origin.most_at_once = max(origin.most_at_once, origin._now)
                time.sleep(origin.delay_s)
                with origin._lock:
                    origin._now -= 1
                status = 404 if self.path.startswith("/gone") and origin.missing else 200
                body = b"<html>no picture</html>" if self.path.startswith("/page") else photo(len(self.path))
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:
                pass

        with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
            thread = threading.Thread(target=server.serve_forever, daemon=True)
            thread.start()
            try:
                yield f"http://127.0.0.1:{server.server_address[1]}"
            finally:
                server.shutdown()


def command(*arguments: object) -> list[str]:
    """The program's command line."""
    return [sys.executable, "-m", "templrender.batch", *map(str, arguments)]


def environment() -> dict[str, str]:
    """That of a program which has the same package."""
    import templrender

    package = str(Path(templrender.__file__).parent.parent)
    return {**os.environ, "PYTHONPATH": os.pathsep.join([package, os.environ.get("PYTHONPATH", "")])}


def batch(*arguments: object, status: int = 0) -> str:
    """Runs the program, holds it to a status, and gives what it says."""
    done = subprocess.run(command(*arguments), env=environment(), capture_output=True, text=True, timeout=300)
    assert done.returncode == status, done.stdout + done.stderr
    return done.stdout + done.stderr


def drawn(out: Path) -> dict[tuple[str, str | None], bytes]:
    """The pictures of a run that wrote Parquet, by id and variant, each of which is there once."""
    found = (
        pq.read_table(out / "pictures", columns=["id", "variant", "picture"]).to_pylist()
        if (out / "pictures").exists()
        else []
    )
    pictures = {(row["id"], row["variant"]): row["picture"] for row in found}
    assert len(pictures) == len(found), "a row is there twice"
    return pictures


def leftovers(out: Path) -> list[str]:
    """Files that a whole run does not leave."""
    return [str(path) for path in out.rglob("*") if path.name.startswith(("_tmp", "_lock")) or "_tmp" in path.parts]
