"""How far a run is: one line on a terminal, nothing elsewhere."""

from __future__ import annotations

import sys
import time
from typing import TextIO

from .counts import Counts

_WIDTH = 24
_EVERY_S = 0.2


class Progress:
    """A line that is written again, on a terminal alone."""

    def __init__(self, out: TextIO | None = None) -> None:
        self._out = sys.stderr if out is None else out
        self._shown = self._out.isatty()
        self._begun = time.monotonic()
        self._last = 0.0

    def show(self, counts: Counts, read: float) -> None:
        """Says how many there are and, by the share of the feed that is read, how long it will take."""
        now = time.monotonic()
        if not self._shown or now - self._last < _EVERY_S:
            return
        self._last = now
        self._out.write("\r" + line(counts, read, now - self._begun) + "\x1b[K")
        self._out.flush()

    def end(self) -> None:
        """Takes the line away."""
        if self._shown and self._last:
            self._out.write("\r\x1b[K")
            self._out.flush()


def line(counts: Counts, read: float, seconds: float) -> str:
    """
    >>> line(Counts(rows=500, drawn=480, pictures=490, failed=10, bytes=9_600_000), 0.25, 60)
    '[######                  ]  25%, 500 rows, 8/s, 490 pictures, 10 failed, 9.6 MB, 3 min left'
    """
    share = min(max(read, 0.0), 1.0)
    bar = "#" * int(share * _WIDTH)
    left = f", {duration(seconds * (1 - share) / share)} left" if share > 0 else ""
    return (
        f"[{bar:{_WIDTH}}] {share:4.0%}, {counts.rows:,} rows, {counts.rows / max(seconds, 0.001):,.0f}/s, {counts.pictures:,} pictures, "
        f"{counts.failed:,} failed, {size(counts.bytes)}{left}"
    )


def duration(seconds: float) -> str:
    """
    >>> duration(5), duration(200), duration(20_000), duration(1e6)
    ('5 s', '3 min', '5.6 h', '11.6 days')
    """
    if seconds < 100:
        return f"{seconds:.0f} s"
    if seconds < 6_000:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h" if seconds < 360_000 else f"{seconds / 86_400:.1f} days"


def size(nbytes: float) -> str:
    """
    >>> size(999), size(9_600_000), size(2.5e12)
    ('999 B', '9.6 MB', '2.5 TB')
    """
    for unit in ("B", "kB", "MB", "GB"):
        if nbytes < 1000:
            return f"{nbytes:.0f} B" if unit == "B" else f"{nbytes:.1f} {unit}"
        nbytes /= 1000
    return f"{nbytes:.1f} TB"
