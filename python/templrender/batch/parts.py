"""A feed's rows in parts: each is drawn as a whole and becomes one file, whose name says what is in it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import pyarrow as pa

from .feed import Piece


@dataclass(frozen=True)
class Part:
    """Rows that are drawn together. Pickles."""

    # `part-000017-` and a hash of the rows and of all that decides how they are drawn.
    name: str
    rows: pa.Table
    # How much of the feed is read with it, 0 to 1.
    read: float


def parts(pieces: Iterable[Piece], size: int, prefix: str, digest: bytes) -> Iterator[Part]:
    """Cuts rows into parts of `size`, the last one apart. The same rows and the same `digest` give the same names."""
    waiting: list[pa.RecordBatch] = []
    held, index = 0, 0
    for piece in pieces:
        start = 0
        while start < piece.rows.num_rows:
            rows = piece.rows.slice(start, size - held)
            start += rows.num_rows
            held += rows.num_rows
            waiting.append(rows)
            if held == size:
                # A part that ends with its piece has read all of it.
                yield _part(waiting, index, prefix, digest, piece.read)
                waiting, held, index = [], 0, index + 1
    if waiting:
        yield _part(waiting, index, prefix, digest, 1.0)


def _part(batches: list[pa.RecordBatch], index: int, prefix: str, digest: bytes, read: float) -> Part:
    rows = pa.concat_tables(
        [pa.Table.from_batches([batch]) for batch in batches], promote_options="permissive"
    ).replace_schema_metadata(None)
    # Written anew, so that the bytes are those of the values, whatever the rows were cut out of.
    rows = rows.take(pa.array(range(rows.num_rows), pa.int64())).combine_chunks()
    hashed = hashlib.blake2b(digest, digest_size=8)
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, rows.schema) as writer:
        writer.write_table(rows)
    hashed.update(sink.getvalue())
    return Part(f"{prefix}{index:06}-{hashed.hexdigest()}", rows, read)
