"""Checks over Arrow streams: the report of the same rows one after another, with any number of threads; and feeds as batches."""

import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from templrender import Bundle, Cancel, Cancelled, Checker, Error, FeedReader, Pack, RowError, check_batches

NOW = 1_795_867_200
REPO = Path(__file__).resolve().parents[2]
SALE = REPO / "templates" / "product-sale"
TEMPLATE = b"""{
    "templrender": 1, "name": "tile", "size": [60, 20], "fonts": ["Noto Sans"],
    "fields": { "title": { "type": "text", "required": true }, "price": { "type": "money", "currency": "EUR" } },
    "layers": [
        { "id": "title", "type": "text", "text": "{{ title }}", "width": 60, "height": 10, "font-size": 9, "line-clamp": 1 },
        { "id": "badge", "type": "box", "if": "price and price.amount > 5", "width": 3, "height": 3, "background": "red" }
    ]
}"""


def open_bundle() -> Bundle:
    pack = Pack()
    pack.add("template.json", TEMPLATE)
    return pack.open()


BUNDLE = open_bundle()


def open_sale() -> Bundle:
    pack = Pack()
    for path in sorted(SALE.rglob("*")):
        if path.is_file():
            pack.add(path.relative_to(SALE).as_posix(), path.read_bytes())
    return pack.open(now=NOW)


def feed_rows(data: bytes, format: str | None = None) -> Iterator[dict[str, Any]]:
    reader = FeedReader(format)
    for at in range(0, len(data), 777):
        reader.push(data[at : at + 777])
        while (batch := reader.next_batch(10)).num_rows:
            yield from pa.record_batch(batch).to_pylist()
    reader.finish()
    while (batch := reader.next_batch(10)).num_rows:
        yield from pa.record_batch(batch).to_pylist()
    assert reader.fault is None


ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "id": st.sampled_from(["a", "b", "c", "", None]),
            "title": st.sampled_from([None, "Honey", "A title that is cut", "LOUD HONEY AND TEA", "<b>bold</b>"]),
            "price": st.sampled_from([None, "6.90", "3 EUR", "free"]),
            "other": st.sampled_from([None, "x"]),
        }
    ),
    max_size=30,
)
SCHEMA = pa.schema([("id", pa.string()), ("title", pa.string()), ("price", pa.string()), ("other", pa.string())])


@settings(max_examples=40, deadline=None)
@given(ROWS, st.integers(1, 8), st.integers(1, 7))
def test_the_report_is_that_of_the_same_feed(rows: list[dict[str, Any]], threads: int, size: int) -> None:
    batches = [pa.RecordBatch.from_pylist(rows[at : at + size], SCHEMA) for at in range(0, len(rows), size)]
    report = check_batches(BUNDLE, pa.Table.from_batches(batches, SCHEMA), now=NOW, threads=threads)
    lines = "".join(json.dumps(row) + "\n" for row in rows).encode()
    checker = Checker(BUNDLE, now=NOW)
    reader = FeedReader("jsonl")
    reader.push(lines)
    reader.finish()
    while (row := reader.next_row()) is not None:
        if row.row is not None:
            checker.row(row.row, line=row.line, id=row.id or "")
        elif row.error is not None:
            checker.failed(row.error, line=row.line, id=row.id or "")
    assert report.to_json() == checker.finish().to_json()
    assert report.rows == len(rows)


def test_a_column_of_json_gives_the_same_report_as_its_columns() -> None:
    feed = list(feed_rows((SALE / "rows" / "feed.tsv").read_bytes()))
    bundle = open_sale()
    texts = pa.table({"row": [row["row"] for row in feed]})
    whole = pa.Table.from_pylist([json.loads(row["row"]) for row in feed])
    variants = [None, *bundle.template.variants]
    reports = [
        check_batches(bundle, texts, row_column="row", now=NOW, variants=variants, channel="google", threads=2),
        check_batches(bundle, whole, now=NOW, variants=variants, channel="google", threads=3),
        check_batches(
            bundle,
            pa.table({"row": whole.to_struct_array()}),
            row_column="row",
            now=NOW,
            variants=variants,
            channel="google",
            threads=1,
        ),
    ]
    assert len({report.to_json() for report in reports}) == 1
    assert reports[0].rows == len(feed) and "badge: applies to" in str(reports[0])


def test_ids_stand_once_over_all_batches_and_threads() -> None:
    ids = [f"i{n}" for n in range(5000)]
    table = pa.table({"id": [*ids, *reversed(ids)], "title": ["Honey"] * 10_000})
    report = check_batches(BUNDLE, table, threads=4)
    assert (report.rows, report.failed, report.count("duplicate-row-id")) == (10_000, 5000, 5000)
    first = json.loads(report.to_json())
    assert "i4999" in json.dumps(first) and "stands in line" in str(report)
    assert check_batches(BUNDLE, table, id_column=None).failed == 0
    numbered = check_batches(BUNDLE, pa.table({"id": ["x"], "title": [None]}), first_line=2)
    assert "line 2 (x)" in str(numbered)


def test_columns_that_the_template_does_not_read_fail_no_row() -> None:
    table = pa.table({"title": ["Honey"], "wild": pa.array([1], pa.time64("us")), "bytes": [b"x"]})
    report = check_batches(BUNDLE, table)
    assert (report.rows, report.failed) == (1, 0)
    wrong = check_batches(BUNDLE, pa.table({"title": pa.array([1], pa.time64("us"))}))
    assert wrong.failed == 1 and "field title: must be a text, number" in str(wrong)


def test_what_a_stream_fails_with_is_told() -> None:
    def batches() -> Iterator[pa.RecordBatch]:
        yield pa.record_batch({"title": ["Honey"]})
        raise RuntimeError("the cellar is flooded")

    schema = pa.schema([("title", pa.string())])
    with pytest.raises(RowError, match="the cellar is flooded"):
        check_batches(BUNDLE, pa.RecordBatchReader.from_batches(schema, batches()))
    refused: list[tuple[dict[str, Any], str]] = [
        ({"channel": "x"}, "channel"),
        ({"variants": ["tall"]}, "tall"),
        ({"row_column": "x"}, "must be a column of the batch"),
    ]
    for arguments, message in refused:
        with pytest.raises((ValueError, Error), match=message):
            check_batches(BUNDLE, pa.table({"title": ["Honey"]}), **arguments)
    assert check_batches(BUNDLE, pa.table({"title": pa.array([], pa.string())})).rows == 0


def test_a_flag_ends_a_check_of_a_stream_without_end() -> None:
    def batches() -> Iterator[pa.RecordBatch]:
        while True:
            yield pa.record_batch({"title": ["Honey"] * 1000})

    cancel = Cancel()
    threading.Timer(0.3, cancel.set).start()
    started = time.monotonic()
    stream = pa.RecordBatchReader.from_batches(pa.schema([("title", pa.string())]), batches())
    with pytest.raises(Cancelled):
        check_batches(BUNDLE, stream, threads=2, cancel=cancel)
    assert time.monotonic() - started < 5


def test_a_feed_comes_in_batches_with_its_lines_ids_and_errors() -> None:
    rows = list(feed_rows(b"id,title,price\n1,Honig & Tee,6.90 EUR\n2,short\n1,again,1 EUR\n"))
    assert [(row["line"], row["id"]) for row in rows] == [(2, "1"), (3, "2"), (4, "1")]
    assert json.loads(rows[0]["row"]) == {"id": "1", "title": "Honig & Tee", "price": "6.90 EUR"}
    assert rows[0]["error"] is None and rows[1]["row"] is None
    assert rows[1]["error"] == {
        "code": "bad-row",
        "cause": "row",
        "place": "",
        "message": "a row must have 3 cells as the header has, found 2",
    }
    assert rows[2]["error"]["code"] == "duplicate-row-id"
    reader = FeedReader()
    reader.push(b'{"a": [1, {"b": null}], "c": 1.50}\n')
    batch = pa.record_batch(reader.next_batch())
    assert (
        batch["row"].to_pylist() == ['{"a":[1,{"b":null}],"c":1.5}'] and batch.schema.field("line").type == pa.int64()
    )
    assert reader.next_batch().num_rows == 0
    with pytest.raises(ValueError, match="max_rows must be 1 to"):
        reader.next_batch(0)
