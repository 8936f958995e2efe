"""What a type checker knows of the functions that are written in Python."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import assert_type

import templrender as tr


def draw(card: tr.Bundle, row: dict[str, str]) -> None:
    assert_type(tr.open("card"), tr.Bundle)
    assert_type(tr.open(Path("card.zip"), fonts=["fonts"], limits=tr.Limits()), tr.Bundle)
    assert_type(tr.render(card, row, variant="story", now=0, timeout=1.0), tr.Rendered)
    assert_type(tr.render("card", tr.Row(row), loader=tr.Loader(timeout=2.0), root=Path(".")), tr.Rendered)
    assert_type(
        tr.render(tr.Template("{}"), {"photo": b"", "price": tr.Money("6.90", "EUR"), "tags": [1, None]}), tr.Rendered
    )
    assert_type(asyncio.run(tr.arender(card, row)), tr.Rendered)
    tr.render(card, ["a"])  # type: ignore[arg-type]


def find(loader: tr.Loader) -> None:
    assert_type(loader.get(["a.png"]), dict[str, bytes | tr.LoadError])
    for answer in loader.get(["a.png"], beside=[Path(".")], timeout=1).values():
        if isinstance(answer, tr.LoadError):
            assert_type(answer.status, int | None)
        else:
            assert_type(answer, bytes)
    with tr.Loader(root=None, retries=0) as inner:
        assert_type(inner, tr.Loader)


def feeds(path: Path) -> None:
    assert_type(tr.read_feed(path), Iterator[tr.FeedRow])
    tr.read_feed([b"id,title"], format="delimited")
    with path.open("rb") as file:
        tr.read_feed(file, encoding="utf-8")
    with path.open() as text:
        tr.read_feed(text)  # type: ignore[arg-type]
    assert_type(tr.check("card", path, variants=[None, "story"], channel="google"), tr.CheckReport)
    assert_type(tr.check("card", [{"title": "a"}]), tr.CheckReport)
