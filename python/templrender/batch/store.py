"""Where a run writes: a folder, or whatever fsspec knows (`s3://`, `gs://`, `memory://`). A file appears under its name whole or not at all.

In a folder a file is written under another name below `_tmp/` and renamed. An object storage shows an object when its one PUT, or its multipart upload, is done; what is
larger than memory should hold is written to a local file first.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, Protocol

_TEMPORARY = "_tmp"


class Store(Protocol):
    """Files by names with slashes. Pickles."""

    uri: str
    # Files that are looked for or written at the same time.
    at_once: int

    def exists(self, name: str) -> bool: ...

    def names(self, folder: str) -> list[str]:
        """The names of the files right in a folder, sorted; none where there is no such folder."""

    def open(self, name: str) -> IO[bytes]: ...

    def write(self, name: str, data: bytes) -> None: ...

    def writing(self, name: str) -> contextlib.AbstractContextManager[IO[bytes]]:
        """A file that gets its name when the block is left without an exception."""

    def remove(self, name: str) -> None:
        """Takes a file away; one that is not there is no failure."""

    def clean(self) -> None:
        """Takes away what killed processes of this owner left unfinished."""

    def address(self, name: str) -> str:
        """The file's URI, or its path."""


def open_store(uri: str, owner: str = "run") -> Store:
    """A folder's path, `file://` and the path, or a URI that fsspec knows. `owner` marks what is unfinished, as several runs may share a folder.

    >>> import tempfile
    >>> store = open_store(tempfile.mkdtemp())
    >>> store.write("parts/a", b"whole")
    >>> store.names("parts"), store.exists("parts/b")
    (['a'], False)
    """
    scheme, colon, rest = uri.partition("://")
    if not colon:
        return Folder(uri, owner)
    if scheme == "file":
        return Folder(rest, owner)
    return Bucket(uri)


class Folder:
    """A folder of a file system."""

    at_once = 1

    def __init__(self, path: str, owner: str) -> None:
        self.path = Path(path).absolute()
        self.uri = str(self.path)
        self._owner = owner

    def exists(self, name: str) -> bool:
        return (self.path / name).exists()

    def names(self, folder: str) -> list[str]:
        try:
            return sorted(entry.name for entry in os.scandir(self.path / folder) if entry.is_file())
        except FileNotFoundError:
            return []

    def open(self, name: str) -> IO[bytes]:
        return (self.path / name).open("rb")

    def write(self, name: str, data: bytes) -> None:
        with self.writing(name) as file:
            file.write(data)

    @contextlib.contextmanager
    def writing(self, name: str) -> Iterator[IO[bytes]]:
        unfinished = self.path / _TEMPORARY / self._owner / uuid.uuid4().hex
        unfinished.parent.mkdir(parents=True, exist_ok=True)
        try:
            with unfinished.open("xb") as file:
                yield file
            target = self.path / name
            try:
                os.replace(unfinished, target)
            except FileNotFoundError:
                target.parent.mkdir(parents=True, exist_ok=True)
                os.replace(unfinished, target)
        except BaseException:
            unfinished.unlink(missing_ok=True)
            raise

    def remove(self, name: str) -> None:
        (self.path / name).unlink(missing_ok=True)

    def clean(self) -> None:
        shutil.rmtree(self.path / _TEMPORARY / self._owner, ignore_errors=True)
        with contextlib.suppress(OSError):  # another owner's files are in it, or it was never there
            (self.path / _TEMPORARY).rmdir()

    def address(self, name: str) -> str:
        return str(self.path / name)


class Bucket:
    """A prefix of an object storage, by fsspec, whose environment variables and files of settings hold."""

    at_once = 16

    def __init__(self, uri: str) -> None:
        self.uri = uri.rstrip("/")
        self._files, self._path = filesystem(self.uri)

    def exists(self, name: str) -> bool:
        return bool(self._files.exists(f"{self._path}/{name}"))

    def names(self, folder: str) -> list[str]:
        self._files.invalidate_cache()
        try:
            found = self._files.ls(f"{self._path}/{folder}", detail=True)
        except FileNotFoundError:
            return []
        return sorted(entry["name"].rsplit("/", 1)[-1] for entry in found if entry["type"] == "file")

    def open(self, name: str) -> IO[bytes]:
        return self._files.open(f"{self._path}/{name}", "rb")  # type: ignore[no-any-return]

    def write(self, name: str, data: bytes) -> None:
        self._files.pipe_file(f"{self._path}/{name}", data)

    @contextlib.contextmanager
    def writing(self, name: str) -> Iterator[IO[bytes]]:
        with tempfile.NamedTemporaryFile(prefix="templrender-") as file:
            yield file
            file.flush()
            self._files.put_file(file.name, f"{self._path}/{name}")

    def remove(self, name: str) -> None:
        with contextlib.suppress(FileNotFoundError):
            self._files.rm_file(f"{self._path}/{name}")

    def clean(self) -> None:
        """Nothing is there that is unfinished."""

    def address(self, name: str) -> str:
        return f"{self.uri}/{name}"

    def __reduce__(self) -> tuple[type[Bucket], tuple[str]]:
        return Bucket, (self.uri,)


def filesystem(uri: str) -> tuple[Any, str]:
    """The file system of a URI, and the path in it."""
    try:
        from fsspec.core import url_to_fs
    except ImportError as error:
        raise ImportError(f"{uri.partition('://')[0]}:// needs fsspec: pip install 'templrender[batch]'") from error
    # What others write meanwhile is seen.
    files, path = url_to_fs(uri, use_listings_cache=False)
    return files, path.rstrip("/")
