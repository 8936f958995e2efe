"""Shards and samples: every row in one of them, the same on every machine."""

from __future__ import annotations

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from templrender.batch.choice import sample, shard
from templrender.batch.feed import Piece, with_ids
from templrender.batch.parts import parts

IDS = st.lists(st.text(max_size=5), max_size=60)


def pieces(ids: list[str], sizes: list[int]) -> list[Piece]:
    """The ids in batches of these sizes, and what is left in one more."""
    found, start = [], 0
    for size in [*sizes, len(ids) + 1]:
        some = ids[start : start + size]
        start += size
        if some:
            found.append(
                Piece(
                    pa.record_batch(
                        {
                            "id": pa.array(some, pa.string()),
                            "n": pa.array(range(start - size, start - size + len(some))),
                        }
                    ),
                    0.5,
                )
            )
    return found


def of(found: object, name: str = "n") -> list[object]:
    return [value for piece in found for value in piece.rows.column(name).to_pylist()]  # type: ignore[attr-defined]


@settings(deadline=None)
@given(ids=IDS, sizes=st.lists(st.integers(1, 9), max_size=9), count=st.integers(1, 7))
def test_shards_part_the_rows(ids: list[str], sizes: list[int], count: int) -> None:
    shards = [of(shard(pieces(ids, sizes), "id", index, count)) for index in range(1, count + 1)]
    assert sorted(n for one in shards for n in one) == list(range(len(ids)))  # type: ignore[type-var]
    assert all(one == sorted(one) for one in shards), "in the feed's order"  # type: ignore[type-var]
    assert shards == [of(shard(pieces(ids, []), "id", index, count)) for index in range(1, count + 1)], (
        "however the feed is read"
    )
    for one in set(ids):
        assert sum(any(ids[n] == one for n in found) for found in shards) == 1, "equal ids are in one shard"  # type: ignore[call-overload]


def test_shards_are_alike() -> None:
    sizes = [len(of(shard(pieces([f"r{i}" for i in range(10_000)], []), "id", index, 4))) for index in range(1, 5)]
    assert min(sizes) > 2_300, sizes


@settings(deadline=None)
@given(ids=IDS, sizes=st.lists(st.integers(1, 9), max_size=9), size=st.integers(1, 12))
def test_a_sample_is_the_same_however_the_feed_is_read(ids: list[str], sizes: list[int], size: int) -> None:
    found, total = sample(pieces(ids, sizes), "id", size)
    again, _ = sample(pieces(ids, []), "id", size)
    assert total == len(ids)
    if found is None or again is None:
        assert not ids and found is again
        return
    numbers = found["n"].to_pylist()
    assert len(numbers) == min(size, len(ids)) and numbers == sorted(set(numbers))
    assert numbers == again["n"].to_pylist()


def test_a_sample_is_from_all_over() -> None:
    found, _ = sample(pieces([f"r{i}" for i in range(10_000)], [100] * 100), "id", 400)
    assert found is not None
    quarters = [sum(n // 2_500 == quarter for n in found["n"].to_pylist()) for quarter in range(4)]
    assert min(quarters) > 60, quarters


@settings(deadline=None)
@given(ids=IDS, sizes=st.lists(st.integers(1, 9), max_size=9), size=st.integers(1, 20))
def test_parts_are_the_rows_and_their_names_say_which(ids: list[str], sizes: list[int], size: int) -> None:
    found = list(parts(pieces(ids, sizes), size, "part-", b"digest"))
    assert [n for part in found for n in part.rows["n"].to_pylist()] == list(range(len(ids)))
    assert [part.rows.num_rows for part in found[:-1]] == [size] * (len(found) - 1)
    assert [part.name for part in found] == [part.name for part in parts(pieces(ids, []), size, "part-", b"digest")], (
        "however the feed is read"
    )
    other = list(parts(pieces(ids, sizes), size, "part-", b"other"))
    assert not {part.name for part in found} & {part.name for part in other}, "another template, another name"


def test_rows_without_an_id_are_numbered() -> None:
    assert with_ids(pa.record_batch({"a": [1, 2]}), "id", 40)["id"].to_pylist() == ["row-000041", "row-000042"]
    assert with_ids(pa.record_batch({"id": ["x", None, ""]}), "id", 0)["id"].to_pylist() == [
        "x",
        "row-000002",
        "row-000003",
    ]
    assert with_ids(pa.record_batch({"id": [7, None]}), "id", 0)["id"].to_pylist() == ["7", "row-000002"]
