"""One part: its rows go in; its file, its pictures and its rejects are in the store, and how many there were comes out.

The part's own file is written last and whole: where it is, all of the part is. Drawn a second time, a part gives the same files with the same bytes, so that a retried
or doubled task changes nothing.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import IO, Any, Literal

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ..arrow import BatchRenderer
from . import rejects
from .counts import Counts
from .parts import Part
from .store import Store

PICTURES = "pictures"
MANIFEST = "manifest"
REJECTS = "rejects"
FILES = "files"

SCHEMA = pa.schema(
    [
        ("id", pa.string()),
        ("variant", pa.string()),
        ("key", pa.string()),
        ("content_type", pa.string()),
        ("width", pa.int32()),
        ("height", pa.int32()),
        ("valid_until", pa.timestamp("us", "UTC")),
        ("report", pa.string()),
        ("picture", pa.large_binary()),
    ]
)
MANIFEST_SCHEMA = pa.schema(
    [
        ("id", pa.string()),
        ("variant", pa.string()),
        ("key", pa.string()),
        ("uri", pa.string()),
        ("valid_until", pa.timestamp("us", "UTC")),
    ]
)

# What a part's file says of itself beside its rows.
_ABOUT = b"templrender"
_INCOMPLETE = ("image-missing", "image-truncated", "model-failed")
_NONE_NAMED = "it has no source"
_SUFFIXES = {"image/jpeg": ".jpg", "image/png": ".png", "image/webp": ".webp"}

Again = Literal["failed", "all"] | None


@dataclass(frozen=True)
class Work:
    """What is the same for all parts of a run. Pickles, small."""

    renderer: BatchRenderer
    store: Store
    files: bool
    again: Again = None

    @property
    def folder(self) -> str:
        """Where a part's own file is."""
        return MANIFEST if self.files else PICTURES

    def digest(self) -> bytes:
        """Of all that decides how a row is drawn, the time apart."""
        r = self.renderer
        settings: list[Any] = [
            r.bundle.template.name,
            r.bundle.version,
            r.variants,
            r.id_column,
            r.row_column,
            r.lang,
            r.time_zone,
            r.scale,
            r.format,
            repr(r.output),
            self.files,
        ]
        if models := [model.identity for model in r.bundle.renderer.models]:
            settings.append(models)
        return hashlib.blake2b(json.dumps(settings).encode(), digest_size=16).digest()


def draw(work: Work, part: Part) -> Counts:
    """Draws a part, or finds that it is there."""
    name = f"{work.folder}/{part.name}.parquet"
    there = None if work.again == "all" else _there(work, name)
    if there is not None:
        return there
    outcome = Outcome(part)
    with work.store.writing(name) as file:
        schema = MANIFEST_SCHEMA if work.files else SCHEMA
        with _writer(file, schema) as writer:
            for batch in _file_rows(work, outcome) if work.files else _picture_rows(work, outcome):
                writer.write_batch(batch)
            writer.add_key_value_metadata({_ABOUT: outcome.about(work.renderer)})
        reject = f"{REJECTS}/{part.name}.parquet"
        if outcome.rejects:
            with work.store.writing(reject) as rejected:
                pq.write_table(rejects.table(outcome.rejects), rejected, compression="zstd")
        else:
            work.store.remove(reject)
    return outcome.counts


class Outcome:
    """What became of a part's rows so far."""

    def __init__(self, part: Part) -> None:
        self._rows = part.rows
        self.counts = Counts(rows=part.rows.num_rows)
        self.rejects: list[dict[str, Any]] = []
        self.valid_until: datetime | None = None

    def readable(self) -> pa.Table:
        """The rows that the feed's reader could read; the others are rejected."""
        rows = self._rows
        if "line" not in rows.column_names or "error" not in rows.column_names:
            return rows
        refused = pc.is_valid(rows["error"])
        for row in rows.filter(refused).to_pylist():
            self.reject(rejects.refused(row))
        return rows.filter(pc.invert(refused))

    def settle(self, rows: pa.Table, row: int, made: dict[str, Any]) -> bool:
        """Whether there is a picture, or may be one; where not, why is among the rejects."""
        self.until(made["valid_until"])
        if made["error"] is not None:
            self.reject(rejects.failed(_row(rows, row), made["variant"], made["error"]))
        elif made["skipped"] is not None:
            self.reject(rejects.skipped(_row(rows, row), made["variant"], made["skipped"]))
        else:
            if missing_pictures(made.get("report")):
                self.add(incomplete=1)
            return True
        return False

    def add(self, **counts: int) -> None:
        self.counts += Counts(**counts)

    def reject(self, found: dict[str, Any]) -> None:
        self.rejects.append(found)
        if found["code"] == "skipped":
            self.add(skipped=1)
        else:
            self.add(failed=1, unfound=int(found["cause"] == "resource"))

    def until(self, when: datetime | None) -> None:
        if when is not None and (self.valid_until is None or when < self.valid_until):
            self.valid_until = when

    def about(self, renderer: BatchRenderer) -> bytes:
        until = None if self.valid_until is None else self.valid_until.timestamp()
        return json.dumps(
            {"counts": json.loads(self.counts.to_json()), "now": seconds(renderer.now), "valid_until": until}
        ).encode()


def _there(work: Work, name: str) -> Counts | None:
    """How many, where the part is there and its pictures are still those that would be drawn."""
    if not work.store.exists(name):
        return None
    with work.store.open(name) as file:
        about = json.loads(pq.read_metadata(file).metadata[_ABOUT])
    counts = Counts(**about["counts"] | {"drawn": 0, "bytes": 0})
    now, until = seconds(work.renderer.now), about["valid_until"]
    if not (now == about["now"] or about["now"] < now and (until is None or now < until)):
        return None
    if work.again == "failed" and counts.unfound + counts.incomplete > 0:
        return None
    return counts


def _picture_rows(work: Work, outcome: Outcome) -> Iterator[pa.RecordBatch]:
    """The pictures themselves, a batch of at most the renderer's `max_bytes` after another."""
    rows = outcome.readable()
    place = 0
    for batch in work.renderer.iter(rows) if rows.num_rows else ():
        drawn = pa.record_batch(batch)
        chosen = []
        for number, made in enumerate(drawn.drop_columns(["picture"]).to_pylist()):
            if outcome.settle(rows, place // len(work.renderer.variants), made):
                chosen.append(number)
            place += 1
        pictures = drawn if len(chosen) == drawn.num_rows else drawn.take(pa.array(chosen, pa.int64()))
        outcome.add(pictures=len(chosen), drawn=len(chosen), bytes=_bytes(pictures))
        yield _as(pictures, SCHEMA)


def _file_rows(work: Work, outcome: Outcome) -> Iterator[pa.RecordBatch]:
    """The manifest of pictures that are files by their key. One that is there is not drawn again."""
    rows = outcome.readable()
    found: dict[tuple[int, int], dict[str, Any]] = {}
    with ThreadPoolExecutor(work.store.at_once) as pool:
        for start in range(0, rows.num_rows, work.renderer.rows_at_once):
            chunk = rows.slice(start, work.renderer.rows_at_once)
            todo = _wanted(work, chunk, start, found, outcome, pool)
            for variants, numbers in todo.items():
                _draw_files(
                    work, chunk.take(numbers), variants, [start + number for number in numbers], found, outcome, pool
                )
    yield pa.RecordBatch.from_pylist([found[place] for place in sorted(found)], MANIFEST_SCHEMA)


def _wanted(
    work: Work,
    chunk: pa.Table,
    start: int,
    found: dict[tuple[int, int], dict[str, Any]],
    outcome: Outcome,
    pool: ThreadPoolExecutor,
) -> dict[tuple[int, ...], list[int]]:
    """Which variants of which rows have to be drawn: by the places of their variants, the numbers of rows in the chunk."""
    planned = pa.record_batch(work.renderer.plan(chunk.combine_chunks().to_batches()[0])).to_pylist()
    variants = len(work.renderer.variants)
    names = [None if plan["key"] is None else _file(plan["key"], plan["content_type"]) for plan in planned]
    there = list(pool.map(lambda name: name is not None and work.again != "all" and work.store.exists(name), names))
    missing: dict[int, list[int]] = {}
    for number, plan in enumerate(planned):
        row, variant = divmod(number, variants)
        if not outcome.settle(chunk, row, plan):
            continue
        if there[number]:
            outcome.add(pictures=1)
            found[start + row, variant] = _manifest_row(work, plan, plan["key"], plan["content_type"])
        else:
            missing.setdefault(row, []).append(variant)
    todo: dict[tuple[int, ...], list[int]] = {}
    for row, places in missing.items():
        todo.setdefault(tuple(places), []).append(row)
    return todo


def _draw_files(
    work: Work,
    rows: pa.Table,
    variants: tuple[int, ...],
    numbers: list[int],
    found: dict[tuple[int, int], dict[str, Any]],
    outcome: Outcome,
    pool: ThreadPoolExecutor,
) -> None:
    renderer = work.renderer.with_variants([work.renderer.variants[variant] for variant in variants])
    place = 0
    for batch in renderer.iter(rows):
        drawn = pa.record_batch(batch)
        written = []
        pictures = drawn.column("picture")
        for number, made in enumerate(drawn.drop_columns(["picture"]).to_pylist()):
            row, variant = divmod(place, len(variants))
            place += 1
            if not outcome.settle(rows, row, made):
                continue
            picture = pictures[number].as_py()
            key = _content_key(made)
            outcome.add(pictures=1, drawn=1, bytes=len(picture))
            found[numbers[row], variants[variant]] = _manifest_row(work, made, key, made["content_type"])
            written.append((_file(key, made["content_type"]), picture))
        # Waited for, so that no more than one batch of pictures is in memory, and none is missing when the manifest is there.
        list(pool.map(lambda pair: work.store.write(*pair), written))


def _manifest_row(work: Work, made: dict[str, Any], key: str, content_type: str) -> dict[str, Any]:
    uri = work.store.address(_file(key, content_type))
    return {"id": made["id"], "variant": made["variant"], "key": key, "uri": uri, "valid_until": made["valid_until"]}


def _content_key(made: dict[str, Any]) -> str:
    """The plan's key, or, where a photo is missing, another one, so that the whole picture is drawn when the photo is there.

    A plan's key names what would be drawn if all photos were found: under it only such a picture may lie.
    """
    missing = missing_pictures(made["report"])
    if not missing:
        return str(made["key"])
    return hashlib.blake2b(json.dumps([made["key"], missing]).encode(), digest_size=16).hexdigest()


def missing_pictures(report: str | None) -> list[str]:
    """What a report says of photos that were not to be had, and of models that failed. A row that names none lacks none."""
    if report is None or not any(code in report for code in _INCOMPLETE):
        return []
    notes = [
        note for note in json.loads(report)["notes"] if note["code"] in _INCOMPLETE and note["message"] != _NONE_NAMED
    ]
    return sorted(f"{note['layer']}: {note['message']}" for note in notes)


def _file(key: str, content_type: str) -> str:
    return f"{FILES}/{key[:2]}/{key[2:4]}/{key}{_SUFFIXES[content_type]}"


def _row(rows: pa.Table, number: int) -> dict[str, Any]:
    return dict(rows.slice(number, 1).to_pylist()[0])


def _as(batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    return pa.RecordBatch.from_arrays([batch.column(field.name).cast(field.type) for field in schema], schema=schema)


def _bytes(batch: pa.RecordBatch) -> int:
    return int(pc.sum(pc.binary_length(batch.column("picture"))).as_py() or 0)


def _writer(file: IO[bytes], schema: pa.Schema) -> pq.ParquetWriter:
    """Pictures are neither packed, as they are packed already, nor given statistics, which would repeat them."""
    plain = [name for name in schema.names if name != "picture"]
    packed = {name: "none" if name == "picture" else "zstd" for name in schema.names}
    return pq.ParquetWriter(
        file,
        schema,
        compression=packed,
        use_dictionary=[name for name in plain if name != "key"],
        write_statistics=plain,
    )


def seconds(when: datetime | float) -> float:
    if isinstance(when, datetime):
        return (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp()
    return float(when)
