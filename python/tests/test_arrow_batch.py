"""Batches on their way: planned, answered, drawn. The law: what comes out of a batch is what the same rows give one by one, byte for byte."""

import datetime as dt
import json
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from templrender import BatchJob, Bundle, Cancel, Cancelled, Error, Output, Pack, Resources

NOW = 1_795_867_200
TEMPLATE = {
    "templrender": 1,
    "name": "tile",
    "size": [24, 12],
    "fonts": ["Noto Sans"],
    "background": "{{ tint }}",
    "output": {"format": "jpeg"},
    "fields": {
        "tint": {"type": "color", "default": "white"},
        "title": {"type": "text"},
        "photo": {"type": "image"},
        "stock": {"type": "number"},
        "until": {"type": "date"},
    },
    "skip-if": "'sold out' if stock == 0",
    "layers": [
        {"type": "image", "src": ["{{ photo }}", "asset:none"], "missing": "hide", "width": 10, "height": 10},
        {"type": "box", "if": "until and until > now", "width": 3, "height": 3, "background": "red"},
        {"type": "text", "text": "{{ title }}", "left": 10, "width": 14, "height": 10, "font-size": 8, "line-clamp": 1},
    ],
    "assets": {"none": "none.svg"},
    "variants": {"wide": {"size": [40, 12]}},
}
SVG = b"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 9 9'><path d='M0 0h9v9z' fill='%s'/></svg>"


def open_bundle(template: dict[str, Any]) -> Bundle:
    pack = Pack()
    pack.add("template.json", json.dumps(template).encode())
    if template.get("assets"):
        pack.add("none.svg", SVG % b"gray")
    return pack.open(now=NOW)


BUNDLE = open_bundle(TEMPLATE)
PHOTOS = {f"{name}.svg": SVG % name.encode() for name in ("red", "green", "blue")}


def table(rows: list[dict[str, Any]]) -> pa.RecordBatch:
    kinds = {
        "id": pa.string(),
        "tint": pa.string(),
        "title": pa.string(),
        "photo": pa.string(),
        "stock": pa.int32(),
        "until": pa.timestamp("s", "UTC"),
    }
    return pa.RecordBatch.from_pylist(rows, pa.schema(list(kinds.items())))


def found(job: BatchJob, photos: dict[str, bytes] = PHOTOS) -> BatchJob:
    """Every picture answered or failed."""
    while wanted := job.pending():
        for location in wanted:
            if location in photos:
                job.answer(location, photos[location])
            else:
                job.fail(location, "the server said 404")
    return job


def drawn(job: BatchJob, **how: Any) -> list[dict[str, Any]]:
    batch, stopped = job.render(**how)
    out = pa.record_batch(batch)
    out.validate(full=True)
    assert stopped == how.get("start", 0) + out.num_rows
    rows: list[dict[str, Any]] = out.to_pylist()
    return rows


def one_by_one(row: dict[str, Any], variant: str | None) -> dict[str, Any]:
    """The same row drawn alone."""
    out: dict[str, Any] = {"id": row["id"], "variant": variant, "error": None}
    names = ("picture", "content_type", "key", "width", "height", "valid_until", "skipped", "report")
    out |= dict.fromkeys(names)
    try:
        plan = BUNDLE.plan({name: value for name, value in row.items() if name != "id"}, variant=variant, now=NOW)
        out |= {"key": plan.key, "valid_until": plan.valid_until, "skipped": plan.skipped}
        if plan.skipped is not None:
            return out
        resources: Resources = BUNDLE.resources()
        while wanted := plan.pending(resources):
            for need in wanted:
                assert need.location is not None
                if need.location in PHOTOS:
                    resources.insert(need, PHOTOS[need.location])
                else:
                    resources.fail(need, "the server said 404")
        rendered = BUNDLE.renderer.render(plan, resources)
        width, height = rendered.frame.size
        report = rendered.report.to_json()
        out |= {
            "picture": rendered.encode(),
            "content_type": "image/jpeg",
            "width": width,
            "height": height,
            "report": report,
        }
    except Error as error:
        fault = error.faults[0]
        out["error"] = {"code": error.code, "cause": error.cause, "place": fault.place, "message": fault.message}
    return out


ROWS = st.fixed_dictionaries(
    {
        "tint": st.sampled_from([None, "red", "#123456", "reddish"]),
        "title": st.sampled_from([None, "Honey", "Tea & a long title"]),
        "photo": st.sampled_from([None, "red.svg", "green.svg", "lost.svg"]),
        "stock": st.sampled_from([None, 0, 7]),
        "until": st.sampled_from([None, NOW - 60, NOW + 60]),
    }
)


@settings(max_examples=25, deadline=None)
@given(st.lists(ROWS, max_size=6), st.sampled_from([(None,), ("wide",), (None, "wide")]), st.integers(1, 8))
def test_a_batch_is_its_rows_drawn_one_by_one(
    rows: list[dict[str, Any]], variants: tuple[str | None, ...], threads: int
) -> None:
    for number, row in enumerate(rows):
        row["id"] = f"r{number}"
        row["until"] = None if row["until"] is None else dt.datetime.fromtimestamp(row["until"], dt.UTC)
    job = found(BatchJob(BUNDLE, table(rows), variants=variants, now=NOW, threads=threads))
    assert (len(job), job.num_rows) == (len(rows) * len(variants), len(rows))
    wanted = [one_by_one(row, variant) for row in rows for variant in variants]
    assert drawn(job) == wanted
    plans = pa.record_batch(job.plans()).to_pylist()
    for planned, one in zip(plans, wanted, strict=True):
        same = {name: planned[name] for name in ("id", "variant", "key", "valid_until", "skipped")}
        assert same == {name: one[name] for name in same}


def tiles(count: int) -> list[dict[str, Any]]:
    return [
        {
            "id": str(i),
            "tint": f"#{i * 7919 % 4096:03x}",
            "title": f"tile {i}",
            "photo": [None, "red.svg", "blue.svg"][i % 3],
        }
        for i in range(count)
    ]


def test_any_number_of_threads_gives_the_same_batches() -> None:
    def batches(threads: int) -> list[pa.RecordBatch]:
        job = found(BatchJob(BUNDLE, table(tiles(60)), variants=[None, "wide"], now=NOW, threads=threads))
        out, start = [], 0
        while start < len(job):
            batch, start = job.render(start, max_bytes=20_000)
            out.append(pa.record_batch(batch))
        return out

    one, eight = batches(1), batches(8)
    assert len(one) > 3 and [b.num_rows for b in one] == [b.num_rows for b in eight]
    assert all(a.equals(b) for a, b in zip(one, eight, strict=True))
    whole = found(BatchJob(BUNDLE, table(tiles(60)), variants=[None, "wide"], now=NOW))
    assert pa.Table.from_batches(one).to_pylist() == drawn(whole)


def test_a_batch_ends_at_its_bytes_and_never_before_its_first_picture() -> None:
    job = found(BatchJob(BUNDLE, table(tiles(40)), now=NOW, threads=4))
    batch, stopped = job.render(max_bytes=1)
    assert (batch.num_rows, stopped) == (1, 1)
    batch, stopped = job.render(5, 30, max_bytes=10_000, reports=False)
    sizes = [len(row["picture"]) + 128 for row in pa.record_batch(batch).to_pylist()]
    assert 5 < stopped < 30 and sum(sizes) >= 10_000 > sum(sizes[:-1])
    assert pa.record_batch(batch)["report"].null_count == batch.num_rows
    assert job.render(40)[0].num_rows == 0 and job.render(7, 7)[1] == 7
    with pytest.raises(ValueError, match="start must be at most 40, found 41"):
        job.render(41)


def test_rows_fail_alone_with_code_place_and_sentence() -> None:
    bad = pa.record_batch(
        {
            "id": ["a", "b", "c", "d"],
            "tint": ["red", "reddish", None, None],
            "stock": pa.array([1, 2, 3, 4], pa.duration("s")).cast(pa.int64()).cast(pa.duration("s")),
        }
    )
    rows = drawn(BatchJob(BUNDLE, bad, now=NOW))
    # a type that has no place in a row is in nobody's way unless the template reads the column
    assert [row["error"]["place"] for row in rows] == ["field stock"] * 4
    rows = drawn(BatchJob(BUNDLE, bad.drop_columns(["stock"]).append_column("other", bad["stock"]), now=NOW))
    assert [row["error"] and row["error"]["place"] for row in rows] == [None, "field tint", None, None]
    assert rows[1]["error"] == {
        "code": "bad-field",
        "cause": "row",
        "place": "field tint",
        "message": 'must be a CSS colour such as #d0021b, found "reddish"',
    }
    assert (rows[1]["picture"], rows[1]["key"], rows[0]["error"]) == (None, None, None)


def test_pictures_are_asked_for_once_and_the_next_choice_after_a_failure() -> None:
    template = json.loads(json.dumps(TEMPLATE))
    template["layers"][0] |= {"src": ["{{ photo }}", "second.svg"], "missing": "error"}
    del template["assets"]
    job = BatchJob(open_bundle(template), table(tiles(9)), now=NOW)
    assert job.pending() == ["second.svg", "red.svg", "blue.svg"]
    assert job.pending(1, 2) == ["red.svg"]
    job.answer("red.svg", b"<!doctype html><title>404</title>")
    job.answer("blue.svg", PHOTOS["blue.svg"])
    assert job.pending(1) == ["second.svg"]
    job.fail("second.svg", "no route")
    rows = drawn(job)
    assert [row["error"] is None for row in rows] == [False, False, True] * 3
    assert rows[1]["error"]["message"].startswith("picture is missing: red.svg: this is an HTML page")
    with pytest.raises(ValueError, match='location must be one that a row asks for, found "x.svg"'):
        job.answer("x.svg", b"")
    with pytest.raises(ValueError, match='found "https://a.example/x"'):
        job.fail("https://a.example/x?secret=1", "why")


def test_answers_are_shared_and_let_go() -> None:
    job = BatchJob(BUNDLE, table(tiles(9)), now=NOW)
    photo = bytearray(PHOTOS["red.svg"])
    job.answer("red.svg", photo)
    photo[:] = b"x" * len(photo)
    job.answer("blue.svg", memoryview(PHOTOS["blue.svg"]))
    assert job.pending() == [] and drawn(job) == drawn(found(BatchJob(BUNDLE, table(tiles(9)), now=NOW)))
    job.forget(["red.svg", "unknown"])
    assert job.pending() == ["red.svg"]
    # what was drawn ahead with old answers is not given out
    ahead = found(BatchJob(BUNDLE, table(tiles(9)), now=NOW, threads=4))
    ahead.render(max_bytes=1)
    ahead.answer("blue.svg", PHOTOS["green.svg"])
    fresh = found(BatchJob(BUNDLE, table(tiles(9)), now=NOW), PHOTOS | {"blue.svg": PHOTOS["green.svg"]})
    assert drawn(ahead, start=1) == drawn(fresh, start=1)


def test_pictures_in_the_batch_are_drawn_without_asking() -> None:
    photos = [PHOTOS["red.svg"], None, b"no picture"]
    batch = pa.record_batch(
        {"id": pa.array([1, 2, 3]), "photo": pa.array(photos, pa.large_binary()), "unread": [b"x" * 1000] * 3}
    )
    job = BatchJob(BUNDLE, batch, now=NOW)
    assert job.pending() == []
    rows = drawn(job)
    assert [row["id"] for row in rows] == ["1", "2", "3"]
    direct = drawn(found(BatchJob(BUNDLE, table([{"id": "1", "photo": "red.svg"}]), now=NOW)))
    assert rows[0]["picture"] == direct[0]["picture"]
    notes = json.loads(rows[2]["report"])["notes"]
    assert notes and notes[0]["code"] == "image-missing"


def test_columns_are_kept_as_they_came() -> None:
    rows = table(tiles(7))
    extra = pa.array([[{"a": i}] if i % 2 else None for i in range(7)])
    batch = (
        rows.append_column("extra", extra)
        .append_column("words", pa.array(list("abcabca")).dictionary_encode())
        .slice(2, 4)
    )
    job = BatchJob(BUNDLE, batch, now=NOW, keep=["extra", "words", "id"])
    out = pa.record_batch(job.render(1, 3)[0])
    assert out.schema.names[:4] == ["extra", "words", "id", "variant"]
    for name in ("extra", "words", "id"):
        assert out[name].equals(batch[name].slice(1, 2)) and out.schema.field(name) == batch.schema.field(name)
    job = BatchJob(
        BUNDLE, pa.Table.from_batches([batch, batch]), now=NOW, keep=["extra", "words", "id"], variants=["wide", None]
    )
    out = pa.record_batch(job.render()[0])
    out.validate(full=True)
    for name in ("extra", "words", "id"):
        assert out[name].to_pylist() == [value for value in batch[name].to_pylist() * 2 for _ in range(2)]
    for keep, message in [
        (["nothing"], "must be one of the batch"),
        (["id", "id"], "must stand once"),
        (["picture"], "must stand once"),
    ]:
        with pytest.raises(ValueError, match=message):
            BatchJob(BUNDLE, batch, keep=keep)


def test_rows_in_one_column_and_ids() -> None:
    batch = pa.record_batch({"n": [1, 2], "row": ['{"id": "x", "tint": "red"}', '{"id": 7, "tint": "blue"}']})
    assert [row["id"] for row in drawn(BatchJob(BUNDLE, batch, row_column="row"))] == ["x", "7"]
    assert [row["id"] for row in drawn(BatchJob(BUNDLE, batch, row_column="row", id_column="n"))] == ["1", "2"]
    assert "id" not in drawn(BatchJob(BUNDLE, batch, row_column="row", id_column=None))[0]
    assert "id" not in drawn(BatchJob(BUNDLE, pa.record_batch({"tint": ["red"]})))[0]


def test_arguments_are_held_to_their_rules() -> None:
    batch = table(tiles(1))
    refused: list[tuple[dict[str, Any], str]] = [
        ({"variants": ["tall"]}, 'variants must be of the template, found "tall"'),
        ({"variants": [None, None]}, "a variant must stand once"),
        ({"threads": 0}, "threads must be 1 to 1024, found 0"),
        ({"row_column": "x"}, "must be a column of the batch"),
    ]
    for arguments, message in refused:
        with pytest.raises(ValueError, match=message):
            BatchJob(BUNDLE, batch, **arguments)
    job = BatchJob(BUNDLE, batch)
    with pytest.raises(ValueError, match="timeout must be seconds from 0 on, found -1"):
        job.render(timeout=-1)
    assert drawn(job, timeout=0.0)[0]["error"]["code"] == "deadline-exceeded"
    assert drawn(BatchJob(BUNDLE, batch, output=Output.webp()))[0]["content_type"] == "image/webp"
    assert drawn(BatchJob(BUNDLE, batch, scale=2))[0]["width"] == 48


SLOW: dict[str, Any] = {
    "templrender": 1,
    "name": "slow",
    "size": [1500, 1500],
    "layers": [
        {
            "type": "box",
            "left": n,
            "top": n,
            "width": 1400,
            "height": 1400,
            "background": f"hsl({n * 20} 80% 50%)",
            "filter": "blur(20px)",
        }
        for n in range(20)
    ],
}


def test_a_flag_ends_a_batch() -> None:
    job = BatchJob(open_bundle(SLOW), pa.record_batch({"n": range(1000)}), threads=2)
    cancel = Cancel()
    threading.Timer(0.3, cancel.set).start()
    started = time.monotonic()
    with pytest.raises(Cancelled):
        job.render(cancel=cancel)
    assert time.monotonic() - started < 5
    with pytest.raises(Cancelled):
        BatchJob(BUNDLE, pa.record_batch({"n": range(300_000)}), cancel=cancel)


def test_ctrl_c_ends_a_long_batch_within_a_second() -> None:
    program = f"""
        import pyarrow as pa, sys, time
        from templrender import BatchJob, Pack
        pack = Pack()
        pack.add("template.json", {json.dumps(SLOW).encode()!r})
        job = BatchJob(pack.open(), pa.record_batch({{"n": range(3_000)}}), threads=2)
        print("drawing", flush=True)
        try:
            job.render(max_bytes=1 << 40)
        except KeyboardInterrupt:
            print("interrupted", flush=True)
    """
    child = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(program)], stdout=subprocess.PIPE, text=True, env=os.environ
    )
    try:
        assert child.stdout is not None and child.stdout.readline() == "drawing\n"
        time.sleep(0.5)
        asked = time.monotonic()
        child.send_signal(signal.SIGINT)
        assert child.stdout.readline() == "interrupted\n"
        took = time.monotonic() - asked
        assert child.wait(10) == 0 and took < 1, f"{took:.2f} s"
    finally:
        child.kill()
        child.communicate()


def test_other_threads_of_python_go_on_meanwhile() -> None:
    job = BatchJob(open_bundle(SLOW), pa.record_batch({"n": range(4)}), threads=1)
    cancel, ticks = Cancel(), 0
    thread = threading.Thread(target=lambda: pytest.raises(Cancelled, job.render, cancel=cancel))
    thread.start()
    until = time.monotonic() + 0.3
    while time.monotonic() < until:
        time.sleep(0.005)
        ticks += 1
    cancel.set()
    thread.join()
    assert ticks > 10
