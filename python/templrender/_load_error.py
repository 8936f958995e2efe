"""Why a picture could not be loaded: one sentence that holds no URL, for parts of it may be secrets."""

from __future__ import annotations

import re
from collections.abc import Callable


class LoadError(Exception):
    """Why a picture is not to be had, from a file or from the web.

    >>> url = "https://cdn.example/a.jpg?token=1"
    >>> gone = LoadError("the server answered with status 404", location=url, status=404)
    >>> print(gone, gone.location, gone.is_transient)
    the server answered with status 404 https://cdn.example/a.jpg?… False
    """

    def __init__(
        self,
        reason: str,
        *,
        location: str = "",
        status: int | None = None,
        retry_after: float | None = None,
        is_transient: bool = False,
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        """The rule and the found value."""
        self.location = shown(location)
        """What was asked for, without a query and cut to 128 characters."""
        self.status = status
        """The status of the answer that brought no picture."""
        self.retry_after = retry_after
        """How many seconds the server wants to be left alone, where it said so."""
        self.is_transient = is_transient
        """Whether another try soon may end otherwise: time, connections, an overloaded or broken server."""

    def at(self, location: str) -> LoadError:
        """The same of another location."""
        return _remake(self.reason, location, self.status, self.retry_after, self.is_transient)

    def __reduce__(self) -> tuple[Callable[..., LoadError], tuple[object, ...]]:
        return _remake, (self.reason, self.location, self.status, self.retry_after, self.is_transient)


def _remake(reason: str, location: str, status: int | None, retry_after: float | None, is_transient: bool) -> LoadError:
    return LoadError(reason, location=location, status=status, retry_after=retry_after, is_transient=is_transient)


def shown(location: str) -> str:
    """A location as messages and logs may have it: secrets stand in queries, and before an `@`.

    >>> shown("https://cdn.example/a.jpg?token=secret")
    'https://cdn.example/a.jpg?…'
    >>> shown("https://me:secret@cdn.example/a.jpg")
    'https://…@cdn.example/a.jpg'
    """
    before, mark, query = location.partition("?")
    before = re.sub(r"//[^/]*@", "//…@", before)
    text = before + ("?…" if mark and query else mark)
    return text if len(text) <= 128 else text[:127] + "…"
