"""Pictures over http(s): bounded in time and bytes, and never from a private address unless the caller says otherwise.

A URL of a row is somebody else's data. It is asked for nothing but its bytes: no cookies, no credentials, no proxy from
the environment (which would resolve names in our place). The core says which URLs may be asked and gives their one
normal form; `_connect` judges addresses; `_body` counts bytes.

What asks is httpcore, the engine under httpx: httpx itself keeps cookies, unpacks answers without a bound and logs
whole URLs.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpcore

from . import _templrender as _native
from ._body import read_body
from ._connect import Judged
from ._load_error import LoadError

_REDIRECTS = {301, 302, 303, 307, 308}
# An answer that may be another one soon.
_TRANSIENT = {408, 425, 429}
_TRIED_AGAIN = {429, 502, 503, 504}
_FIRST_WAIT = 0.2
_IDLE = 30.0


@dataclass(frozen=True, slots=True)
class WebOptions:
    """What `Loader` was told about the web; its documentation says what each is."""

    allow_private: bool
    timeout: float
    connect_timeout: float
    max_bytes: int
    max_redirects: int
    at_once: int
    per_host: int
    retries: int
    user_agent: str
    tls: ssl.SSLContext | None


@dataclass(slots=True)
class _Line:
    """Who asks one origin at the moment, or waits to."""

    turns: asyncio.Semaphore
    asked_by: int = 0


class Web:
    """Connections and who waits for them, of one event loop."""

    def __init__(self, options: WebOptions) -> None:
        self._options = options
        self._all = asyncio.Semaphore(options.at_once)
        self._lines: dict[str, _Line] = {}
        self._policy = _native.OriginPolicy(ip_literals=True)
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=options.tls or httpcore.default_ssl_context(),
            max_connections=options.at_once,
            max_keepalive_connections=options.at_once,
            keepalive_expiry=_IDLE,
            network_backend=Judged(options.connect_timeout, options.allow_private),
        )

    async def aclose(self) -> None:
        """Closes all connections."""
        await self._pool.aclose()

    async def get(self, location: str) -> bytes | LoadError:
        """The bytes at a URL, or why they are not to be had."""
        try:
            url = self._check(location)
            async with self._turn(url.origin):
                return await self._in_time(url)
        except LoadError as error:
            return error.at(location)

    def _check(self, location: str) -> _native.PictureUrl:
        try:
            return self._policy.check(location)
        except _native.Error as error:
            raise LoadError(error.faults[0].message) from None

    @contextlib.asynccontextmanager
    async def _turn(self, origin: str) -> AsyncIterator[None]:
        """One's turn with an origin, and then among all: those who wait for a slow origin keep nobody else."""
        line = self._lines.setdefault(origin, _Line(asyncio.Semaphore(self._options.per_host)))
        line.asked_by += 1
        try:
            async with line.turns, self._all:
                yield
        finally:
            line.asked_by -= 1
            if not line.asked_by:
                self._lines.pop(origin, None)

    async def _in_time(self, url: _native.PictureUrl) -> bytes:
        """All tries together take no longer than the limit."""
        limit = self._options.timeout
        try:
            async with asyncio.timeout(limit) as until:
                return await self._persist(url, until.when() or 0.0)
        except TimeoutError:
            raise LoadError(f"it did not arrive within {limit:g} s", is_transient=True) from None

    async def _persist(self, url: _native.PictureUrl, until: float) -> bytes:
        """Asks again where that may help; the last failure holds where no time is left for another try."""
        tried = 0
        while True:
            try:
                return await self._follow(url)
            except LoadError as error:
                if tried == self._options.retries or not (
                    error.status in _TRIED_AGAIN or (error.status is None and error.is_transient)
                ):
                    raise
                wait = _FIRST_WAIT * 2**tried * random.uniform(0.5, 1.0)
                wait = max(wait, error.retry_after or 0.0)
                if asyncio.get_running_loop().time() + wait >= until:
                    raise
                tried += 1
                await asyncio.sleep(wait)

    async def _follow(self, url: _native.PictureUrl) -> bytes:
        followed = 0
        while True:
            found = await self._ask(url)
            if isinstance(found, bytes):
                return found
            if followed == self._options.max_redirects:
                raise LoadError(f"more than {followed} redirects")
            followed += 1
            following = self._check(url.resolve(found))
            if url.scheme == "https" and following.scheme != "https":
                raise LoadError("a redirect must not lead from https to http")
            url = following

    async def _ask(self, url: _native.PictureUrl) -> bytes | str:
        """The body of an answer, or where it says to ask instead."""
        target = url.url[len(url.origin) :]
        core_url = httpcore.URL(scheme=url.scheme, host=url.host.strip("[]"), port=url.port, target=target)
        headers = [
            ("Host", url.origin.partition("://")[2]),
            ("User-Agent", self._options.user_agent),
            ("Accept", "image/*"),
            ("Accept-Encoding", "identity"),
        ]
        try:
            async with self._pool.stream("GET", core_url, headers=headers) as answer:
                status = answer.status
                fields = {
                    name.decode("latin-1").lower(): value.decode("latin-1").strip() for name, value in answer.headers
                }
                if status in _REDIRECTS and "location" in fields:
                    return _utf8(fields["location"])
                if status not in (200, 203):
                    raise LoadError(
                        f"the server answered with status {status}",
                        status=status,
                        retry_after=_retry_after(fields.get("retry-after")),
                        is_transient=status >= 500 or status in _TRANSIENT,
                    )
                return await read_body(fields, answer.aiter_stream(), self._options.max_bytes)
        except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException) as error:
            raise _reason(error) from None


def _utf8(field: str) -> str:
    try:
        return field.encode("latin-1").decode()
    except UnicodeDecodeError:
        raise LoadError("the server redirects to a URL that cannot be read") from None


def _retry_after(field: str | None) -> float | None:
    """Seconds, or a time."""
    if not field:
        return None
    if field.isascii() and field.isdigit():
        return float(field[:10])
    try:
        then = parsedate_to_datetime(field)
    except ValueError:
        return None
    then = then if then.tzinfo else then.replace(tzinfo=UTC)
    return max(0.0, (then - datetime.now(UTC)).total_seconds())


def _reason(error: Exception) -> LoadError:
    """What broke, in the middle of the errors that the client, TLS and the system wrap in one another."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return LoadError(f"no trusted connection: {cause.verify_message}")
        if isinstance(cause, ssl.SSLError):
            return LoadError(f"no trusted connection: {cause.reason or 'the server does not speak TLS'}")
        cause = cause.__cause__ or cause.__context__
    if isinstance(error, httpcore.RemoteProtocolError):
        ended = "disconnected" in str(error) or "closed connection" in str(error)
        return LoadError(
            "the connection ended before the answer did" if ended else "the answer is not HTTP", is_transient=True
        )
    return LoadError("the connection ended early", is_transient=True)
