"""Feeds as files: bytes out of a path, a file or an iterator come in piece by piece, rows go out as soon as they are
whole.

What a feed may look like is the core's to know. Here a name's end says which format is meant and how it is compressed;
nothing is held in memory but a piece and a row.
"""

from __future__ import annotations

import bz2
import gzip
import lzma
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Protocol, runtime_checkable

from ._templrender import FeedReader, FeedRow

_PIECE_BYTES = 256 << 10
# Of an xz's dictionary: its header may ask for 4 GiB.
_MAX_DICTIONARY_BYTES = 256 << 20
_FORMATS = {
    ".csv": "delimited",
    ".tsv": "delimited",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".xml": "xml",
    ".rss": "xml",
    ".atom": "xml",
}


@runtime_checkable
class BinaryFile(Protocol):
    """What is read piece by piece: an open file, an HTTP answer's stream, a file of fsspec's."""

    def read(self, size: int, /) -> bytes:
        """At most so many bytes; none at the end."""


FeedSource = str | os.PathLike[str] | BinaryFile | Iterable[bytes]


def read_feed(source: FeedSource, *, format: str | None = None, encoding: str | None = None) -> Iterator[FeedRow]:
    """The rows of a feed, in order: CSV, TSV, JSON Lines, RSS or Atom with Google's and Meta's names. A row that is
    none has its `error` and stands between the others.

    >>> import templrender as tr
    >>> rows = list(tr.read_feed("templates/product-sale/rows/feed.tsv"))
    >>> len(rows), rows[0].id, rows[0].row["price"]
    (30, 'GB-0001', '6.50 GBP')
    >>> [row.row["title"] for row in tr.read_feed([b"id,title,pri", b"ce\\n1,Honey,6.90 EUR\\n"])]
    ['Honey']

    Args:
        source: A path, whose end says the format and `.gz`, `.bz2` or `.xz`; a file that was opened in binary mode; or
            pieces of bytes.
        format: `"delimited"` (CSV, TSV), `"jsonl"` or `"xml"`. None: by the path's end, or else by the first bytes.
        encoding: Such as `"windows-1252"`. None: what the feed says of itself.

    Raises:
        OSError: A file that cannot be read, or whose compression is broken.
        RowError: A feed that is none, after the rows before the place where that shows.
    """
    named = format or (_format(source) if isinstance(source, (str, os.PathLike)) else None)
    reader = FeedReader(named, encoding=encoding)
    for piece in _pieces(source):
        reader.push(piece)
        yield from _whole(reader)
    reader.finish()
    yield from _whole(reader)


def _whole(reader: FeedReader) -> Iterator[FeedRow]:
    while (row := reader.next_row()) is not None:
        yield row
    if reader.fault is not None:
        raise reader.fault


def _format(path: str | os.PathLike[str]) -> str | None:
    suffixes = [suffix.lower() for suffix in Path(path).suffixes]
    if suffixes and suffixes[-1] in (".gz", ".bz2", ".xz"):
        suffixes.pop()
    if suffixes and suffixes[-1] == ".parquet":
        raise ValueError(
            "a feed must be text, found Parquet: read it with pyarrow or polars, and give the table to check"
        )
    return _FORMATS.get(suffixes[-1]) if suffixes else None


def _pieces(source: FeedSource) -> Iterator[bytes]:
    if isinstance(source, (str, os.PathLike)):
        yield from _file_pieces(Path(source))
    elif isinstance(source, (bytes, bytearray, memoryview)):
        raise TypeError("a feed's bytes must come as a list of pieces or a file (io.BytesIO), found one piece")
    elif isinstance(source, BinaryFile):
        yield from _read_pieces(source)
    else:
        yield from map(_as_bytes, source)


def _file_pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        match path.suffix.lower():
            case ".gz":
                with gzip.GzipFile(fileobj=file) as unpacked:
                    yield from _unpacked(unpacked, path)
            case ".bz2":
                with bz2.BZ2File(file) as unpacked:
                    yield from _unpacked(unpacked, path)
            case ".xz":
                yield from _xz_pieces(file, path)
            case _:
                yield from _read_pieces(file)


def _unpacked(file: BinaryFile, path: Path) -> Iterator[bytes]:
    try:
        yield from _read_pieces(file)
    except EOFError:
        raise OSError(f"{path}: the compressed data ends too early") from None


def _xz_pieces(file: BinaryFile, path: Path) -> Iterator[bytes]:
    """The same of an xz, which `lzma.LZMAFile` would read with any dictionary."""
    decoder = None
    left = b""
    try:
        while data := left or file.read(_PIECE_BYTES):
            if decoder is None:
                # Zeros between streams.
                data = data.lstrip(b"\0")
                decoder = lzma.LZMADecompressor(memlimit=_MAX_DICTIONARY_BYTES) if data else None
            while decoder is not None and not decoder.eof:
                piece = decoder.decompress(data, _PIECE_BYTES)
                data = b""
                if piece:
                    yield piece
                elif decoder.needs_input:
                    break
            left = b""
            if decoder is not None and decoder.eof:
                left, decoder = decoder.unused_data, None
    except lzma.LZMAError as error:
        raise OSError(f"{path}: {error}") from None
    if decoder is not None:
        raise OSError(f"{path}: the compressed data ends too early")


def _read_pieces(file: BinaryFile) -> Iterator[bytes]:
    while piece := _as_bytes(file.read(_PIECE_BYTES)):
        yield piece


def _as_bytes(piece: object) -> bytes:
    if not isinstance(piece, (bytes, bytearray, memoryview)):
        raise TypeError(f"a feed must be read as bytes, found {type(piece).__name__}")
    return bytes(piece)
