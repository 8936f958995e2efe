"""`read_feed`: paths, compressed files, open files and pieces give the same rows; what is broken is told, and nothing
is unpacked whole.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import pickle
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import templrender as tr

FEED = Path("templates/product-sale/rows/feed.tsv")
SMALL = b"id,title,price\n1,Honey,6.90 EUR\n2,Tea,3.20 EUR\n"


def read(source: object, **more: str) -> list[tuple[int, str | None, object]]:
    return [(row.line, row.id, row.row) for row in tr.read_feed(source, **more)]  # type: ignore[arg-type]


def test_the_shipped_feed_is_read() -> None:
    rows = read(FEED)
    assert len(rows) == 30 and rows[0][1] == "GB-0001"
    assert read(str(FEED)) == rows
    with FEED.open("rb") as file:
        assert read(file) == rows


@pytest.mark.parametrize(
    ("suffix", "pack"), [(".gz", gzip.compress), (".bz2", bz2.compress), (".xz", lzma.compress), (".GZ", gzip.compress)]
)
def test_compressed_files_are_read_and_cut_ones_told(
    suffix: str, pack: Callable[[bytes], bytes], tmp_path: Path
) -> None:
    data = FEED.read_bytes()
    packed = pack(data)
    path = tmp_path / f"feed.tsv{suffix}"
    path.write_bytes(packed)
    assert read(path) == read(FEED)
    half = len(data) // 2
    path.write_bytes(pack(data[:half]) + pack(data[half:]))
    assert read(path) == read(FEED), "several streams are one file"
    for broken in (packed[: len(packed) // 2], packed[:-3], b"no such format"):
        path.write_bytes(broken)
        with pytest.raises(OSError):
            read(path)


def test_an_xz_that_asks_for_gigabytes_is_refused(tmp_path: Path) -> None:
    # The encoder would take all of that as well, so the header of a small one is changed: LZMA2's property 36 is 1 GiB.
    packed = bytearray(lzma.compress(SMALL, check=lzma.CHECK_NONE))
    packed[packed.index(b"\x21\x01") + 2] = 36
    end = 12 + (packed[12] + 1) * 4
    packed[end - 4 : end] = zlib.crc32(packed[12 : end - 4]).to_bytes(4, "little")
    path = tmp_path / "feed.csv.xz"
    path.write_bytes(packed)
    with pytest.raises(OSError, match="[Mm]emory"):
        read(path)


@pytest.mark.parametrize(("suffix", "pack"), [(".gz", gzip.compress), (".bz2", bz2.compress), (".xz", lzma.compress)])
def test_a_bomb_is_unpacked_piece_by_piece(
    suffix: str, pack: Callable[[bytes], bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / f"feed.csv{suffix}"
    path.write_bytes(pack(b"id,title\n" + b"".join(b"%d,%s\n" % (i, b"x" * 500) for i in range(4_000))))
    assert path.stat().st_size < 500_000
    pushed: list[int] = []

    class Counted:
        """A reader that tells what it is given."""

        def __init__(self, format: str | None, *, encoding: str | None) -> None:
            self._reader = tr.FeedReader(format, encoding=encoding)

        def push(self, data: bytes) -> None:
            pushed.append(len(data))
            self._reader.push(data)

        def __getattr__(self, name: str) -> object:
            return getattr(self._reader, name)

    monkeypatch.setattr("templrender._feeds.FeedReader", Counted)
    rows = tr.read_feed(path)
    assert sum(1 for _ in zip(range(100), rows, strict=False)) == 100
    assert sum(pushed) <= 256 << 10, "one piece, and not 2 MB"
    assert sum(1 for _ in rows) == 4_000 - 100
    assert max(pushed) <= 256 << 10 and sum(pushed) > 2_000_000


@given(st.integers(1, 40))
def test_pieces_of_any_size_give_the_same_rows(size: int) -> None:
    pieces = [SMALL[at : at + size] for at in range(0, len(SMALL), size)]
    assert read(pieces) == read(iter(pieces)) == read(io.BytesIO(SMALL)) == read([SMALL])
    assert [row for _, row, _ in read(pieces)] == ["1", "2"]


def test_pieces_are_taken_as_they_are_needed() -> None:
    taken = []

    def pieces() -> Iterator[bytes]:
        for line in SMALL.splitlines(keepends=True):
            taken.append(line)
            yield line

    rows = tr.read_feed(pieces())
    assert not taken, "nothing is read before it is asked for"
    assert next(rows).id == "1" and len(taken) <= 3


def test_the_name_says_the_format_and_the_argument_overrules_it(tmp_path: Path) -> None:
    lines = b'{"id": "1", "title": "Honey"}\n'
    for name in ("feed.jsonl", "feed.ndjson", "FEED.JSONL", "feed"):
        path = tmp_path / name
        path.write_bytes(lines)
        assert [(number, id) for number, id, _ in read(path)] == [(1, "1")], name
    path = tmp_path / "feed.txt"
    path.write_bytes("id\ttitle\n1\tGröße\n".encode("windows-1252"))
    assert [row.row and row.row["title"] for row in tr.read_feed(path, encoding="windows-1252")] == ["Größe"]
    with pytest.raises((ValueError, tr.Error)):
        read(path, format="spreadsheet")


def test_a_row_that_is_none_stands_between_the_others() -> None:
    rows = list(tr.read_feed([b"id,title,price\n1,Honey,6.90 EUR\n2,Tea\n3,Jam,4.10 EUR\n"]))
    assert [row.row is None for row in rows] == [False, True, False]
    assert isinstance(rows[1].error, tr.RowError) and rows[1].line == 3
    assert str(pickle.loads(pickle.dumps(rows[1].error))) == str(rows[1].error)


def test_what_is_no_feed_raises_after_the_rows_before_it() -> None:
    rows = tr.read_feed([b'{"id": "1"}\n', b"\xff\xfe broken"], format="jsonl")
    assert next(rows).id == "1"
    list(rows)  # a broken line is a row that is none
    with pytest.raises(tr.Error):
        list(tr.read_feed([b"<rss><channel><item><id>1</id></item></wrong>"], format="xml"))


def test_sources_of_other_types_are_refused() -> None:
    with pytest.raises(TypeError, match="bytes must come as a list of pieces"):
        read(SMALL)
    with pytest.raises(TypeError, match="read as bytes, found str"):
        read(io.StringIO(SMALL.decode()))
    with pytest.raises(TypeError, match="read as bytes, found str"):
        read(["id,title\n"])
    with pytest.raises(ValueError, match="found Parquet"):
        read("feed.parquet")
    with pytest.raises(FileNotFoundError):
        read("no-such-feed.csv")
