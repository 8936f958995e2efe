"""A feed's rows as Arrow: a file, a glob or a folder goes in, batches come out with how much was read.

Two kinds: feeds of text (CSV, TSV, JSON Lines, RSS, Atom; also packed, .gz, .bz2, .xz), which the library reads and whose row is JSON in the column `row`, and tables (Parquet, Arrow IPC),
whose columns are the row's. Each row gets an id, its own or `row-000001`, so that it can be placed in a shard, drawn for a sample and named in what failed.
"""

from __future__ import annotations

import glob
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import IO

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.ipc
import pyarrow.parquet as pq

from .._feeds import _format as feed_format
from ..arrow import read_feed_batches
from .store import filesystem

_TABLES = (".parquet", ".pq", ".arrow", ".arrows", ".ipc", ".feather")
_TEXTS = (".csv", ".tsv", ".txt", ".jsonl", ".ndjson", ".xml", ".rss", ".atom")
_PACKED = (".gz", ".bz2", ".xz")
_ROWS = 1024

ROW = "row"
ID = "id"


class FeedError(Exception):
    """A feed that cannot be read: what and why."""


@dataclass(frozen=True)
class Piece:
    """Rows, and how much of the feed is read with them, 0 to 1."""

    rows: pa.RecordBatch
    read: float


@dataclass(frozen=True)
class Feed:
    """Where the rows are."""

    files: tuple[str, ...]
    id_column: str = ID
    # The column with the whole row; None where every column is one of the row.
    row_column: str | None = field(init=False)

    def __post_init__(self) -> None:
        kinds = {_is_table(name) for name in self.files}
        if len(kinds) > 1:
            raise FeedError("a feed's files must be all tables or all texts, found both")
        object.__setattr__(self, "row_column", None if kinds == {True} else ROW)

    @property
    def id_name(self) -> str:
        """The column that has the ids in what `pieces` gives."""
        return ID if self.row_column else self.id_column

    def pieces(self) -> Iterator[Piece]:
        """All rows, in the order of the files' names and of the rows in them."""
        count = 0
        for number, name in enumerate(self.files):
            pieces = _table(name) if self.row_column is None else _text(name)
            for rows, share in pieces:
                if rows.num_rows == 0:
                    continue
                yield Piece(with_ids(rows, self.id_name, count), (number + share) / len(self.files))
                count += rows.num_rows


def find(feed: str, id_column: str = ID) -> Feed:
    """The files that a path, a glob or a folder stands for, sorted by name. A folder's hidden files, and those that begin with `_`, are none of it."""
    remote = "://" in feed
    files, path = filesystem(feed) if remote else (None, feed)
    prefix = feed.partition("://")[0] + "://" if remote else ""
    if files is None and os.path.isdir(path) or files is not None and files.isdir(path):
        listed = glob.glob(f"{glob.escape(path)}/**", recursive=True) if files is None else files.find(path)
        names = [name for name in listed if _is_feed(name) and not _hidden(name[len(path) :])]
    elif glob.has_magic(path):
        names = glob.glob(path, recursive=True) if files is None else files.glob(path)
    else:
        names = [path]
    if files is None:
        names = [name for name in names if os.path.isfile(name)]
    if not names:
        raise FeedError(f"{feed}: no such file, or none that is a feed in this folder")
    return Feed(tuple(prefix + name for name in sorted(names)), id_column)


def with_ids(rows: pa.RecordBatch, id_column: str, before: int) -> pa.RecordBatch:
    """The same rows, where each that has no id gets `row-` and its number in the feed."""
    index = rows.schema.get_field_index(id_column)
    if index >= 0 and rows.column(index).null_count == 0 and not pa.types.is_string(rows.schema.field(index).type):
        return rows
    numbered = pa.array([f"row-{before + number:06}" for number in range(1, rows.num_rows + 1)], pa.string())
    if index < 0:
        return rows.append_column(id_column, numbered)
    ids = rows.column(index).cast(pa.string()).fill_null("")
    if not pc.any(pc.equal(ids, "")).as_py():
        return rows
    return rows.set_column(index, id_column, pc.if_else(pc.equal(ids, ""), numbered, ids))


def _is_feed(name: str) -> bool:
    """
    >>> _is_feed("a/Products.CSV.gz"), _is_feed("a/products.parquet"), _is_feed("a/readme.md")
    (True, True, False)
    """
    stem, ending = os.path.splitext(name.lower())
    return (stem if ending in _PACKED else name.lower()).endswith(_TEXTS) or _is_table(name)


def _hidden(path: str) -> bool:
    return any(part.startswith((".", "_")) for part in path.split("/"))


def _is_table(name: str) -> bool:
    return name.lower().endswith(_TABLES)


def _open(name: str, *, unpacked: bool = False) -> tuple[IO[bytes], int]:
    if "://" not in name:
        return open(name, "rb"), os.path.getsize(name)
    files, path = filesystem(name)
    return files.open(path, "rb", compression="infer" if unpacked else None), int(files.size(path))


def _table(name: str) -> Iterator[tuple[pa.RecordBatch, float]]:
    file, _ = _open(name)
    with file:
        try:
            if name.lower().endswith((".parquet", ".pq")):
                parquet = pq.ParquetFile(file)
                read = 0
                for batch in parquet.iter_batches(batch_size=_ROWS):
                    read += batch.num_rows
                    yield batch, read / parquet.metadata.num_rows
            elif name.lower().endswith(".arrows"):
                for batch in pa.ipc.open_stream(file):
                    yield batch, 0.0
            else:
                reader = pa.ipc.open_file(file)
                for number in range(reader.num_record_batches):
                    yield reader.get_batch(number), (number + 1) / reader.num_record_batches
        except pa.ArrowInvalid as error:
            raise FeedError(f"{name}: {error}") from error


def _text(name: str) -> Iterator[tuple[pa.RecordBatch, float]]:
    """What is packed, or may be, says nothing about how much of it is read."""
    remote, packed = "://" in name, name.lower().endswith(_PACKED)
    if packed and not remote:
        yield from ((pa.record_batch(batch), 0.0) for batch in read_feed_batches(name, _ROWS))
        return
    file, size = _open(name, unpacked=packed)
    with file:
        counted = _Counted(file)
        for batch in read_feed_batches(counted, _ROWS, format=feed_format(name)):
            yield pa.record_batch(batch), 0.0 if packed else min(1.0, counted.read_bytes / max(size, 1))


class _Counted:
    """A file that counts what was read of it."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.read_bytes = 0

    def read(self, size: int = -1) -> bytes:
        data = self._file.read(size)
        self.read_bytes += len(data)
        return data
