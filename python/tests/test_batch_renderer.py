"""`BatchRenderer` and `Fetcher`: batches in, batches out, and what is asked of origins."""

from __future__ import annotations

import pickle
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest
from batch_kit import Origin, batch, bundle, environment, photo, rows
from hypothesis import given, settings
from hypothesis import strategies as st

from templrender import Cancelled
from templrender.arrow import BatchRenderer, Fetcher


def tables(batches: Iterator[object]) -> pa.Table:
    return pa.Table.from_batches([pa.record_batch(one) for one in batches])


@settings(max_examples=20, deadline=None)
@given(
    count=st.integers(1, 40),
    at_once=st.integers(1, 17),
    max_bytes=st.sampled_from([1, 2000, 1 << 20]),
    variants=st.sampled_from([(None,), (None, "wide")]),
)
def test_chunks_change_nothing(count: int, at_once: int, max_bytes: int, variants: tuple[str | None, ...]) -> None:
    whole = BatchRenderer(bundle(), variants=variants, now=0)
    cut = BatchRenderer(bundle(), variants=variants, now=0, rows_at_once=at_once, max_bytes=max_bytes, threads=2)
    given_rows = rows(count)
    want = pa.Table.from_batches([pa.record_batch(whole.render(given_rows.to_batches()[0]))])
    batches = [pa.record_batch(one) for one in cut.iter(given_rows)]
    found = pa.Table.from_batches(batches)
    assert found.select(["id", "variant", "key", "picture"]).equals(want.select(["id", "variant", "key", "picture"]))
    assert found["id"].to_pylist() == [f"r{i}" for i in range(count) for _ in variants]
    for one in batches:
        lengths = [len(picture) for picture in one.column("picture").to_pylist()]
        assert sum(lengths[:-1]) <= max_bytes


def test_errors_are_of_rows() -> None:
    made = tables(
        BatchRenderer(bundle(), now=0).iter(rows(3, price=["1.00 EUR", "free", None], hidden=[None, None, "yes"]))
    ).to_pylist()
    assert [row["picture"] is not None for row in made] == [True, False, False]
    assert (made[1]["error"]["code"], made[1]["error"]["place"]) == ("bad-field", "field price")
    assert made[2]["skipped"] is not None and made[2]["error"] is None


def test_plan_has_the_keys_of_render() -> None:
    renderer = BatchRenderer(bundle(), variants=[None, "wide"], now=0)
    one = rows(5).to_batches()[0]
    assert pa.record_batch(renderer.plan(one))["key"].equals(pa.record_batch(renderer.render(one))["key"])


def test_a_picture_is_asked_for_once() -> None:
    origin = Origin()
    with origin.serving() as base:
        names = [f"{base}/{'abc'[i % 3]}.png" for i in range(30)]
        renderer = BatchRenderer(bundle(), fetch=Fetcher(allow_private=True), now=0, rows_at_once=7)
        made = tables(renderer.iter(rows(30, photo=names)))
        assert made["picture"].null_count == 0
        assert origin.asked == {"/a.png": 1, "/b.png": 1, "/c.png": 1}
        plain = tables(BatchRenderer(bundle(), now=0).iter(rows(30)))
        assert made["picture"][0] != plain["picture"][0], "the photo is drawn"


def test_without_a_cache_once_a_chunk_at_most() -> None:
    origin = Origin()
    with origin.serving() as base:
        renderer = BatchRenderer(bundle(), fetch=Fetcher(allow_private=True, cache=None), now=0, rows_at_once=10)
        tables(renderer.iter(rows(30, photo=[f"{base}/a.png"] * 30)))
    assert 1 <= origin.asked["/a.png"] <= 3, "chunks that are under way together share what they ask"


def test_what_is_gone_is_no_failure_of_others() -> None:
    origin = Origin()
    with origin.serving() as base:
        names = [f"{base}/gone.png", f"{base}/page.png", f"{base}/a.png"]
        made = tables(
            BatchRenderer(bundle(), fetch=Fetcher(allow_private=True), now=0).iter(rows(3, photo=names))
        ).to_pylist()
    notes = ["image-missing" in row["report"] for row in made]
    assert notes == [True, True, False] and all(row["error"] is None for row in made)


def test_no_more_of_a_host_at_once() -> None:
    origin = Origin(delay_s=0.02)
    with origin.serving() as base:
        renderer = BatchRenderer(bundle(), fetch=Fetcher(allow_private=True, per_host=3), now=0)
        tables(renderer.iter(rows(20, photo=[f"{base}/{i}.png" for i in range(20)])))
    assert 2 <= origin.most_at_once <= 3


def test_threads_share_a_flight() -> None:
    origin = Origin(delay_s=0.2)
    with origin.serving() as base:
        fetch = Fetcher(allow_private=True)
        found: list[object] = []
        threads = [
            threading.Thread(target=lambda: found.append(fetch.get([f"{base}/a.png"])[f"{base}/a.png"]))
            for _ in range(8)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert (
        origin.asked["/a.png"] == 1
        and len(found) == 8
        and len({bytes(one) for one in found if isinstance(one, bytes)}) == 1
    )


def test_folder_cache_outlives_the_fetcher(tmp_path: Path) -> None:
    origin = Origin()
    with origin.serving() as base:
        for _ in range(2):
            fetch = Fetcher(allow_private=True, cache=tmp_path / "kept")
            assert isinstance(fetch.get([f"{base}/a.png"])[f"{base}/a.png"], bytes)
        assert origin.asked["/a.png"] == 1
        old = Fetcher(allow_private=True, cache=tmp_path / "kept", max_age=-1)
        old.get([f"{base}/a.png"])
    assert origin.asked["/a.png"] == 2


def test_folder_cache_is_bounded(tmp_path: Path) -> None:
    size = len(photo())
    origin = Origin()
    with origin.serving() as base:
        fetch = Fetcher(allow_private=True, cache=tmp_path / "kept", cache_bytes=10 * size)
        fetch.get([f"{base}/{i}.png" for i in range(100)])
    assert sum(path.stat().st_size for path in (tmp_path / "kept").rglob("*") if path.is_file()) <= 11 * size


def test_photos_are_fetched_while_others_are_drawn() -> None:
    """With a slow origin the drawing costs next to nothing: all its chunks but the last are drawn while the next one's photos come."""
    origin = Origin(delay_s=0.15)
    with origin.serving() as base:
        renderer = BatchRenderer(bundle(), fetch=Fetcher(allow_private=True), now=0, rows_at_once=4)
        begun, first = time.monotonic(), 0.0
        for number, _ in enumerate(renderer.iter(rows(16, photo=[f"{base}/{i}.png" for i in range(16)]))):
            if number == 0:
                first = time.monotonic() - begun
                assert origin.asked.total() > 4, (
                    "the second chunk's photos are asked for before the first chunk is drawn"
                )
    assert first > 0.1


def test_pickles_small_and_draws_the_same() -> None:
    renderer = BatchRenderer(bundle(), variants=["wide"], now=5, fetch=Fetcher(per_host=3))
    data = pickle.dumps(renderer)
    assert len(data) < 20_000
    one = rows(3).to_batches()[0]
    assert pa.record_batch(pickle.loads(data).render(one)).equals(pa.record_batch(renderer.render(one)))


def test_cancel_ends_it_in_another_thread() -> None:
    renderer = BatchRenderer(bundle(), now=0, rows_at_once=2)
    batches = renderer.iter(rows(1000))
    next(batches)
    threading.Timer(0.05, renderer.cancel).start()
    with pytest.raises(Cancelled):
        for _ in batches:
            time.sleep(0.01)


def test_an_origin_that_never_answers_is_not_waited_for_by_whoever_stops() -> None:
    origin = Origin(delay_s=8)
    with origin.serving() as base:
        renderer = BatchRenderer(bundle(), fetch=Fetcher(allow_private=True), now=0, rows_at_once=1)
        batches = renderer.iter(rows(3, photo=[None, f"{base}/a.png", None]))
        next(batches)
        begun = time.monotonic()
        batches.close()
        assert time.monotonic() - begun < 2
        threading.Timer(0.1, renderer.cancel).start()
        with pytest.raises(Cancelled):
            list(renderer.iter(rows(1, photo=[f"{base}/b.png"])))
        assert time.monotonic() - begun < 4


def test_ctrl_c_ends_a_batch() -> None:
    program = """
import os, signal, threading, time, sys
sys.path.insert(0, sys.argv[1])
from batch_kit import bundle, rows
from templrender.arrow import BatchRenderer
threading.Timer(1.0, os.kill, (os.getpid(), signal.SIGINT)).start()
begun = time.monotonic()
try:
    while True:
        BatchRenderer(bundle(), variants=[None, "wide"], now=0).render(rows(20000).to_batches()[0])
except KeyboardInterrupt:
    print(time.monotonic() - begun)
"""
    done = subprocess.run(
        [sys.executable, "-c", program, str(Path(__file__).parent)],
        env=environment(),
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert float(done.stdout) < 6


@pytest.mark.parametrize("name", ["threads", "rows_at_once", "max_bytes"])
def test_settings_are_held_to_bounds(name: str) -> None:
    with pytest.raises(ValueError, match=f"{name} must be at least 1, found 0"):
        BatchRenderer(bundle(), **{name: 0})


def test_the_program_says_what_it_takes() -> None:
    assert "exit status" in batch("--help")
    assert "--out" in batch("feed.csv", "--template", "t", status=2)
