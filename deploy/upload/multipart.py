"""A form's fields out of the body of a POST: multipart/form-data (RFC 7578), bounded, without what a form of ours does not send. File names are not even read."""

from __future__ import annotations

import re

MAX_PARTS = 16
_MAX_HEAD = 2048
_BOUNDARY = re.compile(
    r'multipart/form-data\s*;\s*boundary=(?:"([^"\r\n]{1,70})"|([A-Za-z0-9\'()+_,./:=?-]{1,70}))\s*', re.I
)
_NAME = re.compile(rb'content-disposition:[ \t]*form-data;(?:[^\r\n]*?;)?[ \t]*name="([A-Za-z0-9_-]{1,64})"', re.I)


class FormError(ValueError):
    """A body that is no form of ours."""


def fields(content_type: str, body: bytes) -> dict[str, bytes]:
    """The fields by name.

    >>> body = b'--b\\r\\nContent-Disposition: form-data; name="to"\\r\\n\\r\\nbee@example.org\\r\\n--b--\\r\\n'
    >>> fields("multipart/form-data; boundary=b", body)
    {'to': b'bee@example.org'}
    """
    found = _BOUNDARY.fullmatch(content_type.strip())
    if found is None:
        raise FormError("a form must be multipart/form-data with a boundary")
    boundary = b"--" + (found[1] or found[2]).encode("latin-1", "replace")
    # The first boundary may stand at the very beginning; every other one is behind a line's end.
    first, *parts = (b"\r\n" + body).split(b"\r\n" + boundary, MAX_PARTS + 2)
    if first.strip() or not parts or not parts[-1].startswith(b"--"):
        raise FormError("a form must begin and end with its boundary")
    given: dict[str, bytes] = {}
    for part in parts[:-1]:
        if len(given) >= MAX_PARTS:
            raise FormError(f"a form must have at most {MAX_PARTS} fields")
        head, blank, value = part.partition(b"\r\n\r\n")
        if not blank or not head.startswith(b"\r\n") or len(head) > _MAX_HEAD:
            raise FormError("each part of a form must have a head and a value")
        name = _NAME.search(head)
        if name is None or name[1].decode() in given:
            raise FormError("each part of a form must have a name, and no other part may have it")
        given[name[1].decode()] = value
    return given
