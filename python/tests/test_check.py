"""Checks: every row is counted, what fails is counted and not raised, and the report is the same whoever reads it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from templrender import (
    ArgumentError,
    Checker,
    CheckReport,
    FeedReader,
    Fonts,
    HostError,
    Pack,
    Renderer,
    RowError,
    Template,
    TemplateError,
)

TEMPLATE = Template(
    """{ "templrender": 1, "name": "t", "size": [200, 100], "fonts": ["Noto Sans"],
    "fields": { "title": { "type": "text", "required": true }, "price": { "type": "money" }, "sold": { "type": "bool" } },
    "skip-if": "'sold out' if sold",
    "layers": [
        { "id": "title", "type": "text", "text": "{{ title }}", "width": 200, "height": 30, "font-size": 20, "line-clamp": 1 },
        { "id": "badge", "type": "box", "if": "price", "width": 20, "height": 20, "background": "red" } ],
    "variants": { "tall": { "size": [100, 200] } } }"""
)


def test_rows_are_counted() -> None:
    checker = Checker(TEMPLATE, variants=[None, "tall"])
    checker.row({"title": "Aster honey", "price": "6.90 EUR"}, line=2, id="a")
    checker.row({"title": "Aster honey out of the high hills, 340 g"}, line=3, id="b")
    checker.row({"title": "Aster honey", "price": "free"}, line=4, id="c")
    checker.row({"title": "Aster honey", "sold": True}, line=5, id="d")
    checker.failed(RowError(), line=6, id="e")
    report = checker.finish()
    assert (report.rows, report.failed, report.skipped) == (5, 2, 1)
    assert (report.count("failed"), report.count("bad-field"), report.count("text-cut"), report.count("bug")) == (
        2,
        1,
        1,
        1,
    )
    assert repr(report) == "<CheckReport: 5 rows, 2 failed, 1 skipped>"
    text = str(report)
    assert "t: 5 rows read, 2 failed, 1 skipped" in text and "first line 4 (c)" in text
    worst = report.worst[0]
    assert (worst.variant, worst.layer, worst.reason, worst.line, worst.id) == (None, "title", "longest-text", 3, "b")
    assert worst.value == 40 and worst == report.worst[0] and "title longest-text 40" in repr(worst)
    told = json.loads(report.to_json())
    assert (told["rows"], told["failed"], told["skipped"]) == (5, 2, 1)
    with pytest.raises(ArgumentError, match="a checker must not be used after finish"):
        checker.finish()
    with pytest.raises(ArgumentError, match="a checker must not be used after finish"):
        checker.row({})


@settings(max_examples=20)
@given(st.lists(st.sampled_from(["", "Aster honey", "x" * 100]), max_size=8))
def test_a_report_does_not_depend_on_the_order(titles: list[str]) -> None:
    def of(order: list[tuple[int, str]]) -> CheckReport:
        checker = Checker(TEMPLATE)
        for line, title in order:
            checker.row({"title": title}, line=line, id=str(line))
        return checker.finish()

    rows = list(enumerate(titles, 1))
    forwards, backwards = of(rows), of(rows[::-1])
    assert forwards.to_json() == backwards.to_json() and str(forwards) == str(backwards)
    assert forwards.rows == len(titles) and forwards.failed == titles.count("")


def test_lines_are_counted_where_none_are_given() -> None:
    checker = Checker(TEMPLATE)
    checker.row({"title": "a"})
    checker.row({})
    assert "first line 2" in str(checker.finish())


def test_a_bundle_is_checked_with_its_own_fonts_and_a_channel() -> None:
    folder = Path("templates/product-sale")
    pack = Pack()
    pack.add("template.json", (folder / "template.json").read_bytes())
    for font in sorted((folder / "fonts").iterdir()):
        pack.add(f"fonts/{font.name}", font.read_bytes())
    now = 1_795_262_400
    for path in pack.wanted(now=now):
        pack.add(path, (folder / path).read_bytes())
    bundle = pack.open(now=now)
    checker = Checker(bundle, channel="google", now=now)
    alone = Checker(bundle.template, renderer=bundle.renderer, channel="google", now=now)
    reader = FeedReader()
    reader.push((folder / "rows/feed.tsv").read_bytes())
    reader.finish()
    while (row := reader.next_row()) is not None:
        assert row.row is not None
        for each in (checker, alone):
            each.row(row.row, line=row.line, id=row.id or "")
    report = checker.finish()
    assert (report.rows, report.failed) == (30, 0) and report.count("text-shrunk") == 7
    assert all(isinstance(line, str) for line in report.refused)
    assert alone.finish().to_json() == report.to_json()


def test_what_cannot_be_checked_is_told_at_once() -> None:
    with pytest.raises(ArgumentError, match='unknown channel "gogle", did you mean "google"'):
        Checker(TEMPLATE, channel="gogle")
    with pytest.raises(HostError, match="a variant must stand once, found tall twice"):
        Checker(TEMPLATE, variants=["tall", "tall"])
    with pytest.raises((HostError, TemplateError), match="wide"):
        Checker(TEMPLATE, variants=["wide"])
    with pytest.raises(TypeError, match="template must be a Bundle or a Template, found str"):
        Checker("t")  # type: ignore[arg-type]
    report = Checker(TEMPLATE, renderer=Renderer(Fonts())).finish()
    with pytest.raises(ArgumentError, match='code must be one that a check counts, found "shrunk"'):
        report.count("shrunk")
    assert all(report.count(code) == 0 for code in CheckReport.codes())
    assert {"failed", "text-cut", "bad-field"} <= set(CheckReport.codes())
