"""Batches over Arrow: a record batch of rows goes in, a record batch of pictures comes out.

This is what every engine calls (Ray Data, Spark, Polars, DuckDB, Daft): see `templrender.engines` and docs/batch.md. Batches are anything with the Arrow
PyCapsule interface, so that nothing here imports pyarrow: `pyarrow.record_batch(x)` and `polars.DataFrame(x)` take what comes out.

The columns that come out, errors per row and never per batch: those that were to be kept, `id`, `variant`, `picture` (large_binary, as offsets of 32 bits overflow at
2 GiB), `content_type`, `key`, `width`, `height`, `valid_until`, `skipped`, `report` (JSON) and `error` (code, cause, place, message).
"""

from __future__ import annotations

import copy
import os
import time
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from datetime import datetime
from functools import partial
from typing import Any

from . import _templrender as _native
from ._background import UnderWay, in_background, result
from ._chunks import Pace, chunks
from ._feeds import FeedSource
from ._feeds import _format as feed_format
from ._feeds import _pieces as feed_pieces
from ._fetcher import Fetcher
from ._templrender import Bundle, Cancel, CheckReport, Output, RecordBatch

__all__ = ["BatchRenderer", "Fetcher", "read_feed_batches"]

# Anything with __arrow_c_array__ or __arrow_c_stream__, and what has several of them.
Batch = Any
Batches = Any

# Chunks whose photos are there, or on their way, while one is drawn.
_AHEAD = 1


class BatchRenderer:
    """Draws the rows of record batches with one template. Safe to share between threads; pickles as its template's pack and its settings.

    >>> import pyarrow as pa
    >>> renderer = BatchRenderer("templates/og-card", format="jpg", now=0)
    >>> rows = pa.record_batch({"id": ["a", "b"], "title": ["Aster honey", None], "author": ["Mira Larch", "Ada Elm"]})
    >>> pictures = pa.record_batch(renderer.render(rows)).to_pylist()
    >>> pictures[0]["id"], pictures[0]["content_type"], pictures[0]["width"], pictures[0]["picture"][:2]
    ('a', 'image/jpeg', 1200, b'\\xff\\xd8')
    >>> pictures[1]["picture"], pictures[1]["error"]["code"], pictures[1]["error"]["place"]
    (None, 'missing-field', 'field title')
    """

    def __init__(
        self,
        template: str | os.PathLike[str] | bytes | Bundle,
        *,
        fetch: Fetcher | None = None,
        variants: Sequence[str | None] = (None,),
        id_column: str | None = "id",
        row_column: str | None = None,
        keep: Sequence[str] = (),
        now: datetime | float | None = None,
        lang: str | None = None,
        time_zone: str | None = None,
        scale: float | None = None,
        output: Output | None = None,
        format: str | None = None,
        threads: int | None = None,
        rows_at_once: int = 256,
        max_bytes: int = 256 << 20,
        timeout: float | None = None,
        reports: bool = True,
    ) -> None:
        """Args:
        template: A template's folder, its JSON file or its pack, the bytes of a pack, or an open bundle.
        fetch: Where pictures come from. None: `Fetcher()`, files in the current folder and public URLs.
        variants: What is drawn of each row, in this order; None is the template as it stands.
        id_column: The column that names a row. None: there is none.
        row_column: A column that has the whole row, as JSON or as a struct. None: every column is one of the row.
        keep: Columns that come out as they came in.
        now: What sale windows and dates are held against. None: the time at which this was made, so that all processes have the same.
        lang, time_zone, scale, output, format: As of `Renderer.plan`.
        threads: That plan and draw. None: as many as the process may use processors.
        rows_at_once: Rows that are planned, fetched and drawn together by `iter`; fewer where their pictures are large.
        max_bytes: The most bytes of encoded pictures in one batch that comes out of `iter`, one picture apart.
        timeout: Seconds that one picture may take to be drawn.
        reports: Whether the report of each picture comes out too.
        """
        self.bundle = _bundle(template)
        self.fetch = Fetcher() if fetch is None else fetch
        self.variants = tuple(variants)
        self.id_column = id_column
        self.row_column = row_column
        self.keep = tuple(keep)
        self.now = int(time.time()) if now is None else now
        self.lang = lang
        self.time_zone = time_zone
        self.scale = scale
        self.output = output
        self.format = format
        self.threads = _processors() if threads is None else threads
        self.rows_at_once = rows_at_once
        self.max_bytes = max_bytes
        self.timeout = timeout
        self.reports = reports
        self._under_way = UnderWay()
        for name in ("threads", "rows_at_once", "max_bytes"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1, found {getattr(self, name)}")

    def with_variants(self, variants: Sequence[str | None]) -> BatchRenderer:
        """The same, for other variants: template, fetcher and settings are shared, and `cancel` ends both."""
        other = copy.copy(self)
        other.variants = tuple(variants)
        return other

    def cancel(self) -> None:
        """Ends what is under way in any thread, with `Cancelled`."""
        self._under_way.cancel()

    def plan(self, batch: Batch) -> RecordBatch:
        """What would be drawn, without pictures: id, variant, key, valid_until, skipped, needs and error of each row and variant."""
        return self._job(batch, Cancel()).plans()

    def render(self, batch: Batch) -> RecordBatch:
        """The pictures of one batch, as one batch. All its photos and pictures lie in memory at once: `iter` is for the others."""
        with self._under_way.one() as cancel:
            job = self._ready(batch, cancel)
            return self._drawn(job, 0, 1 << 62, cancel)[0]

    def iter(self, batches: Batches) -> Iterator[RecordBatch]:
        """The pictures of many batches, in their order: the next rows' photos are fetched while these are drawn.

        `batches` is a stream (a `pyarrow.Table` or `RecordBatchReader`, a `polars.DataFrame`), one batch, or an iterable of them. Memory holds two chunks of
        `rows_at_once` rows with their photos and the pictures of `max_bytes`, however long the stream is.
        """
        pace = Pace(self.rows_at_once, self.max_bytes)
        with self._under_way.one() as cancel:
            ahead: deque[Future[_native.BatchJob]] = deque()
            for chunk in chunks(batches, pace):
                ahead.append(in_background(partial(self._ready, chunk, cancel, pace)))
                if len(ahead) > _AHEAD:
                    yield from self._draw(result(ahead.popleft(), cancel), cancel)
            while ahead:
                yield from self._draw(result(ahead.popleft(), cancel), cancel)

    def check(self, batches: Batches, *, channel: str | None = None) -> CheckReport:
        """What the rows make of the template, without pixels and without pictures: see docs/check.md."""
        return _native.check_batches(
            self.bundle,
            batches,
            variants=self.variants,
            channel=channel,
            row_column=self.row_column,
            id_column=self.id_column,
            now=self.now,
            lang=self.lang,
            time_zone=self.time_zone,
            threads=self.threads,
        )

    def _job(self, batch: Batch, cancel: Cancel) -> _native.BatchJob:
        return _native.BatchJob(
            self.bundle,
            batch,
            variants=self.variants,
            row_column=self.row_column,
            id_column=self.id_column,
            keep=self.keep,
            now=self.now,
            lang=self.lang,
            time_zone=self.time_zone,
            scale=self.scale,
            output=self.output,
            format=self.format,
            threads=self.threads,
            cancel=cancel,
        )

    def _ready(self, batch: Batch, cancel: Cancel, pace: Pace | None = None) -> _native.BatchJob:
        """Planned, and every picture found or given up."""
        job = self._job(batch, cancel)
        found_bytes = 0
        while True:
            if not (wanted := job.pending()):
                # what models make of these may fail, and another picture be wanted then
                made, made_bytes = job.fill(threads=self.threads, cancel=cancel)
                found_bytes += made_bytes
                if not made:
                    break
            for location, answer in self.fetch.get(wanted).items():
                if isinstance(answer, bytes):
                    job.answer(location, answer)
                    found_bytes += len(answer)
                else:
                    job.fail(location, str(answer))
        if pace is not None:
            pace.saw(len(job) // len(self.variants), found_bytes)
        return job

    def _draw(self, job: _native.BatchJob, cancel: Cancel) -> Iterator[RecordBatch]:
        start = 0
        while start < len(job):
            batch, start = self._drawn(job, start, self.max_bytes, cancel)
            yield batch

    def _drawn(self, job: _native.BatchJob, start: int, max_bytes: int, cancel: Cancel) -> tuple[RecordBatch, int]:
        return job.render(
            start,
            len(job),
            max_bytes=max_bytes,
            threads=self.threads,
            timeout=self.timeout,
            cancel=cancel,
            reports=self.reports,
        )


def read_feed_batches(
    source: FeedSource, rows: int = 1024, *, format: str | None = None, encoding: str | None = None
) -> Iterator[RecordBatch]:
    """The rows of a feed, as `read_feed` reads them, in batches of at most so many: `line`, `id`, `row` (JSON, which `BatchRenderer(..., row_column="row")` draws) and `error`.

    >>> import pyarrow as pa
    >>> batch = pa.record_batch(next(read_feed_batches("templates/product-sale/rows/feed.tsv")))
    >>> batch.schema.names, batch["id"][0].as_py()
    (['line', 'id', 'row', 'error'], 'GB-0001')
    """
    named = feed_format(source) if isinstance(source, (str, os.PathLike)) else None
    reader = _native.FeedReader(format or named, encoding=encoding)
    for piece in feed_pieces(source):
        reader.push(piece)
        yield from _whole(reader, rows)
    reader.finish()
    yield from _whole(reader, rows)


def _whole(reader: _native.FeedReader, rows: int) -> Iterator[RecordBatch]:
    while (batch := reader.next_batch(rows)).num_rows:
        yield batch
    if reader.fault is not None:
        raise reader.fault


def _bundle(template: str | os.PathLike[str] | bytes | Bundle) -> Bundle:
    if isinstance(template, Bundle):
        return template
    if isinstance(template, bytes):
        return _native.Pack(template).open()
    from ._open import open as open_template

    return open_template(template)


def _processors() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
