#!/usr/bin/env python3
"""The form of the queue: a photo, a crop box, a name and an address come in; a job is filed, and a page says how far it is.

    upload.py --template NAME --files URI [--redis URL] [--listen HOST:PORT]      (--help has the rest)

A program of the standard library, for behind a reverse proxy that has TLS and slow clients. Each form has a token of its own, bound to the visitor's cookie and good for some hours:
nobody else's page can send it (CSRF), and sent twice it is one job. What is uploaded is decoded before it is stored, under a name of ours; nothing of the visitor's becomes a path.
"""

from __future__ import annotations

import argparse
import hashlib
import hmac
import ipaddress
import json
import os
import secrets
import socketserver
import sys
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import urlsplit
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

import multipart
import pages
import photo

from templrender.worker import files
from templrender.worker.job import Job, JobError, is_address
from templrender.worker.jobs import PREFIX, Jobs, Keep, connect, unreachable

_TOKEN_HOURS = 4
# The form's other fields, and the multipart's own lines.
_BESIDE = 64 * 1024
_HEADERS = [
    (
        "Content-Security-Policy",
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    ),
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "no-referrer"),
]
_STATUSES = {
    200: "OK",
    303: "See Other",
    400: "Bad Request",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    411: "Length Required",
    413: "Content Too Large",
    422: "Unprocessable Content",
    429: "Too Many Requests",
    503: "Service Unavailable",
}
Headers = list[tuple[str, str]]


@dataclass(frozen=True)
class Settings:
    """What the form is for, and what visitors may."""

    template: str
    photo_field: str = "photo"
    crop_field: str = "crop"
    name_field: str = "name"
    row: Mapping[str, Any] = field(default_factory=dict)
    """What else is in every row."""
    max_bytes: int = 12 << 20
    max_pixels: int = 40_000_000
    per_address: int = 20
    """Jobs an hour that one address of the network may file; of IPv6 a /64 is one."""
    per_recipient: int = 5
    """Jobs a day that one mail address may be given, or the form is a way to annoy somebody."""
    proxies: int = 0
    """How many proxies of ours add to X-Forwarded-For."""
    https: bool = False
    at_once: int = 8
    keep: Keep = Keep()


class Answer(Exception):
    """An answer that ends a request early."""

    def __init__(self, status: int, problem: str, *headers: tuple[str, str]) -> None:
        super().__init__(problem)
        self.status, self.problem, self.headers = status, problem, list(headers)


class Form:
    """The WSGI application."""

    def __init__(self, jobs: Jobs, store: files.Store, settings: Settings, secret: bytes) -> None:
        self._jobs, self._store, self._settings, self._secret = jobs, store, settings, secret
        self._cookie = "__Host-visitor" if settings.https else "visitor"
        # Bodies are in memory while they are looked at.
        self._room = threading.BoundedSemaphore(settings.at_once)
        self._away = unreachable()

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        try:
            status, headers, body = self._answer(environ)
        except Answer as answer:
            status, headers, body = (
                answer.status,
                [("Content-Type", "text/plain; charset=utf-8"), *answer.headers],
                f"{answer.problem}\n".encode(),
            )
        except self._away:
            status, headers, body = (
                503,
                [("Content-Type", "text/plain; charset=utf-8"), ("Retry-After", "5")],
                b"we are not there for a moment\n",
            )
        cached = any(name == "Cache-Control" for name, _ in headers)
        headers += _HEADERS + [("Content-Length", str(len(body)))] + ([] if cached else [("Cache-Control", "no-store")])
        start(f"{status} {_STATUSES[status]}", headers)
        return [b"" if environ["REQUEST_METHOD"] == "HEAD" else body]

    def _answer(self, environ: dict[str, Any]) -> tuple[int, Headers, bytes]:
        method, path = environ["REQUEST_METHOD"], environ.get("PATH_INFO", "/")
        if method == "POST" and path == "/":
            return self._post(environ)
        if method not in ("GET", "HEAD"):
            raise Answer(405, "only GET, and POST of the form", ("Allow", "GET, HEAD"))
        if path == "/":
            return self._show(environ, 200, "")
        if path in pages.STATIC:
            content_type, body = pages.static(path)
            return 200, [("Content-Type", content_type), ("Cache-Control", "max-age=3600")], body
        if path.startswith("/job/"):
            return self._job(path.removeprefix("/job/"))
        raise Answer(404, "there is nothing here")

    # ---- the form

    def _show(self, environ: dict[str, Any], status: int, problem: str) -> tuple[int, Headers, bytes]:
        visitor = self._visitor(environ)
        headers = [("Content-Type", "text/html; charset=utf-8")]
        if visitor is None:
            visitor = secrets.token_hex(16)
            secure = "; Secure" if self._settings.https else ""
            headers.append(
                (
                    "Set-Cookie",
                    f"{self._cookie}={visitor}; Path=/; HttpOnly; SameSite=Strict; Max-Age={_TOKEN_HOURS * 3600}{secure}",
                )
            )
        settings = self._settings
        page = pages.form(
            self._token(visitor, secrets.token_hex(16), int(time.time())),
            problem,
            megabytes=settings.max_bytes >> 20,
            uploads=settings.keep.uploads,
            results=settings.keep.results,
        )
        return status, headers, page

    def _visitor(self, environ: dict[str, Any]) -> str | None:
        try:
            found = SimpleCookie(environ.get("HTTP_COOKIE", "")).get(self._cookie)
        except CookieError:
            return None
        return found.value if found is not None and len(found.value) == 32 and found.value.isalnum() else None

    def _token(self, visitor: str, nonce: str, issued: int) -> str:
        mac = hmac.new(self._secret, f"{visitor}.{nonce}.{issued}".encode(), hashlib.sha256).hexdigest()
        return f"{nonce}.{issued}.{mac}"

    def _good(self, visitor: str | None, token: str) -> bool:
        nonce, _, rest = token.partition(".")
        issued = rest.partition(".")[0]
        if visitor is None or not issued.isascii() or not issued.isdigit() or len(issued) > 12:
            return False
        fresh = 0 <= time.time() - int(issued) <= _TOKEN_HOURS * 3600
        return hmac.compare_digest(self._token(visitor, nonce, int(issued)).encode(), token.encode()) and fresh

    # ---- a photo

    def _post(self, environ: dict[str, Any]) -> tuple[int, Headers, bytes]:
        settings = self._settings
        _same_site(environ)
        given = environ.get("CONTENT_LENGTH") or ""
        if not (given.isascii() and given.isdigit()):
            raise Answer(411, "a form must say how long it is")
        if len(given) > 12 or int(given) > settings.max_bytes + _BESIDE:
            raise Answer(413, f"a photo must have at most {settings.max_bytes >> 20} MB")
        self._share(f"ip:{_network(environ, settings.proxies)}", settings.per_address, 3600, "photos from your network")
        if not self._room.acquire(timeout=5):
            raise Answer(503, "too many photos are arriving just now", ("Retry-After", "5"))
        try:
            body = environ["wsgi.input"].read(int(given))
            if len(body) < int(given):
                raise Answer(400, "the form was cut off")
            try:
                form = multipart.fields(environ.get("CONTENT_TYPE", ""), body)
            except multipart.FormError as error:
                raise Answer(400, str(error)) from None
            token = _text(form, "token")
            if not self._good(self._visitor(environ), token):
                return self._show(
                    environ, 403, "The form was too old, or your browser keeps no cookies. Please send it again."
                )
            try:
                job = self._file(token, form)
            except (photo.PhotoError, JobError) as error:
                return self._show(environ, 422, f"{str(error)[:1].upper()}{str(error)[1:]}.")
        finally:
            self._room.release()
        return 303, [("Location", f"/job/{job.id}"), ("Content-Type", "text/plain; charset=utf-8")], b""

    def _file(self, token: str, form: dict[str, bytes]) -> Job:
        settings = self._settings
        to, data = _text(form, "to").strip(), form.get("photo", b"")
        if not is_address(to):
            raise photo.PhotoError("the mail address is not one that we can write to")
        if len(data) > settings.max_bytes:
            raise photo.PhotoError(f"a photo must have at most {settings.max_bytes >> 20} MB")
        kind, size = photo.look_at(data, settings.max_pixels)
        box = photo.crop(_text(form, "crop"), size)
        name = " ".join(_text(form, "name").split())[:60]
        row = {**settings.row, **({settings.name_field: name} if name else {})}
        if box is not None:
            row[settings.crop_field] = box
        stored = files.upload_name(kind)
        # The form's token is the idempotency key: nobody can guess it, and with it the page of the job.
        key = "upload:" + hashlib.sha256(token.encode()).hexdigest()
        job = Job(
            key=key, template=settings.template, row=row, picture=f"upload:{stored}", field=settings.photo_field, to=to
        )
        if self._jobs.status(job.id) is None:
            whose = hmac.new(self._secret, to.lower().encode(), hashlib.sha256).hexdigest()[:32]
            self._share(f"to:{whose}", settings.per_recipient, 86400, "pictures for this address")
            self._jobs.reserve(f"u:{stored}")
            files.write_upload(self._store, stored, data)
            self._jobs.file(job)
        return job

    def _share(self, who: str, most: int, period: float, what: str) -> None:
        wait = self._jobs.may(who, most, period)
        if wait:
            raise Answer(
                429, f"there are at most {most} {what} in {pages.duration(period)}", ("Retry-After", str(int(wait) + 1))
            )

    # ---- a job

    def _job(self, rest: str) -> tuple[int, Headers, bytes]:
        id, _, what = rest.partition("/")
        as_json = id.endswith(".json") and not what
        id = id.removesuffix(".json")
        known = len(id) == 32 and all(digit in "0123456789abcdef" for digit in id)
        found = self._jobs.status(id) if known and what in ("", "picture") else None
        if found is None:
            raise Answer(404, "this picture is not known, or it was deleted in the meantime")
        if what == "picture":
            if not found.result:
                raise Answer(404, "there is no picture yet")
            try:
                data = files.read_result(self._store, found.result)
            except FileNotFoundError:
                raise Answer(404, "this picture was deleted in the meantime") from None
            return 200, [("Content-Type", found.content_type), ("Cache-Control", "private, max-age=3600")], data
        if as_json:
            # No file's name, and of a fault of ours no more than that there is one.
            shown = {
                name: value
                for name, value in asdict(found).items()
                if name in ("id", "state", "ahead", "filed", "finished", "mail")
            }
            return (
                200,
                [("Content-Type", "application/json")],
                json.dumps({**shown, "text": pages.text_of(found)}).encode(),
            )
        return 200, [("Content-Type", "text/html; charset=utf-8")], pages.status(found)


def _same_site(environ: dict[str, Any]) -> None:
    """Browsers say where a form comes from."""
    site = environ.get("HTTP_SEC_FETCH_SITE", "same-origin")
    origin = environ.get("HTTP_ORIGIN")
    if (
        site not in ("same-origin", "none")
        or origin is not None
        and urlsplit(origin).netloc != environ.get("HTTP_HOST")
    ):
        raise Answer(403, "the form must come from this site")


def _network(environ: dict[str, Any], proxies: int) -> str:
    """Who asks: an IPv4 address, or the /64 of an IPv6 one."""
    said = [part.strip() for part in environ.get("HTTP_X_FORWARDED_FOR", "").split(",")]
    text = said[-proxies] if 0 < proxies <= len(said) else environ.get("REMOTE_ADDR", "")
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return "unknown"
    if address.version == 6 and address.ipv4_mapped is None:
        return str(ipaddress.ip_network((address, 64), strict=False))
    return str(getattr(address, "ipv4_mapped", None) or address)


def _text(form: dict[str, bytes], name: str) -> str:
    try:
        text = form.get(name, b"").decode("utf-8")
    except UnicodeDecodeError:
        raise photo.PhotoError(f"{name} must be UTF-8") from None
    if len(text) > 1000:
        raise photo.PhotoError(f"{name} must have at most 1000 characters")
    return text


class _Server(socketserver.ThreadingMixIn, WSGIServer):
    daemon_threads = True
    request_queue_size = 128


class _Handler(WSGIRequestHandler):
    # For each read: who sends nothing is forgotten.
    timeout = 30

    def address_string(self) -> str:
        return str(self.client_address[0])

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: the proxy in front has a log, and pages of jobs are secrets of their owners."""


def serve(form: Form, listen: str) -> WSGIServer:
    """A server that is not running yet: `serve_forever`."""
    host, _, port = listen.rpartition(":")
    server = _Server((host or "127.0.0.1", int(port)), _Handler)
    server.set_app(form)
    return server


def main() -> None:
    parser = argparse.ArgumentParser(description="The form of the queue. docs/queue.md tells it all.")
    add = parser.add_argument
    add("--template", required=True, help="the template that every job gets")
    add("--files", required=True, metavar="URI", help="where photos and pictures lie, as the workers have it")
    add("--redis", default=os.environ.get("TEMPLRENDER_REDIS", "redis://127.0.0.1:6379/0"), metavar="URL")
    add("--prefix", default=PREFIX)
    add("--listen", default="127.0.0.1:8080", metavar="HOST:PORT")
    for name, default in (("photo", "photo"), ("crop", "crop"), ("name", "name")):
        add(f"--{name}-field", default=default, help=f"the row's column of the {name}. Default: {default}")
    add("--row", type=json.loads, default={}, metavar="JSON", help="what else is in every row, as an object")
    add("--max-megabytes", type=int, default=12)
    add("--per-address", type=int, default=20, help="jobs an hour from one address of the network. Default: 20")
    add("--per-recipient", type=int, default=5, help="jobs a day for one mail address. Default: 5")
    add("--proxies", type=int, default=0, help="proxies of ours that add to X-Forwarded-For. Default: 0")
    add("--https", action="store_true", help="visitors come over https: cookies are for it alone")
    add("--keep-uploads", type=float, default=Keep.uploads, help="as the workers have it: what the form promises")
    add("--keep-results", type=float, default=Keep.results)
    given = parser.parse_args()
    secret = os.environ.get("TEMPLRENDER_UPLOAD_SECRET", "").encode() or secrets.token_bytes(32)
    keep = Keep(uploads=given.keep_uploads, results=given.keep_results)
    settings = Settings(
        template=given.template,
        photo_field=given.photo_field,
        crop_field=given.crop_field,
        name_field=given.name_field,
        row=given.row,
        max_bytes=given.max_megabytes << 20,
        per_address=given.per_address,
        per_recipient=given.per_recipient,
        proxies=given.proxies,
        https=given.https,
        keep=keep,
    )
    form = Form(
        Jobs(connect(given.redis), given.prefix, keep), files.open_store(given.files, owner="upload"), settings, secret
    )
    with serve(form, given.listen) as server:
        print(f"the form is at http://{given.listen}", file=sys.stderr, flush=True)
        server.serve_forever()


if __name__ == "__main__":
    main()
