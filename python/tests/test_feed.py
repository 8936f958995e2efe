"""Feeds: however the bytes are cut, the rows are the same; what is broken fails alone; a second feed lies over the first."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from templrender import ArgumentError, FeedReader, FeedRow, Limits, Overrides, Row, RowError

FEED = Path("templates/product-sale/rows/feed.tsv")
SMALL = 'id,title,price\n1,"Aster, honey",6.90 EUR\n2,Linden\n3,Käse & Brot,\n'.encode()
Seen = tuple[int, str | None, Row | None, str | None]


def drain(reader: FeedReader) -> list[FeedRow]:
    rows = []
    while (row := reader.next_row()) is not None:
        rows.append(row)
    return rows


def seen(row: FeedRow) -> Seen:
    return row.line, row.id, row.row, None if row.error is None else str(row.error)


def read(data: bytes, size: int = 1 << 20, format: str | None = None, encoding: str | None = None) -> list[Seen]:
    reader = FeedReader(format, encoding=encoding)
    rows = []
    for start in range(0, len(data), size):
        reader.push(data[start : start + size])
        rows += drain(reader)
    reader.finish()
    rows += drain(reader)
    assert reader.fault is None and reader.next_row() is None
    return [seen(row) for row in rows]


def test_a_shop_s_feed_is_read() -> None:
    rows = read(FEED.read_bytes())
    assert len(rows) == 30 and all(row is not None and error is None for _, _, row, error in rows)
    assert rows[0][:2] == (2, "GB-0001")


@settings(max_examples=30)
@given(st.integers(1, 60))
def test_the_borders_of_pieces_change_nothing(size: int) -> None:
    expected: list[Seen] = [
        (2, "1", Row(id="1", title="Aster, honey", price="6.90 EUR"), None),
        (3, "2", None, "a row must have 3 cells as the header has, found 2"),
        (4, "3", Row(id="3", title="Käse & Brot", price=None), None),
    ]
    assert read(SMALL, size) == expected
    assert read(SMALL.decode().encode("cp1252"), size, encoding="latin_1") == expected
    assert read(b"\xff\xfe" + SMALL.decode().encode("utf-16-le"), size) == expected


@given(
    st.dictionaries(
        st.from_regex(r"[a-z]{1,6}", fullmatch=True),
        st.none() | st.booleans() | st.integers(-(10**9), 10**9),
        min_size=1,
    )
)
def test_a_line_of_json_is_a_row(columns: dict[str, object]) -> None:
    columns.pop("id", None)
    columns = {**columns, "id": "a"}
    text = Row(columns).to_json()
    assert read(text.encode(), format="jsonl") == [(1, "a", Row(columns), None)]


def test_what_a_reader_knows_of_its_feed() -> None:
    reader = FeedReader()
    assert (reader.format, reader.columns, reader.delimiter, repr(reader)) == (
        None,
        None,
        None,
        "<FeedReader: nothing read yet>",
    )
    reader.push(bytearray(SMALL))
    row = reader.next_row()
    assert row is not None and row.row is not None and row.error is None
    assert repr(row) == '<FeedRow "1" of line 2>' and row.row["title"] == "Aster, honey"
    broken = reader.next_row()
    assert broken is not None and broken.row is None and isinstance(broken.error, RowError)
    assert broken.error.code == "bad-row" and repr(broken) == '<FeedRow "2" of line 3: bad-row>'
    assert (reader.format, reader.columns, reader.delimiter, reader.encoding) == (
        "delimited",
        ("id", "title", "price"),
        ",",
        "utf-8",
    )
    xml = FeedReader()
    xml.push(b"<?xml version='1.0'?><rss version='2.0'><channel><item><title>A</title></item></channel></rss>")
    xml.finish()
    assert [row.row for row in drain(xml)] == [{"title": "A"}] and xml.format == "xml" and xml.columns is None


def test_a_feed_that_is_none_has_a_fault() -> None:
    reader = FeedReader("xml")
    reader.push(b"<html><body>Not found</body></html>")
    reader.finish()
    assert reader.next_row() is None
    assert isinstance(reader.fault, RowError) and str(reader.fault) == "a feed must be RSS or Atom, found an HTML page"


def test_a_row_over_the_limit_fails_alone() -> None:
    reader = FeedReader("jsonl", limits=Limits(max_feed_row_bytes=64))
    reader.push(b'{"id": 1}\n{"id": 2, "title": "' + b"x" * 100 + b'"}\n{"id": 3}\n')
    reader.finish()
    assert [(row.line, row.id, row.error is None) for row in drain(reader)] == [
        (1, "1", True),
        (2, "2", False),
        (3, "3", True),
    ]


def test_ids_stand_once_unless_one_may_repeat() -> None:
    for repeated, errors in [(False, 1), (True, 0)]:
        reader = FeedReader(repeated_ids=repeated)
        reader.push(b"id,title\na,A\na,B\n")
        assert sum(row.error is not None for row in drain(reader)) == errors


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"format": "csv"}, 'format must be "delimited", "jsonl" or "xml", found "csv"'),
        (
            {"encoding": "koi8-r"},
            'encoding must be "utf-8", "utf-16-le", "utf-16-be" or "windows-1252", found "koi8-r"',
        ),
    ],
)
def test_arguments_that_are_none_say_what_may_be(arguments: dict[str, str], message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        FeedReader(**arguments)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        FeedReader().push("text")


def test_threads_share_a_reader() -> None:
    reader = FeedReader("jsonl")
    reader.push(b"".join(b'{"id": %d}\n' % i for i in range(2000)))
    reader.finish()
    ids: list[str | None] = []

    def take() -> None:
        ids.extend(row.id for row in drain(reader))

    threads = [threading.Thread(target=take) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(map(str, ids)) == sorted(str(i) for i in range(2000))


def test_a_second_feed_lies_over_the_first() -> None:
    second = FeedReader()
    second.push(b"id,title,price\n1,Asternhonig,\n2,,\n,Linde,\nx\n")
    german = Overrides()
    refused = 0
    for row in drain(second):
        try:
            german.add(row)
        except RowError:
            refused += 1
    assert (len(german), refused, repr(german)) == (2, 2, "<Overrides of 2 ids>")
    first = Row(id="1", title="Aster honey", price="6.90 EUR")
    assert german.apply(first) == {"id": "1", "title": "Asternhonig", "price": "6.90 EUR"}
    assert german.apply({"id": "9", "title": "Linden"}) == {"id": "9", "title": "Linden"}
    assert first["title"] == "Aster honey"
    with pytest.raises(RowError, match="over the limit"):
        Overrides(limits=Limits(max_override_bytes=50)).add(drain_one(b"id,title\na,A\n"))


def drain_one(data: bytes) -> FeedRow:
    reader = FeedReader()
    reader.push(data)
    row = reader.next_row()
    assert row is not None
    return row
