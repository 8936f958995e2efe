"""Fetched pictures that are kept: in memory, or in a folder that several processes may share. Both are bounded in bytes.

A location goes in and the bytes come out that were put there, or None. The folder's files are written under another name and renamed, so that what is found is whole.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
import threading
import time
from collections import OrderedDict
from pathlib import Path
from typing import Protocol

# A folder is looked through whenever this share of its limit was written.
_SHARE = 8


class PictureCache(Protocol):
    """What keeps pictures by their location."""

    def get(self, location: str) -> bytes | None:
        """The bytes that were put there, where they are still kept."""

    def put(self, location: str, picture: bytes) -> None:
        """Keeps the bytes, and drops what was not asked for longest."""


class NoCache:
    """Keeps nothing."""

    def get(self, location: str) -> bytes | None:
        return None

    def put(self, location: str, picture: bytes) -> None:
        return None


class MemoryCache:
    """Keeps pictures in memory, at most so many bytes of them.

    >>> cache = MemoryCache(10)
    >>> for name in "abc":
    ...     cache.put(name, b"12345")
    >>> cache.get("a"), cache.get("b"), cache.nbytes
    (None, b'12345', 10)
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._lock = threading.Lock()
        self._pictures: OrderedDict[str, bytes] = OrderedDict()
        self.nbytes = 0

    def get(self, location: str) -> bytes | None:
        with self._lock:
            picture = self._pictures.get(location)
            if picture is not None:
                self._pictures.move_to_end(location)
            return picture

    def put(self, location: str, picture: bytes) -> None:
        if len(picture) > self._limit:
            return
        with self._lock:
            self.nbytes += len(picture) - len(self._pictures.pop(location, b""))
            self._pictures[location] = picture
            while self.nbytes > self._limit:
                self.nbytes -= len(self._pictures.popitem(last=False)[1])


class FolderCache:
    """Keeps pictures as files of a folder, for so many seconds and at most so many bytes of them, a little more between two looks."""

    def __init__(self, folder: str | os.PathLike[str], limit: int, max_age: float) -> None:
        self._folder = Path(folder)
        self._folder.mkdir(parents=True, exist_ok=True)
        self._limit = limit
        self._max_age = max_age
        self._lock = threading.Lock()
        self._unseen = limit

    def get(self, location: str) -> bytes | None:
        path = self._path(location)
        try:
            if time.time() - path.stat().st_mtime > self._max_age:
                return None
            return path.read_bytes()
        except FileNotFoundError:
            return None

    def put(self, location: str, picture: bytes) -> None:
        with self._lock:
            self._unseen += len(picture)
            if due := self._unseen >= self._limit // _SHARE:
                self._unseen = 0
        if due:
            self._trim(self._limit - self._limit // _SHARE - len(picture))
        if len(picture) > self._limit:
            return
        path = self._path(location)
        path.parent.mkdir(exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=".")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(picture)
            os.replace(name, path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise

    def _path(self, location: str) -> Path:
        name = hashlib.blake2b(location.encode(), digest_size=20).hexdigest()
        return self._folder / name[:2] / name

    def _trim(self, most: int) -> None:
        """Takes the oldest files away until no more than so many bytes are left. What others take away meanwhile is gone, too."""
        found = []
        for path in self._folder.glob("??/*"):
            try:
                about = path.stat()
            except FileNotFoundError:
                continue
            found.append((about.st_mtime, about.st_size, path))
        total = sum(size for _, size, _ in found)
        for written, size, path in sorted(found):
            if total <= most and time.time() - written <= self._max_age:
                break
            path.unlink(missing_ok=True)
            total -= size
