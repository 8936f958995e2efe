"""DuckDB: what a query gives goes in, a stream of pictures comes out, which SQL can read."""

from __future__ import annotations

import duckdb
import pyarrow as pa

from ..arrow import BatchRenderer
from ._schema import drawn_schema

__all__ = ["render"]


def render(rows: duckdb.DuckDBPyRelation, renderer: BatchRenderer) -> pa.RecordBatchReader:
    """Draws while it is read, and once: `pictures = render(duckdb.sql("from 'feed.parquet'"), renderer)`, then `duckdb.sql("select id, picture from pictures")`.

    A query that ends before its input does (`limit`) may leave a chunk half drawn; nothing more is drawn then.
    """
    reader = rows.to_arrow_reader(renderer.rows_at_once)
    return pa.RecordBatchReader.from_batches(drawn_schema(renderer, reader.schema), map(pa.record_batch, renderer.iter(reader)))
