"""The exceptions: one class for each answer to "whose turn is it?", all of them `Error`.

Faults come in, from the native module or from Python, and an exception with their code, cause and text goes out. The classes stand in Python because
each derives from two, which a native class of the stable ABI cannot; `_templrender` has them, too, under the same names.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from templrender._templrender import Fault

__all__ = [
    "ArgumentError",
    "BugError",
    "Cancelled",
    "DeadlineError",
    "Error",
    "HostError",
    "ModelError",
    "RequestError",
    "ResourceError",
    "RowError",
    "TemplateError",
]


class Error(Exception):
    """Every failure of the library: one fault or more, in the order of the input, at most 100.

    Its text has a line for each fault: place, then the rule and the found value. Code, number, cause and status are those of the first.
    Errors can be pickled and copied, and be made by a host of its own `Fault`s.

    >>> import templrender
    >>> try:
    ...     templrender.Template('{ "templrender": 1, "name": "a", "size": [9, 9], "layers": [{ "type": "txt" }] }')
    ... except templrender.Error as error:
    ...     print(error)
    ...     print(error.code, error.number, error.cause, error.http_status)
    1:71: layers[0].type: unknown layer type "txt", did you mean "text"?
    bad-value 107 template 500
    """

    __module__ = "templrender"

    def __init__(self, *faults: Fault) -> None:
        from templrender._templrender import Fault as Native

        for fault in faults:
            if not isinstance(fault, Native):
                raise TypeError(f"an error must be made of faults, found {type(fault).__name__}")
        # not super(): OSError, behind TimeoutError, would take two arguments for errno and its text
        BaseException.__init__(self, *(faults[:100] or (Native("bug", "", "an error without a fault"),)))

    @property
    def faults(self) -> tuple[Fault, ...]:
        """What is wrong, at least one thing."""
        return self.args

    @property
    def code(self) -> str:
        """What kind of failure the first fault is: `"unknown-key"`; docs/errors.md has them all."""
        return self.faults[0].code

    @property
    def number(self) -> int:
        """The code as a number that is never given to another meaning: 102."""
        return self.faults[0].number

    @property
    def cause(self) -> str:
        """Whose turn it is: `"template"`, `"row"`, `"resource"`, `"host"`, `"request"` or `"bug"`."""
        return self.faults[0].cause

    @property
    def http_status(self) -> int:
        """The status of an answer to a request that fails so: 400."""
        return self.faults[0].http_status

    def to_json(self, request_id: str = "") -> str:
        """The body of the answer to a request that fails so, a line of JSON; the same from every host, without the queries of URLs.

        >>> from templrender import Fault, ResourceError
        >>> print(ResourceError(Fault("missing-resource", "resource a.jpg", "status 404")).to_json("r1"), end="")
        {"error":{"cause":"resource","code":"missing-resource","message":"status 404","number":301,"place":"resource a.jpg","request_id":"r1"}}
        """
        from templrender._templrender import _error_json

        return _error_json(self.faults, request_id)

    def __str__(self) -> str:
        return "\n".join(map(str, self.faults))

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), self.args, self.__dict__ or None


class TemplateError(Error, ValueError):
    """The designer's turn: the template is not right. Each fault has its line and column."""

    __module__ = "templrender"


class RowError(Error, ValueError):
    """The turn of whoever supplies the data: a row lacks a field, or holds what a field or a key cannot take."""

    __module__ = "templrender"


class ResourceError(Error):
    """The turn of whoever serves a picture, a font or a pack: it is missing, damaged, of an unknown format or too large."""

    __module__ = "templrender"


class HostError(Error):
    """The calling program's turn: an argument, a canvas beyond the limits, no fonts, a deadline."""

    __module__ = "templrender"


class ArgumentError(HostError, ValueError):
    """A value that the call does not take (code `bad-argument`); of a wrong type it is a `TypeError`."""

    __module__ = "templrender"


class ModelError(HostError):
    """A model did not run: its function raised (code `model-failed`; `__cause__` is what it raised), it would take too much (`model-limit`), or it is not there
    (`missing-model`). What it gives back wrongly is a `ResourceError` (`model-output`).

    >>> from templrender import Fault, ModelError
    >>> error = ModelError(Fault("model-failed", "model paint", "ValueError: no such style"))
    >>> print(error, error.cause, sep=", ")
    model paint: ValueError: no such style, host
    """

    __module__ = "templrender"


class DeadlineError(HostError, TimeoutError):
    """A picture was not done within its `timeout` (code `deadline-exceeded`)."""

    __module__ = "templrender"


class Cancelled(HostError):
    """A `Cancel` was set while a picture was made (code `cancelled`)."""

    __module__ = "templrender"


class RequestError(Error, ValueError):
    """The turn of whoever asks for a picture by its URL: it is malformed, too long, unsigned or over."""

    __module__ = "templrender"


class BugError(Error):
    """The library broke a promise of its own, every panic included. The place is a file and a line of its source."""

    __module__ = "templrender"
