"""Daft: a frame of rows goes in, a frame of pictures comes out."""

from __future__ import annotations

import daft
import pyarrow as pa

from ..arrow import BatchRenderer
from ._schema import drawn_schema

__all__ = ["render"]


def render(rows: daft.DataFrame, renderer: BatchRenderer) -> daft.DataFrame:
    """Draws when the frame is collected or written, on Daft's own engine or on its Ray one."""
    made = daft.DataType.from_arrow_type(pa.struct(list(drawn_schema(renderer, rows.schema().to_pyarrow_schema()))))

    @daft.func.batch(return_dtype=made, unnest=True, batch_size=renderer.rows_at_once)
    def draw(row: daft.Series) -> pa.Array:
        batches = renderer.iter(pa.RecordBatch.from_struct_array(row.to_arrow()))
        return pa.concat_arrays([pa.record_batch(batch).to_struct_array() for batch in batches])

    return rows.select(draw(daft.functions.to_struct(*[daft.col(name) for name in rows.column_names])))
