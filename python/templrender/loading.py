"""Where pictures come from: files under a root, and the web. Locations go in; bytes come out, or why they are not to be
had.

The rules are those of the program `templrender`: a path must lie under its root after links are followed, only http and
https are asked, and never a private address, however it is written and wherever a redirect leads. Everything is
bounded: bytes, time, tries, redirects, how many are asked at once, in all and of one origin.

One thread with an event loop of its own does all of a loader's asking, started by the first URL: threads, `asyncio`
programs and notebooks (whose loop is running already) share its connections and its limits.
"""

from __future__ import annotations

import os
import threading
import weakref
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from ._files import find, real_folders, scheme
from ._load_error import LoadError, shown
from ._templrender import Limits, __version__

if TYPE_CHECKING:
    import ssl
    from concurrent.futures import Future

    from ._asking import Asking

__all__ = ["LoadError", "Loader", "shown"]

# What waits for the web is imported by the first who needs it: asyncio alone takes longer than all the rest.

Path = str | os.PathLike[str]
Found = dict[str, bytes | LoadError]


class Loader:
    """Finds pictures in files and on the web. Safe to share between threads and event loops; what it holds open is
    closed by `close` or `with`, or when it is forgotten.

    It pickles as its settings; connections are made anew.

    >>> loader = Loader(root="templates/product-ad")
    >>> found = loader.get(["assets/logo.png", "../../secret.png", "file:///etc/passwd", "http://169.254.169.254/"])
    >>> len(found["assets/logo.png"]) > 1000
    True
    >>> for location in list(found)[1:]:
    ...     print(found[location])
    a picture must lie in the folder of its row or template, or under the loader's root
    a picture is a path or an http, https or data URL
    the host has a private address, which needs allow_private=True
    """

    def __init__(
        self,
        *,
        root: Path | Sequence[Path] | None = ".",
        allow_private: bool = False,
        timeout: float = 20.0,
        connect_timeout: float = 5.0,
        max_bytes: int | None = None,
        max_redirects: int = 5,
        at_once: int = 8,
        per_host: int = 8,
        retries: int = 2,
        web: bool = True,
        user_agent: str = f"templrender/{__version__}",
        tls: ssl.SSLContext | None = None,
    ) -> None:
        """Args:
        root: The folder that paths are taken from and must lie in, or several, of which the first that has the file
            wins. None: no files.
        allow_private: Whether this machine and the local network may be asked too.
        timeout: Seconds for one picture on the web, all tries and redirects together; waiting for its turn is not
            counted.
        connect_timeout: Seconds for one connection, from the name's lookup.
        max_bytes: Of one picture, after decompression. None: the core's `Limits().max_input_bytes`, 32 MiB.
        max_redirects: That are followed for one picture.
        at_once: Pictures that are fetched at the same time.
        per_host: The same of one origin.
        retries: Further tries after 429, 502, 503, 504 and failed connections. A `Retry-After` is waited for where the
            time allows it.
        web: Whether URLs are asked at all.
        user_agent: What is said in `User-Agent`.
        tls: Which certificates are trusted. None: those that browsers trust.
        """
        self._settings: dict[str, Any] = {
            name: value for name, value in locals().items() if name not in ("self", "__class__")
        }
        _check(timeout > 0 and connect_timeout > 0, "timeouts", "more than 0 s", (timeout, connect_timeout))
        _check(at_once >= 1 and per_host >= 1, "at_once and per_host", "at least 1", (at_once, per_host))
        _check(retries >= 0 and max_redirects >= 0, "retries and max_redirects", "at least 0", (retries, max_redirects))
        _check(user_agent.isascii() and user_agent.isprintable(), "user_agent", "printable ASCII", user_agent)
        self._max_bytes = Limits().max_input_bytes if max_bytes is None else max_bytes
        _check(self._max_bytes >= 1, "max_bytes", "at least 1", max_bytes)
        roots = [] if root is None else [root] if isinstance(root, (str, os.PathLike)) else root
        # Of the current folder when it was made, wherever it is used later.
        self._settings["root"] = self._roots = real_folders(roots)
        self._web = web
        self._lock = threading.Lock()
        self._asking: Asking | None = None

    @property
    def roots(self) -> tuple[str, ...]:
        """The folders that paths are taken from, without links in their own paths."""
        return self._roots

    def get(self, locations: Iterable[str], *, beside: Sequence[Path] = (), timeout: float | None = None) -> Found:
        """The bytes at each location, or why they are not to be had: paths, and http and https URLs.

        Args:
            locations: Each is asked once, however often it is named.
            beside: Folders that a path may lie in as well, tried after the loader's own: that of the template.
            timeout: Seconds for all of them together.

        Raises:
            ImportError: A URL, where httpcore is not installed.
        """
        asked = _Asked(locations, self._web)
        answers = self._submit(asked.urls, timeout) if asked.urls else None
        try:
            self._read(asked, beside)
            return asked.with_answers({} if answers is None else answers.result())
        except BaseException:
            if answers is not None:
                answers.cancel()
            raise

    async def aget(
        self, locations: Iterable[str], *, beside: Sequence[Path] = (), timeout: float | None = None
    ) -> Found:
        """The same for `asyncio`: nothing waits in its loop, and a cancelled task asks no more."""
        import asyncio

        asked = _Asked(locations, self._web)
        answers = asyncio.wrap_future(self._submit(asked.urls, timeout)) if asked.urls else None
        try:
            if asked.paths:
                await asyncio.to_thread(self._read, asked, beside)
            return asked.with_answers({} if answers is None else await answers)
        except BaseException:
            if answers is not None:
                answers.cancel()
            raise

    def close(self) -> None:
        """Ends what it asks and closes its connections. Another `get` starts anew."""
        with self._lock:
            asking, self._asking = self._asking, None
        if asking is not None:
            self._forgotten.detach()
            asking.stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __reduce__(self) -> tuple[Callable[..., Loader], tuple[()]]:
        return partial(Loader, **self._settings), ()

    def __repr__(self) -> str:
        roots = ", ".join(repr(root) for root in self._roots)
        return f"Loader(root=[{roots}])"

    def _read(self, asked: _Asked, beside: Sequence[Path]) -> None:
        """Answers the paths."""
        if not asked.paths:
            return
        # A template that was sent from another machine has left its folder there.
        there = real_folders(folder for folder in beside if os.path.isdir(folder))
        folders = tuple(dict.fromkeys((*self._roots, *there)))
        for path in asked.paths:
            try:
                asked.found[path] = find(path, folders, self._roots, self._max_bytes)
            except LoadError as error:
                asked.found[path] = error

    def _submit(self, urls: Sequence[str], timeout: float | None) -> Future[Found]:
        with self._lock:
            # A forked process has the object, and none of its threads.
            if self._asking is None or self._asking.pid != os.getpid():
                self._asking = self._start()
                self._forgotten = weakref.finalize(self, self._asking.stop)
            return self._asking.submit(urls, timeout)

    def _start(self) -> Asking:
        try:
            from ._asking import Asking
            from ._web import WebOptions
        except ImportError as error:
            if (error.name or "templrender").startswith("templrender"):
                raise
            raise ImportError(
                "pictures on the web need httpcore: pip install 'templrender[http]'", name=error.name
            ) from error
        names = (
            "allow_private",
            "timeout",
            "connect_timeout",
            "max_redirects",
            "at_once",
            "per_host",
            "retries",
            "user_agent",
            "tls",
        )
        return Asking(WebOptions(max_bytes=self._max_bytes, **{name: self._settings[name] for name in names}))


class _Asked:
    """Locations by how they are answered, and the answers."""

    def __init__(self, locations: Iterable[str], web: bool) -> None:
        self.locations = tuple(dict.fromkeys(locations))
        self.paths: list[str] = []
        self.urls: list[str] = []
        self.found: Found = {}
        for location in self.locations:
            match scheme(location):
                case None:
                    self.paths.append(location)
                case "http" | "https" if web:
                    self.urls.append(location)
                case "http" | "https":
                    self.found[location] = LoadError("pictures are not fetched here", location=location)
                case _:
                    self.found[location] = LoadError(
                        "a picture is a path or an http, https or data URL", location=location
                    )

    def with_answers(self, fetched: Found) -> Found:
        """All of it, in the order in which it was asked."""
        found = self.found | fetched
        return {location: found[location] for location in self.locations}


def _check(holds: bool, name: str, rule: str, found: object) -> None:
    if not holds:
        raise ValueError(f"{name} must be {rule}, found {found!r}")
