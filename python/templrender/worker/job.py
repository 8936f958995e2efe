"""A job as it stands in the queue: JSON comes in, a checked `Job` goes out, or a `JobError` that names the field.

The id is made of the idempotency key. Whoever files the same key again has filed the same job, whatever else is in it.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any
from urllib.parse import urlsplit

# Of a job's JSON. A row beyond it would be refused by the core's own limits soon after.
MAX_BYTES = 256 * 1024
UPLOAD = "upload:"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
_UPLOADED = re.compile(r"upload:[0-9a-f]{2}/[0-9a-f]{32}\.(?:jpg|png|webp)")
_ADDRESS = re.compile(
    r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)*[A-Za-z0-9-]{1,63}"
)
_FORMATS = ("jpeg", "png", "webp")


class JobError(ValueError):
    """A job that nobody should file: its field, the rule and what was found."""


@dataclass(frozen=True)
class Job:
    """What is to be drawn, of what, and who gets it.

    >>> job = Job(key="order-17", template="product-ad", row={"name": "Aster honey"}, to="bee@example.org")
    >>> Job.from_json(job.to_json()) == job
    True
    >>> job.id
    '6d3521441e7c485efefa7e8358c03486'
    >>> Job.from_json('{ "key": "1", "template": "../etc" }')
    Traceback (most recent call last):
    templrender.worker.job.JobError: template must be a name of letters, digits, "-" and "_", found '../etc'
    """

    key: str
    """The idempotency key, 1 to 200 characters: what is filed twice under it is drawn and mailed once."""
    template: str
    """Its name among the worker's templates."""
    row: Mapping[str, Any] = field(default_factory=dict)
    """What the template is filled with: JSON."""
    picture: str | None = None
    """The photo: `upload:` and the name that it was stored under, or an http(s) URL."""
    field: str = "photo"
    """The row's column that the photo is put into."""
    to: str | None = None
    """Who gets a mail about it. None: nobody does, and the status tells."""
    variant: str | None = None
    """One of the template's variants."""
    format: str | None = None
    """`jpeg`, `png` or `webp` in place of the template's."""
    lang: str | None = None
    """The language of the row, BCP 47."""
    needs_face: bool = True
    """Whether a template that looks for a face may not go out without one."""

    def __post_init__(self) -> None:
        _must(_printable(self.key, 200), "key", "1 to 200 printable characters", self.key)
        _must(_named(self.template), "template", 'a name of letters, digits, "-" and "_"', self.template)
        _must(isinstance(self.row, Mapping), "row", "an object", self.row)
        _must(
            self.picture is None or _is_picture(self.picture),
            "picture",
            "an upload's name or an http(s) URL",
            self.picture,
        )
        _must(_printable(self.field, 64), "field", "the name of a column, 1 to 64 characters", self.field)
        _must(self.to is None or is_address(self.to), "to", "a mail address", self.to)
        _must(self.variant is None or _printable(self.variant, 64), "variant", "a variant's name", self.variant)
        _must(self.format in (None, *_FORMATS), "format", "jpeg, png or webp", self.format)
        _must(self.lang is None or _printable(self.lang, 35), "lang", "a language tag", self.lang)
        _must(isinstance(self.needs_face, bool), "needs_face", "true or false", self.needs_face)
        if len(self.to_json().encode()) > MAX_BYTES:
            raise JobError(f"a job must have at most {MAX_BYTES} bytes, found {len(self.to_json().encode())}")

    @property
    def id(self) -> str:
        """32 hex digits of the key: what the job is called everywhere. Who can guess the key can ask for the status."""
        return hashlib.blake2b(self.key.encode(), digest_size=16, person=b"templrender-job").hexdigest()

    @property
    def upload(self) -> str | None:
        """The name of its upload, where it has one."""
        return self.picture.removeprefix(UPLOAD) if self.picture and self.picture.startswith(UPLOAD) else None

    def to_json(self) -> str:
        """One line, without what has its default."""
        fields = {name: value for name, value in asdict(self).items() if value != _DEFAULTS.get(name)}
        try:
            return json.dumps(fields, ensure_ascii=False, allow_nan=False, separators=(",", ":"), sort_keys=True)
        except (TypeError, ValueError) as error:
            raise JobError(f"row must be JSON, found {str(error)[:64]}") from None

    @staticmethod
    def from_json(text: str) -> Job:
        """Reads a job and checks every field."""
        if len(text.encode()) > MAX_BYTES:
            raise JobError(f"a job must have at most {MAX_BYTES} bytes, found {len(text.encode())}")
        try:
            found = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise JobError(f"a job must be JSON: {error}") from None
        if not isinstance(found, dict):
            raise JobError(f"a job must be an object, found {type(found).__name__}")
        for name in ("key", "template"):
            _must(name in found, name, "there", None)
        for name in found:
            if name not in Job.__dataclass_fields__:
                raise JobError(f"a job has no field {name[:64]!r}")
        return Job(**found)


def is_address(text: object) -> bool:
    """Whether it is one mail address that fits into a header and an envelope: ASCII, at most 254 characters, no quoting.

    >>> is_address("bee@example.org"), is_address("bee@example.org\\r\\nBcc: all@example.org"), is_address("bee")
    (True, False, False)
    """
    return isinstance(text, str) and len(text) <= 254 and _ADDRESS.fullmatch(text) is not None and ".." not in text


def _is_picture(picture: object) -> bool:
    if not _printable(picture, 4096):
        return False
    text = str(picture)
    if text.startswith(UPLOAD):
        return _UPLOADED.fullmatch(text) is not None
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname)


def _printable(text: object, most: int) -> bool:
    return isinstance(text, str) and 1 <= len(text) <= most and text.isprintable()


def _named(text: object) -> bool:
    return isinstance(text, str) and _NAME.fullmatch(text) is not None


def _must(holds: bool, name: str, rule: str, found: object) -> None:
    if not holds:
        raise JobError(f"{name} must be {rule}, found {str(found)[:64]!r}")


_DEFAULTS: dict[str, Any] = {
    "row": {},
    "picture": None,
    "field": "photo",
    "to": None,
    "variant": None,
    "format": None,
    "lang": None,
    "needs_face": True,
}
