"""DuckDB: what a query gives goes in, a stream of pictures comes out, which the next query can read."""

from __future__ import annotations

import duckdb
import pyarrow as pa

from ..arrow import BatchRenderer
from ._schema import drawn_schema

__all__ = ["render"]


def render(
    query: str, renderer: BatchRenderer, connection: duckdb.DuckDBPyConnection | None = None
) -> pa.RecordBatchReader:
    """Draws while it is read, and once: `pictures = render("from 'feed.parquet'", renderer)`, then `duckdb.sql("copy (from pictures) to 'pictures.parquet'")`.

    The rows come over a cursor of their own, as a connection has one open result: it sees the connection's tables, not its temporary ones.
    """
    cursor = (duckdb.default_connection() if connection is None else connection).cursor()
    reader = cursor.sql(query).to_arrow_reader(renderer.rows_at_once)
    return pa.RecordBatchReader.from_batches(
        drawn_schema(renderer, reader.schema), map(pa.record_batch, renderer.iter(reader))
    )
