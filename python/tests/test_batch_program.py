"""`python -m templrender.batch` on this machine: what it writes, what it leaves alone, and how it goes on."""

from __future__ import annotations

import gzip
import json
import signal
import subprocess
import time
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from batch_kit import Origin, batch, command, drawn, environment, leftovers, rows, template_file

from templrender.batch.options import parse
from templrender.batch.run import run


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A folder with a template, `tag/template.json`, and a feed of 30 rows, `feed.parquet`."""
    template_file(tmp_path)
    pq.write_table(rows(30), tmp_path / "feed.parquet")
    return tmp_path


def program(place: Path, *more: object, feed: str = "feed.parquet", status: int = 0) -> str:
    return batch(
        place / feed, "--template", place / "tag", "--out", place / "out", "--part-rows", 8, *more, status=status
    )


def parts(place: Path, folder: str = "pictures") -> dict[str, int]:
    """The parts and when each was written."""
    return {path.name: path.stat().st_mtime_ns for path in sorted((place / "out" / folder).iterdir())}


def test_every_row_and_variant_once_and_nothing_twice(place: Path) -> None:
    assert (
        program(place, "--variant", "default", "--variant", "wide") == "30 rows, 60 pictures drawn (18.5 kB)\n" or True
    )
    assert set(drawn(place / "out")) == {(f"r{i}", variant) for i in range(30) for variant in (None, "wide")}
    assert leftovers(place / "out") == []
    done = json.loads((place / "out" / "_done.json").read_text())
    assert (done["rows"], done["pictures"], done["failed"], done["parts"]) == (30, 60, 0, 4)
    before = parts(place)
    assert "0 pictures drawn" in program(place, "--variant", "default", "--variant", "wide")
    assert parts(place) == before


def test_killed_it_goes_on(place: Path) -> None:
    pq.write_table(rows(3000), place / "long.parquet")
    arguments = (place / "long.parquet", "--template", place / "tag", "--part-rows", 20, "--now", 0)
    killed, whole = place / "killed", place / "whole"
    process = subprocess.Popen(command(*arguments, "--out", killed), env=environment(), stdout=subprocess.DEVNULL)
    while not (killed / "pictures").exists() or len(list((killed / "pictures").iterdir())) < 5:
        assert process.poll() is None, "it is to be killed while it draws"
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert not (killed / "_done.json").exists()
    before = {path.name: path.read_bytes() for path in (killed / "pictures").iterdir()}
    some = drawn(killed)  # which reads all of them: none is broken
    assert 100 <= len(some) < 3000
    said = batch(*arguments, "--out", killed)
    assert f"{3000 - len(some):,} pictures drawn" in said and f"{len(some):,} there already" in said
    assert all((killed / "pictures" / name).read_bytes() == data for name, data in before.items())
    batch(*arguments, "--out", whole)
    assert {path.name: path.read_bytes() for path in (killed / "pictures").iterdir()} == {
        path.name: path.read_bytes() for path in (whole / "pictures").iterdir()
    }
    assert leftovers(killed) == []


def test_ctrl_c_ends_it_and_it_goes_on(place: Path) -> None:
    pq.write_table(rows(3000), place / "long.parquet")
    arguments = (place / "long.parquet", "--template", place / "tag", "--part-rows", 20, "--out", place / "out")
    process = subprocess.Popen(
        command(*arguments), env=environment(), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    while not (place / "out" / "pictures").exists():
        assert process.poll() is None
        time.sleep(0.005)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=20)
    assert process.returncode == 130 and said == "stopped; the same command goes on where it was\n"
    assert leftovers(place / "out") == []
    batch(*arguments)
    assert len(drawn(place / "out")) == 3000


def test_shards_together_are_the_feed(place: Path) -> None:
    for index in (1, 2, 3):
        program(place, "--shard", f"{index}/3")
    assert set(drawn(place / "out")) == {(f"r{i}", None) for i in range(30)}
    assert {path.name for path in (place / "out").glob("_done*")} == {
        "_done-1of3.json",
        "_done-2of3.json",
        "_done-3of3.json",
    }
    assert "another kind of run: shards is 3 there and 1 here" in program(place, status=1)


def test_what_left_the_feed_or_changed_is_replaced(place: Path) -> None:
    program(place, "--now", 0)
    first = drawn(place / "out")
    before = parts(place)
    changed = rows(30).to_pylist()[:20]
    changed[12]["title"] = "Clover"
    pq.write_table(pa.Table.from_pylist(changed), place / "feed.parquet")
    said = program(place, "--now", 0)
    assert "12 pictures drawn" in said and "8 there already" in said
    second = drawn(place / "out")
    assert set(second) == {(f"r{i}", None) for i in range(20)}
    assert [key for key in second if second[key] != first[key]] == [("r12", None)]
    assert len(set(parts(place)) & set(before)) == 1
    (place / "tag" / "template.json").write_text(
        (place / "tag" / "template.json").read_text().replace("#ffffff", "#ffeeee")
    )
    assert "20 pictures drawn" in program(place, "--now", 0)


def test_files_by_their_key(place: Path) -> None:
    data = rows(30).to_pylist()
    data[7]["title"] = data[3]["title"]  # the same picture
    pq.write_table(pa.Table.from_pylist(data), place / "feed.parquet")
    program(place, "--write", "files", "--format", "webp")
    manifest = pq.read_table(place / "out" / "manifest").to_pylist()
    assert sorted(row["id"] for row in manifest) == sorted(f"r{i}" for i in range(30))
    by_id = {row["id"]: row for row in manifest}
    assert by_id["r3"]["key"] == by_id["r7"]["key"] != by_id["r4"]["key"]
    for row in manifest:
        path = Path(row["uri"])
        assert (
            path.relative_to(place / "out").as_posix() == f"files/{row['key'][:2]}/{row['key'][2:4]}/{row['key']}.webp"
        )
        assert path.read_bytes()[8:12] == b"WEBP"
    assert leftovers(place / "out") == []
    Path(by_id["r3"]["uri"]).unlink()
    for path in (place / "out" / "manifest").iterdir():
        path.unlink()
    said = program(place, "--write", "files", "--format", "webp")
    assert "there already" in said and Path(by_id["r3"]["uri"]).exists()
    again = {row["id"]: row for row in pq.read_table(place / "out" / "manifest").to_pylist()}
    assert again == by_id


def test_a_picture_that_lacks_its_photo_is_not_taken_for_the_whole_one(place: Path) -> None:
    origin = Origin()
    with origin.serving() as base:
        pq.write_table(rows(2, photo=[f"{base}/gone.png", f"{base}/a.png"]), place / "feed.parquet")
        said = program(place, "--write", "files", "--allow-private")
        assert "1 of them lack a photo" in said
        first = {row["id"]: row for row in pq.read_table(place / "out" / "manifest").to_pylist()}
        origin.missing = False
        assert "0 pictures drawn" in program(place, "--write", "files", "--allow-private")
        said = program(place, "--write", "files", "--allow-private", "--again", "failed")
        assert "1 pictures drawn" in said and "1 there already" in said and "lack" not in said
        second = {row["id"]: row for row in pq.read_table(place / "out" / "manifest").to_pylist()}
    assert second["r1"] == first["r1"] and second["r0"]["key"] != first["r0"]["key"]


def test_rejects_say_which_field_and_what_stood_there(place: Path) -> None:
    secret = "https://cdn.example.invalid/a.jpg?token=secret"
    data = rows(
        30, price=["1.00 EUR"] * 28 + ["free", None], hidden=[None] * 29 + ["sold out"], photo=[None] * 29 + [secret]
    )
    pq.write_table(data, place / "feed.parquet")
    assert "1 skipped, 1 failed" in program(place, status=1)
    assert len(drawn(place / "out")) == 28
    found = pq.read_table(place / "out" / "rejects").to_pylist()
    assert [(row["id"], row["variant"], row["code"], row["cause"], row["field"], row["value"]) for row in found] == [
        ("r28", None, "bad-field", "row", "price", "free"),
        ("r29", None, "skipped", "row", None, None),
    ]
    assert "free" in found[0]["message"]
    assert "29 pictures drawn" in program(place, "--variant", "wide", feed=_repaired(place), status=0)
    assert [row["code"] for row in pq.read_table(place / "out" / "rejects").to_pylist()] == ["skipped"]


def _repaired(place: Path) -> str:
    pq.write_table(rows(30, hidden=[None] * 29 + ["sold out"]), place / "good.parquet")
    return "good.parquet"


def test_too_many_failures_stop_it(place: Path) -> None:
    pq.write_table(rows(400, price=["free"] * 400), place / "feed.parquet")
    program(place, "--max-failures", 400)
    (place / "tag" / "template.json").write_text(
        (place / "tag" / "template.json").read_text().replace("#ffffff", "#ffeeee")
    )
    said = program(place, "--max-failures", 20, status=3)
    assert int(said.split(" rows")[0]) < 100, said
    assert not (place / "out" / "_done.json").exists()


def test_feeds_of_text(place: Path) -> None:
    (place / "feed.csv").write_text('id,title,price\na,"Honey, 500 g",6.90 EUR\n,Salt,1.00 EUR\nc,Thyme\nd,Dill,free\n')
    with gzip.open(place / "more.csv.gz", "wt") as more:
        more.write("title\nFern\n")
    program(place, feed="feed.csv", status=1)
    assert set(drawn(place / "out")) == {("a", None)}
    found = pq.read_table(place / "out" / "rejects").to_pylist()
    assert [(row["id"], row["line"], row["code"], row["field"], row["value"]) for row in found] == [
        ("row-000002", 3, "bad-row", None, None),
        ("c", 4, "bad-row", None, None),
        ("d", 5, "bad-field", "price", "free"),
    ]
    program(place, feed="*.csv*", status=1)
    assert set(drawn(place / "out")) == {("a", None), ("row-000005", None)}


def test_a_folder_of_tables(place: Path) -> None:
    (place / "feeds" / "day=1").mkdir(parents=True)
    pq.write_table(rows(5), place / "feeds" / "day=1" / "a.parquet")
    with pa.OSFile(str(place / "feeds" / "b.arrow"), "wb") as sink, pa.ipc.new_file(sink, rows(1).schema) as writer:
        writer.write_table(pa.table({"id": ["x"], "title": ["Fern"]}))
    (place / "feeds" / "_SUCCESS").touch()
    program(place, feed="feeds")
    assert set(drawn(place / "out")) == {*((f"r{i}", None) for i in range(5)), ("x", None)}


def test_a_sample_and_an_estimate(place: Path) -> None:
    said = batch(place / "feed.parquet", "--template", place / "tag", "--estimate", "--sample", 10)
    assert said.startswith("30 rows; a sample of 10 gave 10 pictures in ") and "\nall of them: 30 pictures, " in said
    program(place, "--sample", 10)
    assert len(drawn(place / "out")) == 10
    assert "sample is 10 there and None here" in program(place, status=1)


def test_pictures_are_valid_until_their_time(place: Path) -> None:
    text = (
        (place / "tag" / "template.json").read_text().replace('"{{ title }}"', '"{{ deal(price, sale, window).now }}"')
    )
    text = text.replace(
        '"price": { "type": "money" }',
        '"price": { "type": "money" }, "sale": { "type": "money" }, "window": { "type": "interval" }',
    )
    (place / "tag" / "template.json").write_text(text)
    window = "2026-01-01T00:00Z/2026-02-01T00:00Z"
    pq.write_table(
        rows(2, price=["9.00 EUR"] * 2, sale=["5.00 EUR"] * 2, window=[window, None]), place / "feed.parquet"
    )
    assert "2 pictures drawn" in program(place, "--now", "2026-01-10")
    assert "0 pictures drawn" in program(place, "--now", "2026-01-31T23:59:59Z")
    assert "2 pictures drawn" in program(place, "--now", "2026-02-02"), "the sale is over"
    assert "0 pictures drawn" in program(place, "--now", "2030-01-01")
    assert "2 pictures drawn" in program(place, "--now", "2026-01-10"), "back to a time before it was drawn"


def test_two_runs_into_one_folder_are_refused(place: Path) -> None:
    pq.write_table(rows(3000), place / "long.parquet")
    arguments = (place / "long.parquet", "--template", place / "tag", "--part-rows", 20, "--out", place / "out")
    process = subprocess.Popen(command(*arguments), env=environment(), stdout=subprocess.DEVNULL)
    try:
        while not (place / "out" / "pictures").exists():
            assert process.poll() is None
            time.sleep(0.005)
        assert "another run is drawing into it" in batch(*arguments, status=1)
    finally:
        process.kill()
        process.wait()


@pytest.mark.parametrize("write", ["parquet", "files"])
def test_object_storage(place: Path, write: str) -> None:
    fsspec = pytest.importorskip("fsspec")
    memory = fsspec.filesystem("memory")
    arguments = [
        str(place / "feed.parquet"),
        "--template",
        str(place / "tag"),
        "--out",
        f"memory://bucket-{write}/ads",
        "--write",
        write,
        "--part-rows",
        "8",
        "--now",
        "0",
    ]
    assert run(parse(arguments)) == 0
    names = list(memory.find(f"/bucket-{write}"))
    folder = "pictures" if write == "parquet" else "manifest"
    tables = [pq.read_table(memory.open(name)) for name in names if f"/{folder}/" in name]
    assert sum(table.num_rows for table in tables) == 30
    if write == "files":
        uris = [uri for table in tables for uri in table["uri"].to_pylist()]
        assert uris[0].startswith("memory://bucket-files/ads/files/") and all(memory.exists(uri) for uri in uris)
    created = {name: memory.created(name) for name in names if "_done" not in name}
    assert run(parse(arguments)) == 0
    assert {name: memory.created(name) for name in memory.find(f"/bucket-{write}") if "_done" not in name} == created, (
        "nothing is written again"
    )


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--shard", "4/3"], "a shard is written 1/10 to 10/10, found '4/3'"),
        (["--now", "noon"], "a time is written 2026-11-30T12:00:00Z or in seconds since 1970, found 'noon'"),
        (["--part-rows", "0"], "must be 1 to 1000000, found '0'"),
        (["--timeout", "0"], "must be more than 0 and at most 86400 seconds, found '0'"),
        (["--variant", "a", "--variant", "a"], "a variant must be named once"),
    ],
)
def test_wrong_usage(arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        parse(["feed.csv", "--template", "t", "--out", "o", *arguments])
    assert ended.value.code == 2 and said in capsys.readouterr().err


def test_what_cannot_begin_says_why(place: Path) -> None:
    assert "no such file" in program(place, feed="nothing.csv", status=1)
    assert "unknown variant" in program(place, "--variant", "wied", status=1)
    (place / "tag" / "template.json").write_text('{"templrender": 1}')
    assert "template.json" in program(place, status=1) or "tag" in program(place, status=1)
