"""What the command lines of this package read alike."""

from __future__ import annotations

import argparse
import re


class Between:
    """An integer within bounds.

    >>> Between(1, 16)("12")
    12
    """

    def __init__(self, least: int, most: int) -> None:
        self._least, self._most = least, most

    def __call__(self, text: str) -> int:
        if not re.fullmatch(r"\d{1,20}", text) or not self._least <= int(text) <= self._most:
            raise argparse.ArgumentTypeError(f"must be {self._least} to {self._most}, found {text[:64]!r}")
        return int(text)


class UpTo:
    """A number above nought with a bound, of a unit.

    >>> UpTo(60, "seconds")("2.5")
    2.5
    """

    def __init__(self, most: float, unit: str = "") -> None:
        self._most, self._unit = most, f" {unit}" if unit else ""

    def __call__(self, text: str) -> float:
        try:
            number = float(text)
        except ValueError:
            number = 0.0
        if not 0 < number <= self._most:
            raise argparse.ArgumentTypeError(
                f"must be more than 0 and at most {self._most:.0f}{self._unit}, found {text[:64]!r}"
            )
        return number
