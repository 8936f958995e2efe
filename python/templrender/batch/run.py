"""A run: options go in; parts are drawn by an engine, what an earlier run left over is taken away, and how it went comes out as an exit status."""

from __future__ import annotations

import contextlib
import errno
import glob
import json
import os
from collections.abc import Iterator
from typing import Any

from .._templrender import Models
from ..arrow import BatchRenderer, Fetcher
from . import choice, cluster, local
from .counts import Counts
from .draw import REJECTS, Work, seconds
from .feed import Feed, Piece, find
from .options import Options
from .parts import parts
from .progress import Progress, size
from .store import Store, open_store

_RUN = "_run.json"

DONE, FAILED, USAGE, TOO_MANY, INTERRUPTED = 0, 1, 2, 3, 130


class RunError(Exception):
    """A run that cannot begin or go on: why."""


def run(options: Options) -> int:
    """Draws, and gives the exit status."""
    feed = find(options.feed, options.id_column)
    renderer = _renderer(options, feed)
    if options.estimate:
        from .estimate import estimate

        print(estimate(renderer, feed, options))
        return DONE
    assert options.out is not None
    mark = _mark(options)
    store = open_store(options.out, owner=f"run{mark}")
    work = Work(renderer, store, options.write == "files", options.again)
    _claim(store, options)
    with _alone(store, options):
        store.remove(_done_name(mark))
        store.clean()
        try:
            counts, names, whole = _draw(options, work, feed, mark)
            if whole:
                _finish(work, mark, names, counts)
        finally:
            store.clean()
    print(_summary(counts, options))
    if options.max_failures is not None:
        return DONE if counts.failed <= options.max_failures else TOO_MANY
    return FAILED if counts.failed else DONE


def _draw(options: Options, work: Work, feed: Feed, mark: str) -> tuple[Counts, set[str], bool]:
    """How many, the names of the parts, and whether these are all."""
    counts, names, whole = Counts(), set(), True
    progress = Progress()
    cut = parts(_pieces(options, feed), options.part_rows, f"part{mark}-", work.digest())
    drawn = (
        local.draw_all(work, cut)
        if options.engine == "local"
        else cluster.draw_all(work, cut, address=options.ray_address, at_once=options.jobs)
    )
    with contextlib.closing(drawn):
        for part, about in drawn:
            counts += about
            names.add(part.name)
            progress.show(counts, part.read)
            if options.max_failures is not None and counts.failed > options.max_failures:
                whole = False
                break
    progress.end()
    return counts, names, whole


def _pieces(options: Options, feed: Feed) -> Iterator[Piece]:
    index, count = options.shard
    chosen = choice.shard(feed.pieces(), feed.id_name, index, count)
    if options.sample is None:
        yield from chosen
        return
    sampled, _ = choice.sample(chosen, feed.id_name, options.sample)
    if sampled is not None:
        for batch in sampled.combine_chunks().to_batches():
            yield Piece(batch, 0.0)


def _renderer(options: Options, feed: Feed) -> BatchRenderer:
    from .._open import open as open_template

    bundle = open_template(options.template, fonts=options.fonts, models=_models(options))
    for variant in options.variants:
        if variant is not None and variant not in bundle.template.variants:
            raise RunError(
                f"unknown variant {variant[:64]!r}, {bundle.template.name} has {', '.join(bundle.template.variants) or 'none'}"
            )
    local_files = [os.path.dirname(os.path.abspath(name)) for name in feed.files if "://" not in name]
    beside = [] if bundle.folder is None else [bundle.folder]
    fetch = Fetcher(
        per_host=options.per_host,
        retries=options.retries,
        timeout=options.timeout,
        allow_private=options.allow_private,
        root=list(dict.fromkeys(local_files + beside + list(options.root))),
        cache=options.cache_dir or 64 << 20,
    )
    return BatchRenderer(
        bundle,
        fetch=fetch,
        variants=options.variants,
        id_column=feed.id_name,
        row_column=feed.row_column,
        now=options.now,
        lang=options.lang,
        time_zone=options.time_zone,
        scale=options.scale,
        format=options.format,
        # A task of Ray's has one processor.
        threads=1 if options.engine == "ray" else options.jobs,
    )


def _models(options: Options) -> Models | None:
    folders = list(options.models)
    if not folders:
        own = os.path.join(options.template, "models")
        folders = [own] if glob.glob(os.path.join(glob.escape(own), "*.json")) else []
    if not folders:
        return None
    return Models(folders, engine=options.model_engine, ort_library=options.ort_library)


def _mark(options: Options) -> str:
    """What tells a shard's files from those of the others."""
    index, count = options.shard
    return "" if count == 1 else f"-{index}of{count}"


def _done_name(mark: str) -> str:
    return f"_done{mark}.json"


def _claim(store: Store, options: Options) -> None:
    """One place has the output of one kind of run: parts that another would take for its own leftovers are never mixed with it."""
    kind = {"templrender_batch": 1, "write": options.write, "shards": options.shard[1], "sample": options.sample}
    if not store.exists(_RUN):
        store.write(_RUN, json.dumps(kind).encode())
        return
    with store.open(_RUN) as file:
        there: dict[str, Any] = json.load(file)
    if there != kind:
        differs = ", ".join(
            f"{name} is {there.get(name)!r} there and {value!r} here"
            for name, value in kind.items()
            if there.get(name) != value
        )
        raise RunError(f"{store.uri}: holds the output of another kind of run: {differs}; give another --out")


@contextlib.contextmanager
def _alone(store: Store, options: Options) -> Iterator[None]:
    """Two runs of one shard into one folder at the same time are refused. Object storages have no such lock: there a second run draws the same files again."""
    if "://" in store.uri:
        yield
        return
    import fcntl

    with open(os.path.join(store.uri, _RUN), "r+b") as file:
        try:
            # One byte for each shard. The system lets go of it when the process dies.
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, options.shard[0])
        except OSError as error:
            if error.errno not in (errno.EACCES, errno.EAGAIN):
                raise
            raise RunError(f"{store.uri}: another run is drawing into it") from None
        yield


def _finish(work: Work, mark: str, names: set[str], counts: Counts) -> None:
    """Takes away what rows gave that are no longer in the feed, or are drawn otherwise now; then says that the output is whole."""
    for folder in (work.folder, REJECTS):
        for name in work.store.names(folder):
            stem = name.removesuffix(".parquet")
            if _is_of(stem, mark) and stem not in names:
                work.store.remove(f"{folder}/{name}")
    template = work.renderer.bundle.template.name
    about = {
        "template": f"{template}@{work.renderer.bundle.version}",
        "now": seconds(work.renderer.now),
        "parts": len(names),
        **json.loads(counts.to_json()),
    }
    work.store.write(_done_name(mark), json.dumps(about).encode())


def _is_of(stem: str, mark: str) -> bool:
    """
    >>> _is_of("part-000001-ab", ""), _is_of("part-1of2-000001-ab", "-1of2"), _is_of("part-2of2-000001-ab", "-1of2")
    (True, True, False)
    """
    return stem.startswith(f"part{mark}-")


def _summary(counts: Counts, options: Options) -> str:
    kept = counts.pictures - counts.drawn
    words = [f"{counts.rows:,} rows", f"{counts.drawn:,} pictures drawn ({size(counts.bytes)})"]
    words += [f"{kept:,} there already"] if kept else []
    words += [f"{counts.incomplete:,} of them lack a photo"] if counts.incomplete else []
    words += [f"{counts.skipped:,} skipped"] if counts.skipped else []
    words += [f"{counts.failed:,} failed, see {options.out}/{REJECTS}"] if counts.failed else []
    return ", ".join(words)
