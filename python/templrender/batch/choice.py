"""Which rows of a feed are drawn: those of one shard, or a sample. Both go by a hash of the id, so that they are the same on every machine and in every run."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator

import pyarrow as pa
import pyarrow.compute as pc

from .feed import Piece

_SPAN = 1 << 64


def place(id_: str, what: bytes) -> int:
    """A number below 2**64 out of an id, another one for each use.

    >>> place("GB-0001", b"shard") % 10, place("GB-0001", b"shard") == place("GB-0001", b"sample")
    (9, False)
    """
    return int.from_bytes(hashlib.blake2b(id_.encode(), digest_size=8, person=what).digest(), "big")


def shard(pieces: Iterable[Piece], id_column: str, index: int, count: int) -> Iterator[Piece]:
    """The rows of one of `count` shards, counted from 1. Each row is in exactly one of them; equal ids are in the same."""
    for piece in pieces:
        if count == 1:
            yield piece
            continue
        mask = [place(id_, b"shard") % count == index - 1 for id_ in _ids(piece.rows, id_column)]
        yield Piece(piece.rows.filter(pa.array(mask)), piece.read)


def sample(pieces: Iterable[Piece], id_column: str, size: int) -> tuple[pa.Table | None, int]:
    """As many rows as asked for, or all, in the feed's order, and how many the feed has. Memory holds a few times the sample."""
    kept: pa.Table | None = None
    waiting: list[pa.RecordBatch] = []
    limit, held, total = _SPAN, 0, 0
    for piece in pieces:
        places = [place(id_, b"sample") for id_ in _ids(piece.rows, id_column)]
        numbers = range(total, total + len(places))
        total += len(places)
        mask = pa.array([number < limit for number in places])
        rows = piece.rows.append_column("_place", pa.array(places, pa.uint64())).append_column(
            "_number", pa.array(numbers, pa.uint64())
        )
        waiting.append(rows.filter(mask))
        held += waiting[-1].num_rows
        if held > 4 * size:
            kept = _least(kept, waiting, size)
            waiting, held = [], 0
            limit = pc.max(kept["_place"]).as_py() if kept.num_rows == size else _SPAN
    if kept is None and not waiting:
        return None, total
    kept = _least(kept, waiting, size)
    return kept.sort_by("_number").drop_columns(["_place", "_number"]), total


def _least(kept: pa.Table | None, waiting: list[pa.RecordBatch], size: int) -> pa.Table:
    table = pa.Table.from_batches(waiting) if waiting else None
    tables = [part for part in (kept, table) if part is not None]
    rows = pa.concat_tables(tables, promote_options="permissive")
    return rows.take(pc.sort_indices(rows, [("_place", "ascending"), ("_number", "ascending")])[:size])


def _ids(rows: pa.RecordBatch, id_column: str) -> list[str]:
    column = rows.column(rows.schema.get_field_index(id_column))
    return [str(id_) for id_ in column.to_pylist()]
