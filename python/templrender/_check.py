"""`check`: what would fail, be cut or be missing, before a picture is drawn. A template and a feed, rows or Arrow go
in; a report comes out.

Rows are planned and laid out without pixels, and pictures are not looked for: what they would be is not the template's
doing.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from . import _templrender as _native
from ._feeds import BinaryFile, read_feed
from ._open import open as open_template
from ._render import AnyTemplate
from ._templrender import Bundle, Checker, CheckReport, FeedRow, Pack, Row, Template

CheckedRows = str | os.PathLike[str] | BinaryFile | Iterable[FeedRow | Row | Mapping[str, Any]]


def check(
    template: AnyTemplate,
    rows: CheckedRows | Any,
    *,
    variants: Sequence[str | None] = (None,),
    channel: str | None = None,
    now: datetime | float | None = None,
    lang: str | None = None,
    time_zone: str | None = None,
) -> CheckReport:
    """Lays out every row of a feed and says what happened, as `templrender check TEMPLATE FEED` does; docs/check.md
    explains it.

    >>> import templrender as tr
    >>> report = tr.check("templates/product-sale", "templates/product-sale/rows/feed.tsv", now=1_790_000_000)
    >>> report.rows, report.failed
    (30, 0)
    >>> rows = [{"name": "Aster honey", "price": "€6.90", "photo": "a.jpg"}, {"name": "Tea"}]
    >>> tr.check("templates/product-ad", rows).failed
    1

    Args:
        template: What `open` takes, or what it gave.
        rows: A feed's path or file, what `read_feed` gave, rows or dicts; or Arrow: a table, a record batch or a stream
            of them, which all cores share.
        variants: Which variants are laid out; None is the base.
        channel: Whose rules are held against template and rows as well, such as `"google"`.
        now: The time of the check. None: the clock.
        lang: As for `render`.
        time_zone: As for `render`.
    """
    checked = template if isinstance(template, (Bundle, Template)) else open_template(template)
    now = time.time() if now is None else now
    if hasattr(rows, "__arrow_c_stream__") or hasattr(rows, "__arrow_c_array__"):
        bundle = checked if isinstance(checked, Bundle) else _bundle(checked)
        return _native.check_batches(
            bundle, rows, variants=variants, channel=channel, now=now, lang=lang, time_zone=time_zone
        )
    checker = Checker(checked, variants=variants, channel=channel, now=now, lang=lang, time_zone=time_zone)
    for row in read_feed(rows) if isinstance(rows, (str, os.PathLike, BinaryFile)) else rows:
        if not isinstance(row, FeedRow):
            named = row.get("id") if isinstance(row, Mapping) else None
            checker.row(row, id="" if named is None else str(named))
        elif row.error is not None:
            checker.failed(row.error, line=row.line, id=row.id or "")
        elif row.row is not None:
            checker.row(row.row, line=row.line, id=row.id or "")
    return checker.finish()


def _bundle(template: Template) -> Bundle:
    """A template that has no files."""
    pack = Pack(limits=template.limits)
    pack.add("template.json", template.json.encode())
    return pack.open()
