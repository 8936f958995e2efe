"""Which columns come out of a renderer, for engines that want to know before a row is drawn."""

from __future__ import annotations

import pyarrow as pa

from ..arrow import BatchRenderer


def drawn_schema(renderer: BatchRenderer, rows: pa.Schema) -> pa.Schema:
    """The columns that rows with these come to: what no rows at all are drawn to."""
    nothing = pa.RecordBatch.from_arrays([pa.nulls(0, field.type) for field in rows], schema=rows)
    return pa.record_batch(renderer.render(nothing)).schema
