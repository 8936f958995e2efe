"""What got no picture, as a table: the rows that failed, and those that the template skips (code `skipped`).

`id`, `line` (in feeds of text), `variant`, `code`, `cause`, `field`, `value`, `message`. A value is what stood in the row, 64 characters of it; of a URL, what stands before its query.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

import pyarrow as pa

SCHEMA = pa.schema(
    [
        ("id", pa.string()),
        ("line", pa.int64()),
        ("variant", pa.string()),
        ("code", pa.string()),
        ("cause", pa.string()),
        ("field", pa.string()),
        ("value", pa.string()),
        ("message", pa.string()),
    ]
)

_LONGEST = 64
_FIELD = re.compile(r"field ([^.\[]+)")


def refused(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row that the feed's reader could not read: of `line`, `id` and `error`."""
    return _reject(row, None, row["error"], {})


def failed(source: Mapping[str, Any], variant: str | None, error: Mapping[str, Any]) -> dict[str, Any]:
    """A row that could not be drawn."""
    return _reject(source, variant, error, cells(source))


def skipped(source: Mapping[str, Any], variant: str | None, reason: str) -> dict[str, Any]:
    """A row that the template does not want to be drawn."""
    return _reject(source, variant, {"code": "skipped", "cause": "row", "place": "", "message": reason}, {})


def cells(source: Mapping[str, Any]) -> Mapping[str, Any]:
    """The columns of a row, where it stands in one column as JSON too."""
    text = source.get("row")
    if isinstance(text, str) and "line" in source:
        loaded = json.loads(text)
        return loaded if isinstance(loaded, dict) else {}
    return source


def table(found: list[dict[str, Any]]) -> pa.Table:
    """As Arrow."""
    return pa.Table.from_pylist(found, SCHEMA)


def _reject(
    source: Mapping[str, Any], variant: str | None, error: Mapping[str, Any], row: Mapping[str, Any]
) -> dict[str, Any]:
    named = _FIELD.match(error["place"] or "")
    field = named.group(1) if named else None
    value = row.get(field) if field else None
    if field is None and error["cause"] == "resource":
        field, value = _named_in(row, error["message"])
    return {
        "id": source["id"],
        "line": source.get("line"),
        "variant": variant,
        "code": error["code"],
        "cause": error["cause"],
        "field": field,
        "value": None if value is None else _shown(value),
        "message": f"{error['place']}: {error['message']}" if error["place"] and not named else error["message"],
    }


def _named_in(row: Mapping[str, Any], message: str) -> tuple[str | None, Any]:
    """The column whose value a message about a picture names."""
    for field, value in row.items():
        if isinstance(value, str) and value and _shown(value).removesuffix("...") in message:
            return field, value
    return None, None


def _shown(value: object) -> str:
    """
    >>> _shown("https://cdn.example/a.jpg?token=1"), _shown("x" * 70)[-4:], _shown(b"12")
    ('https://cdn.example/a.jpg?...', 'x...', '2 bytes')
    """
    if isinstance(value, bytes):
        return f"{len(value)} bytes"
    text = str(value)
    if "://" in text and "?" in text:
        return text[: min(text.index("?"), _LONGEST)] + "?..."
    return text if len(text) <= _LONGEST else text[:_LONGEST] + "..."
