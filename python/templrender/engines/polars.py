"""Polars: a frame of rows goes in, frames of pictures come out, one after another."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from ..arrow import BatchRenderer

__all__ = ["render"]


def render(rows: pl.DataFrame | pl.LazyFrame, renderer: BatchRenderer) -> Iterator[pl.DataFrame]:
    """Draws a frame piece by piece; of a lazy one no more than a few pieces are ever in memory. `polars.concat(render(...))` is all of it at once."""
    batches = rows.collect_batches(chunk_size=renderer.rows_at_once) if isinstance(rows, pl.LazyFrame) else rows
    return map(pl.DataFrame, renderer.iter(batches))
