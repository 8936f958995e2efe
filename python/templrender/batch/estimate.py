"""What a whole feed would take, from a sample of it: a sample is drawn and thrown away, and a page of text comes out."""

from __future__ import annotations

import statistics
import time

import pyarrow as pa

from ..arrow import BatchRenderer
from . import choice
from .counts import Counts
from .draw import Outcome
from .feed import Feed
from .options import Options
from .parts import Part
from .progress import duration, size

_SAMPLE = 200


def estimate(renderer: BatchRenderer, feed: Feed, options: Options) -> str:
    """Draws `--sample` rows, or 200, on this machine, and says what all of them (or of the shard) would take here."""
    index, count = options.shard
    rows, total = choice.sample(
        choice.shard(feed.pieces(), feed.id_name, index, count), feed.id_name, options.sample or _SAMPLE
    )
    if rows is None:
        return "the feed has no rows"
    begun = time.monotonic()
    sizes, counts = _drawn(renderer, rows)
    seconds = time.monotonic() - begun
    factor = total / rows.num_rows
    mean = statistics.fmean(sizes) if sizes else 0.0
    # Twice the standard error of the mean: 19 of 20 samples lie that near.
    spread = 2 * statistics.stdev(sizes) / len(sizes) ** 0.5 / mean if len(sizes) > 1 and mean else 0.0
    lines = [
        f"{total:,} rows; a sample of {rows.num_rows:,} gave {len(sizes):,} pictures in {seconds:.1f} s on {renderer.threads} threads: "
        f"{1000 * seconds / max(len(sizes), 1):.1f} ms a picture, photos included",
        f"all of them: {len(sizes) * factor:,.0f} pictures, {size(mean * len(sizes) * factor)} (+- {spread:.0%}; {size(mean)} each), {duration(seconds * factor)} on this machine",
    ]
    if counts.failed or counts.skipped or counts.incomplete:
        lines.append(
            f"of the sample {counts.failed:,} failed, {counts.skipped:,} are skipped, {counts.incomplete:,} lack a photo"
        )
    return "\n".join(lines)


def _drawn(renderer: BatchRenderer, rows: pa.Table) -> tuple[list[int], Counts]:
    outcome = Outcome(Part("sample", rows, 1.0))
    readable = outcome.readable()
    sizes = []
    place = 0
    for batch in renderer.iter(readable) if readable.num_rows else ():
        drawn = pa.record_batch(batch)
        lengths = pa.compute.binary_length(drawn.column("picture")).to_pylist()
        for length, made in zip(lengths, drawn.drop_columns(["picture"]).to_pylist(), strict=True):
            if outcome.settle(readable, place // len(renderer.variants), made):
                sizes.append(length)
            place += 1
    return sizes, outcome.counts
