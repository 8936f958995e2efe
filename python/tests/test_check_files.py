"""`check`: the same report from a path, a file, what `read_feed` gave, dicts and Arrow."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow
import pytest

import templrender as tr

FEED = Path("templates/product-sale/rows/feed.tsv")
NOW = 1_790_000_000


def test_a_feed_is_checked_however_it_is_given() -> None:
    sale = tr.open("templates/product-sale")
    report = tr.check(sale, FEED, now=NOW)
    assert (report.rows, report.failed) == (30, 0)
    with FEED.open("rb") as file:
        by_file = tr.check(sale, file, now=NOW).to_json()
    assert json.loads(report.to_json()) == json.loads(by_file)
    assert tr.check("templates/product-sale", tr.read_feed(FEED), now=NOW).to_json() == report.to_json()
    assert str(report).startswith("product-sale: 30 rows read, 0 failed")


def test_rows_are_counted_and_named() -> None:
    rows = [
        {"id": "a", "name": "Aster honey", "price": "€6.90", "photo": "a.jpg"},
        {"id": "b", "name": "Tea"},
        tr.Row(name="Jam"),
    ]
    report = tr.check("templates/product-ad", rows)
    assert (report.rows, report.failed) == (3, 2)
    assert "line 2 (b)" in str(report)
    alone = tr.check(tr.Template('{ "templrender": 1, "name": "a", "size": [9, 9], "layers": [] }'), iter([{}, {}]))
    assert alone.rows == 2
    by_arrow = tr.check(
        tr.Template('{ "templrender": 1, "name": "a", "size": [9, 9], "layers": [] }'), pyarrow.table({"a": [1]})
    )
    assert by_arrow.rows == 1


def test_records_that_are_no_rows_are_counted(tmp_path: Path) -> None:
    feed = tmp_path / "feed.csv"
    feed.write_text("id,title,price,image_link\n1,Honey,6.90 EUR,a.jpg\n2,Tea\n")
    report = tr.check("templates/product-sale", feed)
    assert (report.rows, report.failed) == (2, 1)


def test_arrow_is_checked_as_dicts_are() -> None:
    rows = [{"id": str(i), "name": "Aster honey " * i, "price": "€6.90", "photo": "a.jpg"} for i in range(1, 20)]
    table = pyarrow.Table.from_pylist(rows)
    by_arrow = tr.check("templates/product-ad", table)
    by_dicts = tr.check("templates/product-ad", rows)
    assert json.loads(by_arrow.to_json()) == json.loads(by_dicts.to_json())


def test_arguments_are_held_to_their_rules() -> None:
    with pytest.raises(tr.Error):
        tr.check("templates/product-ad", [], variants=["tall"])
    with pytest.raises(ValueError, match="channel"):
        tr.check("templates/product-ad", [], channel="pigeon post")
    with pytest.raises((TypeError, tr.Error)):
        tr.check("templates/product-ad", [b"id,title"])
