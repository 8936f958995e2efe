"""Models behind whatever draws: render, arender, batches, pickles, folders."""

from __future__ import annotations

import asyncio
import hashlib
import json
import pickle
import struct
import threading
from pathlib import Path
from typing import Any

import numpy
import pyarrow as pa
import pytest
from model_kit import MODELS, colour, drawn, job, manifest, network, notes, photo, template

import templrender as t
from templrender.arrow import BatchRenderer
from templrender.batch.__main__ import main


def inverted(inputs: list[Any]) -> list[Any]:
    """A function that pickle finds by its name."""
    return [1 - inputs[0]]


def models() -> t.Models:
    made = t.Models()
    made.add(network(), inverted, identity="inverted 1")
    return made


def folder(tmp_path: Path, **keys: Any) -> Path:
    """A template's folder with a photo."""
    place = tmp_path / "one"
    place.mkdir(exist_ok=True)
    (place / "template.json").write_text(template(**keys).json)
    (place / "a.png").write_bytes(photo())
    return place


# ---- a network as a file, without the package onnx: the few fields of its protobuf that a convolution needs


def _field(number: int, value: int | bytes) -> bytes:
    if isinstance(value, int):
        return _varint(number << 3) + _varint(value)
    return _varint(number << 3 | 2) + _varint(len(value)) + value


def _varint(value: int) -> bytes:
    out = b""
    while value > 0x7F:
        out, value = out + bytes([value & 0x7F | 0x80]), value >> 7
    return out + bytes([value])


def _tensor(name: str, shape: list[int], numbers: list[float]) -> bytes:
    dims = b"".join(_field(1, side) for side in shape)
    return dims + _field(2, 1) + _field(8, name.encode()) + _field(9, struct.pack(f"<{len(numbers)}f", *numbers))


def _value(name: str, shape: list[int]) -> bytes:
    sides = b"".join(_field(1, _field(1, side)) for side in shape)
    return _field(1, name.encode()) + _field(2, _field(1, _field(1, 1) + _field(2, sides)))


def _node(kind: str, inputs: list[str], output: str, **numbers: list[int]) -> bytes:
    named = (
        b"".join(_field(1, name.encode()) for name in inputs) + _field(2, output.encode()) + _field(4, kind.encode())
    )
    for name, values in numbers.items():
        ints = b"".join(_field(8, value) for value in values)
        named += _field(5, _field(1, name.encode()) + ints + _field(20, 7))
    return named


WEIGHTS = [[0.2, 0.9, -0.4], [1.1, -0.3, 0.5], [-0.7, 0.6, 0.8]]
BIAS = [0.1, -0.2, 0.3]


def write_network(place: Path, side: int = 64) -> None:
    """A folder with one model: sigmoid(conv 1x1), which numpy can do as well."""
    flat = [weight for row in WEIGHTS for weight in row]
    graph = (
        _field(1, _node("Conv", ["image", "w", "b"], "mixed", strides=[1, 1], pads=[0] * 4, kernel_shape=[1, 1]))
        + _field(1, _node("Sigmoid", ["mixed"], "y"))
        + _field(2, b"mix")
        + _field(5, _tensor("w", [3, 3, 1, 1], flat))
        + _field(5, _tensor("b", [3], BIAS))
        + _field(11, _value("image", [1, 3, side, side]))
        + _field(12, _value("y", [1, 3, side, side]))
    )
    model = _field(1, 8) + _field(7, graph) + _field(8, _field(1, b"") + _field(2, 17))
    place.mkdir()
    (place / "mix.onnx").write_bytes(model)
    keys = {"file": "mix.onnx", "sha256": hashlib.sha256(model).hexdigest()}
    (place / "mix.json").write_text(json.dumps(network("mix", size=[side, side], **keys)))


def mixed(inputs: list[Any]) -> list[Any]:
    """The same with numpy."""
    sums = numpy.einsum("oi,bihw->bohw", numpy.array(WEIGHTS, "f4"), inputs[0])
    sums += numpy.array(BIAS, "f4")[None, :, None, None]
    return [1 / (1 + numpy.exp(-sums))]


def test_a_function_makes_what_the_engine_makes(tmp_path: Path) -> None:
    write_network(tmp_path / "models")
    by_engine, by_numpy = t.Models(tmp_path / "models"), t.Models()
    by_numpy.add(tmp_path / "models/mix.json", mixed, identity="numpy 1")
    noise = numpy.random.default_rng(1).integers(0, 256, (64, 64, 3), numpy.uint8)
    frames = []
    for given in (by_engine, by_numpy):
        made = job(t.Renderer(models=given), template(model="mix"), t.Frame(noise).encode()).run()
        assert made.frame is not None
        frames.append(made.frame.to_numpy().astype(int))
    assert frames[0].shape == (64, 64, 4) and frames[0][..., :3].std() > 5
    assert abs(frames[0] - frames[1]).max() <= 1


def test_a_folder_of_models() -> None:
    found = t.Models(MODELS)
    assert {"paint", "face", "person"} <= {model.id for model in found}
    paint = found["paint"]
    assert (paint.kind, paint.licence, paint.noncommercial, paint.runs) == ("generator", "Apache-2.0", False, True)
    assert "mosaic" in paint.variants and paint.sha256 is not None and len(paint.identity) == 64
    assert json.loads(paint.manifest)["id"] == "paint" and paint.cost(256, 256) < paint.cost(512, 512)
    with pytest.raises(t.ArgumentError, match="twice"):
        t.Models([MODELS, MODELS])
    with pytest.raises(t.ResourceError) as caught:
        t.Models("no/such/folder")
    assert caught.value.code == "bad-manifest"
    with pytest.raises(t.ArgumentError, match="an engine must be auto"):
        t.Models(MODELS, engine="caffe")


def test_a_file_that_is_another_is_refused(tmp_path: Path) -> None:
    write_network(tmp_path / "models")
    with open(tmp_path / "models/mix.onnx", "ab") as file:
        file.write(b"\0")
    with pytest.raises(t.ResourceError, match="sha256"):
        t.Models(tmp_path / "models")
    with pytest.raises(t.ModelError, match="may have 100000 bytes"):
        t.Models(MODELS, limits=t.Limits(max_model_bytes=100_000))


def test_render_and_arender_fill(tmp_path: Path) -> None:
    place = folder(tmp_path)
    bundle = t.open(place, models=models())
    rendered = t.render(bundle, {"photo": "a.png"})
    assert numpy.allclose(colour(rendered), (55, 155, 205), atol=1) and notes(rendered) == []
    assert asyncio.run(t.arender(bundle, {"photo": "a.png"})).frame == rendered.frame
    plain = t.render(t.open(folder(tmp_path, missing="original")), {"photo": "a.png"})
    assert colour(plain) == (200, 100, 50) and [code for code, _ in notes(plain)] == ["model-failed"]


def test_render_goes_on_to_the_next_choice(tmp_path: Path) -> None:
    def picky(pictures: list[t.Frame]) -> list[Any]:
        return [ValueError("too red") if colour(picture)[0] > 150 else picture for picture in pictures]

    place = folder(tmp_path, src=["{{ photo }}", "dark.png"])
    (place / "dark.png").write_bytes(photo((10, 20, 30)))
    given = t.Models()
    given.add_generator(manifest(), picky, identity="picky 1")
    assert colour(t.render(t.open(place, models=given), {"photo": "a.png"})) == (10, 20, 30)


def test_a_templates_own_models(tmp_path: Path) -> None:
    place = folder(tmp_path, model="mix")
    write_network(place / "models")
    bundle = t.open(place)
    assert [model.id for model in bundle.renderer.models] == ["mix"]
    drawn_once = t.render(bundle, {"photo": "a.png"})
    assert notes(drawn_once) == []
    again = pickle.loads(pickle.dumps(bundle))
    assert again == bundle and t.render(again, {"photo": "a.png"}, root=place).frame == drawn_once.frame
    assert t.open(place, models=place / "models") == bundle
    assert t.open(place, models=t.Models()) != bundle


def test_arender_can_be_cancelled(tmp_path: Path) -> None:
    started, go = threading.Event(), threading.Event()

    def slow(inputs: list[Any]) -> list[Any]:
        started.set()
        go.wait(10)
        return inputs

    given = t.Models()
    given.add(network(), slow, identity="slow 1")
    bundle = t.open(folder(tmp_path), models=given)

    async def main() -> None:
        task = asyncio.create_task(t.arender(bundle, {"photo": "a.png"}))
        await asyncio.to_thread(started.wait, 10)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        go.set()

    asyncio.run(main())


def test_models_are_pickled_as_what_they_were_made_of(tmp_path: Path) -> None:
    write_network(tmp_path / "models")
    made = t.Models(tmp_path / "models", limits=t.Limits(max_model_bytes=1 << 20))
    made.add(network(), inverted, identity="inverted 1")
    made.declare(network("far"), identity="far 1")
    again = pickle.loads(pickle.dumps(made))
    assert [(model.id, model.identity, model.runs) for model in again] == [
        (model.id, model.identity, model.runs) for model in made
    ]
    assert drawn(t.Renderer(models=again), template()).frame == drawn(t.Renderer(models=made), template()).frame
    renderer = pickle.loads(pickle.dumps(t.Renderer(models=made)))
    assert renderer == t.Renderer(models=made)
    made.add(network("local"), lambda inputs: inputs, identity="local 1")
    with pytest.raises((pickle.PicklingError, AttributeError, TypeError)):
        pickle.dumps(made)


def test_made_and_faces_are_pickled() -> None:
    made = job(t.Renderer(models=models()), template()).run()
    assert pickle.loads(pickle.dumps(made)) == made and t.Made.from_bytes(made.to_bytes()) == made
    assert made.frame is not None and made.faces is None and made.elapsed_us is not None
    face = t.Face((1, 2, 3, 4), 0.5, [(1, 2)])
    assert pickle.loads(pickle.dumps(face)) == face and face != t.Face((1, 2, 3, 4))
    found = t.Made.from_bytes(b'{"faces":[{"box":[1,2,3,4],"score":0.5,"points":[[1,2]]}]}')
    assert found.faces == (face,) and found.frame is None and pickle.loads(pickle.dumps(found)) == found


def rows(count: int) -> pa.RecordBatch:
    return pa.record_batch({"id": [str(i) for i in range(count)], "photo": [f"{i % 4}.png" for i in range(count)]})


def photos(place: Path) -> Path:
    for i in range(4):
        (place / f"{i}.png").write_bytes(photo((40 * i, 100, 50)))
    return place


def test_a_batch_runs_each_model_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    runs: list[int] = []

    def counted(pictures: list[t.Frame]) -> list[Any]:
        runs.append(len(pictures))
        return [255 - picture.to_numpy()[..., :3] for picture in pictures]

    given = t.Models()
    given.add_generator(manifest(runtime={"batch": 4}), counted, identity="counted 1")
    place = photos(folder(tmp_path))
    source = json.loads((place / "template.json").read_text())
    source["variants"] = {"small": {"size": [8, 8]}}
    (place / "template.json").write_text(json.dumps(source))
    monkeypatch.chdir(place)
    renderer = BatchRenderer(t.open(place, models=given), variants=[None, "small"], threads=2, now=0, format="png")
    pictures = pa.record_batch(renderer.render(rows(40))).to_pylist()
    assert len(pictures) == 80 and all(one["error"] is None for one in pictures)
    assert sum(runs) == 4, runs
    frame = t.Frame.decode(pictures[2]["picture"])
    assert colour(frame) == (215, 155, 205)
    drawn_in_chunks = [row for batch in renderer.iter(rows(40)) for row in pa.record_batch(batch).to_pylist()]
    assert [one["picture"] for one in drawn_in_chunks] == [one["picture"] for one in pictures]


def test_a_batch_with_models_that_fail(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def picky(pictures: list[t.Frame]) -> list[Any]:
        return [ValueError("too dark") if colour(picture)[0] == 0 else picture for picture in pictures]

    given = t.Models()
    given.add_generator(manifest(), picky, identity="picky 1")
    place = photos(folder(tmp_path, missing="error"))
    monkeypatch.chdir(place)
    pictures = pa.record_batch(BatchRenderer(t.open(place, models=given), threads=3, now=0).render(rows(8))).to_pylist()
    failed = [one["id"] for one in pictures if one["error"] is not None]
    assert failed == ["0", "4"] and "too dark" in pictures[0]["error"]["message"]


def test_ctrl_c_in_a_function_ends_a_batch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(_inputs: list[Any]) -> list[Any]:
        raise KeyboardInterrupt

    given = t.Models()
    given.add(network(), stop, identity="stop 1")
    place = photos(folder(tmp_path, missing="original"))
    monkeypatch.chdir(place)
    renderer = BatchRenderer(t.open(place, models=given), threads=2, now=0)
    with pytest.raises(KeyboardInterrupt):
        renderer.render(rows(8))
    with pytest.raises(KeyboardInterrupt):
        list(renderer.iter(rows(8)))


def test_the_batch_program_takes_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_network(tmp_path / "models")
    place = photos(folder(tmp_path, model="mix", missing="error"))
    (place / "feed.jsonl").write_text("".join(json.dumps({"id": str(i), "photo": f"{i}.png"}) + "\n" for i in range(4)))
    monkeypatch.chdir(place)
    given = ["feed.jsonl", "--template", str(place), "--out", str(tmp_path / "out"), "--now", "0", "--jobs", "2"]
    assert main([*given, "--models", str(tmp_path / "models")]) == 0
    (file,) = (tmp_path / "out/pictures").glob("*.parquet")
    import pyarrow.parquet as pq

    table = pq.read_table(file)
    assert table.num_rows == 4 and '"mix"' in table["report"][0].as_py()
    assert main(given) == 1  # without the folder the models are missing
