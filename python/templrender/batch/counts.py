"""How many: what a part's file says about itself, and what a run says in the end."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields


@dataclass(frozen=True)
class Counts:
    """Of rows, and of pictures. Each row and variant is either a picture, skipped or failed; a row that the feed's reader refused failed once."""

    rows: int = 0
    pictures: int = 0
    # Of the pictures, those that were drawn by this run.
    drawn: int = 0
    # Of the pictures, those that lack a photo which the template can do without.
    incomplete: int = 0
    skipped: int = 0
    failed: int = 0
    # Of the failed, those whose row is right, and whose photos could not be had.
    unfound: int = 0
    # Of the pictures that were drawn.
    bytes: int = 0

    def __add__(self, other: Counts) -> Counts:
        """
        >>> Counts(rows=1) + Counts(rows=2, failed=1) == Counts(rows=3, failed=1)
        True
        """
        return Counts(**{field.name: getattr(self, field.name) + getattr(other, field.name) for field in fields(self)})

    def to_json(self) -> str:
        """As an object of its numbers."""
        return json.dumps(asdict(self))

    @staticmethod
    def from_json(text: str) -> Counts:
        """The same back."""
        return Counts(**json.loads(text))
