"""The web recipes of docs/python.md answer requests."""

from __future__ import annotations

import re
import subprocess
import sys

import examples

FASTAPI = """
import asyncio


async def ask(path: str) -> list[dict]:
    sent = []

    async def receive():
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message):
        sent.append(message)

    scope = {"type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET", "scheme": "http", "root_path": ""}
    await app({**scope, "path": path, "raw_path": path.encode(), "query_string": b"", "headers": []}, receive, send)
    return sent


head, body = asyncio.run(ask("/cards/Bees in the city.png"))
headers = dict(head["headers"])
assert head["status"] == 200 and headers[b"content-type"] == b"image/png" and len(headers[b"etag"]) == 34
assert body["body"].startswith(b"\\x89PNG")
card = tr.open("templates/product-ad")
head, body = asyncio.run(ask("/cards/Bees.png"))
assert head["status"] == 400 and b'"missing-field"' in body["body"], (head, body)
"""
DJANGO = """
from django.conf import settings
from django.test import RequestFactory

settings.configure()
answer = card_view(RequestFactory().get("/"), "Bees in the city")
assert answer.status_code == 200 and answer["Content-Type"] == "image/png" and answer.content.startswith(b"\\x89PNG")
"""


def section(title: str) -> str:
    """The Python of one section of the page."""
    text = (examples.ROOT / "docs/python.md").read_text(encoding="utf-8")
    found = re.search(rf"^## {title}.*?```python\n(.*?)```", text, re.MULTILINE | re.DOTALL)
    assert found, title
    return found.group(1)


def run(title: str, asked: str) -> None:
    program = 'import templrender as tr\n\ncard = tr.open("templates/og-card")\n' + section(title) + asked
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=100)
    assert done.returncode == 0, done.stderr


def test_fastapi_answers() -> None:
    run("FastAPI and Starlette", FASTAPI)


def test_django_answers() -> None:
    run("Django", DJANGO)
