"""Whether bytes are a photo that we take: by decoding them, whatever the browser calls them."""

from __future__ import annotations

import math

import templrender as tr

KINDS = {b"\xff\xd8\xff": "image/jpeg", b"\x89PNG\r\n\x1a\n": "image/png"}
LEAST_PX = 32


class PhotoError(ValueError):
    """Why not, as its owner is told."""


def look_at(data: bytes, max_pixels: int) -> tuple[str, tuple[int, int]]:
    """The media type and the size of the upright photo.

    >>> look_at(b"<svg/>", 1000)
    Traceback (most recent call last):
    photo.PhotoError: a photo must be a JPEG, a PNG or a WebP
    """
    kind = next((kind for begin, kind in KINDS.items() if data.startswith(begin)), None)
    if kind is None and data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        kind = "image/webp"
    if kind is None:
        raise PhotoError("a photo must be a JPEG, a PNG or a WebP")
    try:
        size = tr.Frame.decode(data, limits=tr.Limits(max_pixels=max_pixels)).size
    except tr.Error as error:
        raise PhotoError(f"the photo cannot be read: {error.faults[0].message}") from None
    if min(size) < LEAST_PX:
        raise PhotoError(f"a photo must be at least {LEAST_PX} px wide and high, found {size[0]} x {size[1]}")
    return kind, size


def crop(text: str, size: tuple[int, int]) -> str | None:
    """The box that was drawn, `left top width height` in px, within the photo; None where there is none.

    >>> crop("-10 20 300 99999", (640, 480)), crop("", (640, 480))
    ('0 20 290 460', None)
    """
    if not text.strip():
        return None
    try:
        left, top, width, height = (float(part) for part in text.split())
    except ValueError:
        raise PhotoError("a box must be four numbers: left, top, width, height") from None
    if not all(math.isfinite(number) and abs(number) < 1e6 for number in (left, top, width, height)):
        raise PhotoError("a box must lie in the photo")
    right, bottom = round(min(left + width, size[0])), round(min(top + height, size[1]))
    left, top = round(max(left, 0.0)), round(max(top, 0.0))
    box = [left, top, right - left, bottom - top]
    if min(box[2:]) < LEAST_PX:
        raise PhotoError(f"a box must be at least {LEAST_PX} px wide and high in the photo")
    return " ".join(map(str, box))
