"""Spark: a frame of rows goes in, a frame of pictures comes out, by mapInArrow."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql.pandas.types import from_arrow_schema, to_arrow_schema

from ..arrow import BatchRenderer
from ._schema import drawn_schema

__all__ = ["render"]


def render(rows: DataFrame, renderer: BatchRenderer) -> DataFrame:
    """Draws when the frame is read or written, in as many tasks at a time as Spark has processors: give the renderer `threads=1`."""

    def draw(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        return map(pa.record_batch, renderer.iter(batches))

    return rows.mapInArrow(draw, from_arrow_schema(drawn_schema(renderer, to_arrow_schema(rows.schema))))
