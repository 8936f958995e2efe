"""Arrow data in chunks: whatever has the PyCapsule interface goes in, pieces of it come out, without copying and without pyarrow where that is not installed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any


class Pace:
    """How many rows the next chunk has: fewer where the photos of the last one were large, so that those of a chunk stay below a number of bytes.

    >>> pace = Pace(256, 1_000_000)
    >>> pace.saw(100, 4_000_000)
    >>> pace.rows
    25
    """

    def __init__(self, most_rows: int, most_bytes: int) -> None:
        self.rows = most_rows
        self._most_rows = most_rows
        self._most_bytes = most_bytes

    def saw(self, rows: int, photo_bytes: int) -> None:
        """How large a chunk's photos were."""
        fit = self._most_bytes * max(rows, 1) // max(photo_bytes, 1)
        self.rows = max(1, min(self._most_rows, fit))


def chunks(batches: Any, pace: Pace) -> Iterator[Any]:
    """The rows of a batch, a stream or an iterable of them, so many at a time as the pace says then."""
    for batch in _sliceable(batches):
        if not hasattr(batch, "slice"):
            yield batch
            continue
        start = 0
        while start < len(batch):
            rows = pace.rows
            yield batch.slice(start, rows)
            start += rows


def _sliceable(batches: Any) -> Iterator[Any]:
    """pyarrow cuts all that has the interface. Without it a `polars.DataFrame` is asked itself, and what cannot be cut is drawn whole."""
    stream, array = hasattr(batches, "__arrow_c_stream__"), hasattr(batches, "__arrow_c_array__")
    if not stream and not array:
        for one in batches:
            yield from _sliceable(one)
        return
    try:
        import pyarrow as pa
    except ImportError:
        yield batches
        return
    if stream:
        yield from pa.RecordBatchReader.from_stream(batches)
    else:
        yield pa.record_batch(batches)
