"""The bytes of an answer, counted while they arrive and, where they are compressed, while they come out.

Compressed answers are not asked for. They are read all the same, since storage services hand out what was uploaded with
`Content-Encoding: gzip` whatever is asked.
"""

from __future__ import annotations

import zlib
from collections.abc import AsyncIterable, Mapping

from ._load_error import LoadError


async def read_body(headers: Mapping[str, str], body: AsyncIterable[bytes], limit: int) -> bytes:
    """All of a body, at most `limit` bytes; headers are by name in lower case."""
    announced = headers.get("content-length", "")
    # Longer numbers than Python reads at once are over every limit.
    if announced.isascii() and announced.isdigit() and (len(announced) > 18 or int(announced) > limit):
        raise LoadError(f"picture has {announced[:20]} bytes, over the limit of {limit}")
    coding = headers.get("content-encoding", "").lower()
    if coding in ("", "identity"):
        inflate = None
    elif coding in ("gzip", "x-gzip"):
        inflate = zlib.decompressobj(16 + zlib.MAX_WBITS)
    else:
        raise LoadError("the answer is compressed in a way that was not asked for", is_transient=True)
    taken = bytearray()
    async for data in body:
        taken += _inflated(inflate, data, limit - len(taken)) if inflate else data
        if len(taken) > limit:
            raise LoadError(f"picture has more bytes than the limit of {limit}")
    if inflate and not inflate.eof:
        raise _broken()
    return bytes(taken)


def _inflated(inflate: zlib._Decompress, data: bytes, left: int) -> bytes:
    """What comes out of a piece, at most one byte more than there is room for."""
    try:
        out = inflate.decompress(data, left + 1)
    except zlib.error:
        raise _broken() from None
    if inflate.unused_data:
        raise _broken()
    return out


def _broken() -> LoadError:
    return LoadError("the answer's gzip data is broken", is_transient=True)
