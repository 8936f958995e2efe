"""Pictures that lie in files: a path and the folders that it may come to lie in go in, bytes come out.

A path is taken from each folder in turn, and what it comes to, after links are followed, must lie in that folder or
under one of the roots. It is judged by its letters first, so that nothing is said about files outside, not even whether
they are there.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterable, Sequence

from ._load_error import LoadError

_SCHEMES = {"http", "https", "data", "file", "ftp", "blob", "javascript"}
_OUTSIDE = "a picture must lie in the folder of its row or template, or under the loader's root"


def scheme(location: str) -> str | None:
    """What stands before the colon, where that is a URL's scheme, in lower case: at least two letters, so that no drive
    letter is one.

    >>> scheme("HTTPS://cdn.example/a.jpg"), scheme("photos/a.jpg"), scheme("c:/photos/a.jpg"), scheme("a:b.jpg")
    ('https', None, None, None)
    """
    before, colon, behind = location.partition(":")
    known = before.lower() in _SCHEMES
    letters = len(before) > 1 and re.fullmatch(r"[A-Za-z0-9+.-]+", before) is not None
    return before.lower() if colon and (known or (letters and behind.startswith("//"))) else None


def real_folders(folders: Iterable[str | os.PathLike[str]]) -> tuple[str, ...]:
    """Folders without links in their own paths, each once.

    >>> real_folders([".", os.curdir]) == (os.path.realpath("."),)
    True
    """
    found: dict[str, None] = {}
    for folder in folders:
        real = os.path.realpath(folder, strict=True)
        if not os.path.isdir(real):
            raise NotADirectoryError(f"a root must be a folder, found {os.fspath(folder)!r}")
        found[real] = None
    return tuple(found)


def find(path: str, folders: Sequence[str], roots: Sequence[str], max_bytes: int) -> bytes:
    """The bytes of the first file that is at a path in one of the folders; folders and roots are as `real_folders`
    gives them.
    """
    if "\0" in path:
        raise LoadError("a path must have no NUL in it", location=path)
    refusal = None
    for folder in folders:
        wanted = os.path.join(folder, path)
        if not _is_inside(os.path.normpath(wanted), (folder, *roots)):
            refusal = refusal or LoadError(_OUTSIDE, location=path)
            continue
        try:
            real = os.path.realpath(wanted, strict=True)
        except OSError:
            continue
        if _is_inside(real, (folder, *roots)):
            return read(real, path, max_bytes)
        refusal = LoadError(_OUTSIDE, location=path)
    raise refusal or LoadError("there is no such file", location=path)


def _is_inside(path: str, folders: Iterable[str]) -> bool:
    return any(path == folder or path.startswith(folder.rstrip(os.sep) + os.sep) for folder in folders)


def read(real: str, location: str, max_bytes: int) -> bytes:
    """A whole file, if it is one and not larger than a limit; `location` is what failures call it."""
    try:
        # Opening a pipe would wait for its other end.
        opened = os.open(
            real, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
        )
        with os.fdopen(opened, "rb") as file:
            found = os.fstat(file.fileno())
            if not stat.S_ISREG(found.st_mode):
                raise LoadError("this is not a file", location=location)
            if found.st_size > max_bytes:
                raise LoadError(f"picture has {found.st_size} bytes, over the limit of {max_bytes}", location=location)
            # One more than it had: it may grow meanwhile.
            data = file.read(min(found.st_size, max_bytes) + 1)
    except IsADirectoryError:
        raise LoadError("this is not a file", location=location) from None
    except OSError as error:
        raise LoadError(f"the file cannot be read: {system_reason(error)}", location=location) from None
    if len(data) > max_bytes:
        raise LoadError(f"picture has more bytes than the limit of {max_bytes}", location=location)
    return data


def system_reason(error: OSError) -> str:
    """What the operating system said, without its number and path.

    >>> system_reason(FileNotFoundError(2, "No such file or directory", "secret.txt"))
    'no such file or directory'
    """
    # asyncio puts addresses into the text.
    said = os.strerror(error.errno) if error.errno else str(error) or "unknown error"
    return said[:1].lower() + said[1:]
