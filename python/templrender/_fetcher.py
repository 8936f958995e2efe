"""Pictures for batches: each location is asked once however many rows name it, and what came is kept for the next batch.

Over `Loader`, whose rules hold: what may be asked, how long, how often, how much.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from functools import partial
from typing import Any

from ._picture_cache import FolderCache, MemoryCache, NoCache, PictureCache
from .loading import Loader, LoadError

__all__ = ["Fetcher"]

Path = str | os.PathLike[str]

# Seconds in which a location that failed is not asked again, and how many of those are remembered.
_FAILED_S = 60.0
_MOST_FAILED = 10_000


class Fetcher:
    """Finds the pictures of batches. Safe to share between threads; pickles as its settings, and what it keeps in memory stays behind.

    >>> fetch = Fetcher(root="templates/product-ad")
    >>> found = fetch.get(["assets/logo.png", "assets/gone.png"])
    >>> len(found["assets/logo.png"]) > 1000, type(found["assets/gone.png"]).__name__
    (True, 'LoadError')
    """

    def __init__(
        self,
        *,
        per_host: int = 8,
        at_once: int = 32,
        retries: int = 2,
        cache: int | Path | None = 64 << 20,
        cache_bytes: int = 10 << 30,
        max_age: float = 86_400.0,
        timeout: float = 20.0,
        max_bytes: int | None = None,
        root: Path | Sequence[Path] | None = ".",
        allow_private: bool = False,
    ) -> None:
        """Args:
        per_host: Pictures that are fetched from one host at the same time.
        at_once: The same of all hosts.
        retries: Further tries after a failure that may be gone soon.
        cache: Where fetched pictures are kept for later batches: in memory up to so many bytes, in a folder that other processes and later runs may share, or (None) nowhere. Files are never kept.
        cache_bytes: The most bytes in that folder.
        max_age: Seconds after which a picture in that folder is fetched again.
        timeout: Seconds for one picture.
        max_bytes: Of one picture. None: what the core takes, 32 MiB.
        root: The folder, or folders, that paths are taken from and must lie in. None: no files.
        allow_private: Whether this machine and the local network may be asked too.
        """
        self._settings: dict[str, Any] = {
            name: value for name, value in locals().items() if name not in ("self", "__class__")
        }
        self._loader = Loader(
            root=root,
            allow_private=allow_private,
            timeout=timeout,
            max_bytes=max_bytes,
            at_once=at_once,
            per_host=per_host,
            retries=retries,
        )
        # Of the folder that was the current one here, wherever this is unpickled.
        self._settings["root"] = self._loader.roots
        self._cache: PictureCache
        if cache is None:
            self._cache = NoCache()
        elif isinstance(cache, int):
            self._cache = MemoryCache(cache)
        else:
            self._cache = FolderCache(cache, cache_bytes, max_age)
            self._settings["cache"] = os.path.abspath(cache)
        self._lock = threading.Lock()
        self._flights: dict[str, Future[bytes | LoadError]] = {}
        self._failed: dict[str, tuple[float, LoadError]] = {}
        self._asked = 0

    @property
    def asked(self) -> int:
        """How many locations were asked for on the web or in files, those apart that were kept."""
        return self._asked

    def get(self, locations: Iterable[str]) -> dict[str, bytes | LoadError]:
        """The bytes at each location, or why they are not to be had. What another thread is asking for already is waited for."""
        found: dict[str, bytes | LoadError] = {}
        waited: dict[str, Future[bytes | LoadError]] = {}
        mine: dict[str, Future[bytes | LoadError]] = {}
        for location in dict.fromkeys(locations):
            kept = self._kept(location)
            if kept is not None:
                found[location] = kept
                continue
            with self._lock:
                flight = self._flights.get(location)
                if flight is None:
                    mine[location] = self._flights[location] = Future()
                else:
                    waited[location] = flight
        found.update(self._ask(mine))
        for location, flight in waited.items():
            found[location] = flight.result()
        return found

    def _kept(self, location: str) -> bytes | LoadError | None:
        if not _is_web(location):
            return None
        with self._lock:
            until, failure = self._failed.get(location, (0.0, None))
        if failure is not None and time.monotonic() < until:
            return failure
        return self._cache.get(location)

    def _ask(self, mine: dict[str, Future[bytes | LoadError]]) -> dict[str, bytes | LoadError]:
        if not mine:
            return {}
        try:
            answers = self._loader.get(mine)
            for location, answer in answers.items():
                self._keep(location, answer)
        except BaseException as error:
            for flight in mine.values():
                flight.set_exception(error)
            raise
        else:
            for location, flight in mine.items():
                flight.set_result(answers[location])
            return answers
        finally:
            with self._lock:
                self._asked += len(mine)
                for location in mine:
                    del self._flights[location]

    def _keep(self, location: str, answer: bytes | LoadError) -> None:
        if not _is_web(location):
            return
        if isinstance(answer, bytes):
            self._cache.put(location, answer)
            return
        with self._lock:
            while len(self._failed) >= _MOST_FAILED:
                del self._failed[next(iter(self._failed))]
            self._failed[location] = (time.monotonic() + _FAILED_S, answer)

    def close(self) -> None:
        """Closes its connections. Another `get` opens them anew."""
        self._loader.close()

    def __reduce__(self) -> tuple[Callable[..., Fetcher], tuple[()]]:
        return partial(Fetcher, **self._settings), ()


def _is_web(location: str) -> bool:
    return location[:8].lower().startswith(("http://", "https://"))
