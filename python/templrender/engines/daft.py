"""Daft: a frame of rows goes in, a frame of pictures comes out."""

from __future__ import annotations

import daft
import pyarrow as pa

from ..arrow import BatchRenderer
from ._schema import drawn_schema

__all__ = ["render"]


def render(rows: daft.DataFrame, renderer: BatchRenderer) -> daft.DataFrame:
    """Draws when the frame is collected or written, on Daft's own engine or on its Ray one."""
    made = daft.DataType.from_arrow_type(
        pa.list_(pa.struct(list(drawn_schema(renderer, rows.schema().to_pyarrow_schema()))))
    )
    variants = len(renderer.variants)

    @daft.func.batch(return_dtype=made, batch_size=renderer.rows_at_once)
    def draw(row: daft.Series) -> pa.Array:
        batches = renderer.iter(pa.RecordBatch.from_struct_array(row.to_arrow()))
        pictures = pa.concat_arrays([pa.record_batch(batch).to_struct_array() for batch in batches])
        return pa.ListArray.from_arrays(pa.array(range(0, len(pictures) + 1, variants), pa.int32()), pictures)

    row = daft.functions.to_struct(*[daft.col(name) for name in rows.column_names])
    return rows.select(draw(row).alias("drawn")).explode("drawn").select(daft.col("drawn").unnest())
