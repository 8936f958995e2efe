"""Where photos and pictures lie: a folder, or an object storage by fsspec (`batch.store`), under names that are never a user's.

A result is named by its bytes and its job. Drawn again it has the same name; two jobs with the same picture have a file each, so that one can be deleted without the other,
and whoever knows a picture cannot name the file of somebody else's.
"""

from __future__ import annotations

import hashlib
import os
import re
import secrets

from ..batch.store import Folder, Store, open_store

__all__ = ["Store", "delete", "open_store", "read_upload", "result_name", "upload_name"]

UPLOADS = "uploads"
RESULTS = "results"
SUFFIXES = {"image/jpeg": "jpg", "image/png": "png", "image/webp": "webp"}
_NAME = re.compile(r"[0-9a-f]{2}/[0-9a-f]{32}\.(?:jpg|png|webp)")


def result_name(id: str, data: bytes, content_type: str) -> str:
    """The name of a job's picture.

    >>> result_name("c0ffee", b"...", "image/png")
    'c4/c4845877208a573829c309af299f4037.png'
    """
    digest = hashlib.blake2b(data, digest_size=16, key=id.encode(), person=b"templrender-pic").hexdigest()
    return f"{digest[:2]}/{digest}.{SUFFIXES[content_type]}"


def upload_name(content_type: str) -> str:
    """A new name for a photo, which nobody can guess.

    >>> name = upload_name("image/jpeg")
    >>> len(name), name[:2] == name[3:5], name[-4:]
    (39, True, '.jpg')
    """
    token = secrets.token_hex(16)
    return f"{token[:2]}/{token}.{SUFFIXES[content_type]}"


def read_upload(store: Store, name: str, max_bytes: int) -> bytes:
    """A photo's bytes. FileNotFoundError of one that is deleted, ValueError of a name that is none or a photo beyond the limit."""
    with store.open(_checked(UPLOADS, name)) as file:
        data = file.read(max_bytes + 1)
    if len(data) > max_bytes:
        raise ValueError(f"picture has more bytes than the limit of {max_bytes}")
    return data


def read_result(store: Store, name: str) -> bytes:
    """A picture's bytes."""
    with store.open(_checked(RESULTS, name)) as file:
        return file.read()


def write_upload(store: Store, name: str, data: bytes) -> None:
    """Stores a photo. `Jobs.reserve` its name before, so that it is deleted whatever happens next."""
    _write(store, _checked(UPLOADS, name), data)


def write_result(store: Store, name: str, data: bytes) -> None:
    """Stores a picture, whole or not at all."""
    _write(store, _checked(RESULTS, name), data)


def delete(store: Store, what: str) -> None:
    """Deletes what the queue names: `u:` and an upload, `r:` and a result, `j:` and a job, which has no file."""
    kind, _, name = what.partition(":")
    if kind != "j":
        store.remove(_checked({"u": UPLOADS, "r": RESULTS}[kind], name))


def _write(store: Store, name: str, data: bytes) -> None:
    store.write(name, data)
    if isinstance(store, Folder):
        # The queue is told next, and has it on its disk then: so must the file be, and its name.
        path = store.path / name
        for place in (path, path.parent):
            descriptor = os.open(place, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)


def _checked(folder: str, name: str) -> str:
    if not _NAME.fullmatch(name):
        raise ValueError(f"a file's name must be 32 hex digits below their first two, found {name[:64]!r}")
    return f"{folder}/{name}"
