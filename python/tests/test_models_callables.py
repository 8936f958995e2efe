"""Functions of Python's as what runs a model: what they get, what they may give, and what becomes of it."""

from __future__ import annotations

from typing import Any

import numpy
import PIL.Image
import pytest
from model_kit import MODELS, colour, drawn, job, manifest, network, notes, photo, template

import templrender as t


def renderer_of(function: Any, manifest: Any = None, add: str = "add", **keys: Any) -> t.Renderer:
    models = t.Models()
    getattr(models, add)(network() if manifest is None else manifest, function, identity="test 1", **keys)
    return t.Renderer(models=models)


def test_a_network_gets_arrays_of_its_own_and_gives_arrays() -> None:
    seen: list[Any] = []

    def inverted(inputs: list[Any]) -> list[Any]:
        seen.append(inputs[0].copy())
        inputs[0] *= -1  # its own to change
        return [inputs[0] + 1]

    rendered = drawn(renderer_of(inverted), template())
    (array,) = seen
    assert isinstance(array, numpy.ndarray) and array.dtype == numpy.float32 and array.shape == (1, 3, 8, 8)
    assert numpy.allclose(array[0, :, 4, 4], numpy.array([200, 100, 50]) / 255, atol=0.002)
    assert numpy.allclose(colour(rendered), (55, 155, 205), atol=1)
    model = rendered.report.layers[0].model
    assert model is not None and (model.id, model.engine) == ("tint", "test 1") and model.us is not None
    assert notes(rendered) == []


def test_render_runs_no_model() -> None:
    ran: list[int] = []
    renderer = renderer_of(lambda inputs: ran.append(1) or inputs)
    plan = renderer.plan(template(missing="hide"), {"photo": "a.png"})
    answers = t.Resources()
    answers.insert(plan.pending(answers)[0], photo())
    (need,) = plan.pending(answers)
    assert (need.kind, need.model, need.location, need.asset) == ("generated", "tint", None, None)
    assert {need.kind for need in plan.needs} == {"location", "generated"}
    renderer.render(plan, answers)
    assert not ran
    renderer.fill(plan, answers)
    assert ran == [1] and plan.pending(answers) == []
    renderer.fill(plan, answers)
    assert ran == [1]


@pytest.mark.parametrize("dtype", ["float64", "float16", "int32", ">f4", "complex64"])
def test_other_numbers_are_refused_by_their_name(dtype: str) -> None:
    renderer = renderer_of(lambda inputs: [inputs[0].astype(dtype)])
    with pytest.raises(t.ResourceError, match="output 0 must be an array of float32 or uint8, found ") as caught:
        job(renderer, template()).run()
    assert caught.value.code == "model-output" and caught.value.__cause__ is None


@pytest.mark.parametrize(
    "answer",
    [
        lambda x: x[:, :2],
        lambda x: x[:, :, :5],
        lambda x: x.reshape(3, 8, 8, 1),
        lambda x: numpy.full_like(x, numpy.nan),
        lambda x: numpy.full_like(x, numpy.inf),
        lambda x: x[:0],
        lambda x: numpy.broadcast_to(numpy.float32(0), (1, 3, 1 << 20, 1 << 20)),
        lambda x: "a text",
        lambda x: None,
        lambda x: 7,
    ],
)  # fmt: skip
def test_wrong_outputs_are_errors_of_the_model(answer: Any) -> None:
    with pytest.raises(t.ResourceError) as caught:
        job(renderer_of(lambda inputs: [answer(inputs[0])]), template()).run()
    assert caught.value.code == "model-output"


@pytest.mark.parametrize("answer", [None, 7, "text", b"bytes", [], numpy.zeros((1, 3, 8, 8), numpy.float32)])
def test_an_answer_must_be_a_list_of_all_outputs(answer: Any) -> None:
    with pytest.raises(t.ResourceError) as caught:
        job(renderer_of(lambda _inputs: answer), template()).run()
    assert caught.value.code == "model-output"


def test_what_the_buffer_protocol_and_array_give_will_do() -> None:
    wanted = numpy.full((1, 3, 8, 8), 0.5, numpy.float32)

    class Described:
        def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
            return wanted

    strided = numpy.full((1, 8, 8, 3), 0.5, numpy.float32).transpose(0, 3, 1, 2)
    view = memoryview(wanted.tobytes()).cast("B").cast("f", (1, 3, 8, 8))
    for answer in (wanted, strided, view, Described()):
        assert colour(drawn(renderer_of(lambda _inputs, answer=answer: [answer]), template())) == (128, 128, 128)


def test_without_numpy_it_is_a_memoryview_with_a_shape() -> None:
    import subprocess
    import sys

    code = """if True:
        import sys
        sys.modules["numpy"] = None
        import templrender as t
        seen = []
        def same(inputs):
            seen.append((type(inputs[0]), inputs[0].shape, inputs[0].format, inputs[0].readonly))
            return inputs
        models = t.Models()
        image = {"name": "image", "role": "image", "size": [8, 8], "scale": 0.00392156862745098}
        models.add({"id": "tint", "version": "1", "kind": "generator", "licence": "MIT", "inputs": [image],
                    "outputs": [{"name": "y", "role": "image", "range": [0, 1]}]}, same, identity="same 1")
        template = t.Template('{"templrender": 1, "name": "t", "size": [8, 8], "layers": '
                              '[{"type": "image", "src": "a.png", "width": 8, "height": 8, "model": "tint"}]}')
        renderer = t.Renderer(models=models)
        plan, answers = renderer.plan(template, {}), t.Resources()
        answers.insert(plan.pending(answers)[0], t.Frame(memoryview(bytes([9, 99, 199, 255] * 64)).cast("B", (8, 8, 4))))
        renderer.fill(plan, answers)
        frame = renderer.render(plan, answers).frame
        assert seen == [(memoryview, (1, 3, 8, 8), "f", False)], seen
        assert frame.to_rgba()[:4] == bytes([9, 99, 199, 255]), frame.to_rgba()[:4]
        print("done")
    """
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.stdout == "done\n", done.stderr


def test_uint8_goes_in_and_out() -> None:
    image = {"name": "image", "role": "image", "size": [8, 8], "dtype": "uint8", "layout": "nhwc"}
    output = {"name": "y", "role": "image", "range": [0, 255], "layout": "nhwc"}
    seen: list[Any] = []

    def halved(inputs: list[Any]) -> list[Any]:
        seen.append((inputs[0].dtype, inputs[0].shape))
        return [inputs[0] // 2]

    renderer = renderer_of(halved, manifest(inputs=[image], outputs=[output]))
    assert colour(drawn(renderer, template())) == (100, 50, 25)
    assert seen == [(numpy.uint8, (1, 8, 8, 3))]


@pytest.mark.parametrize("kind", ["frame", "pillow", "array"])
def test_a_generator_gives_pictures_of_any_kind_and_size(kind: str) -> None:
    def reddened(pictures: list[t.Frame]) -> list[Any]:
        assert all(type(picture) is t.Frame for picture in pictures)
        pixels = numpy.zeros((5, 7, 3), numpy.uint8)
        pixels[...] = 250, 1, 2
        return [{"frame": t.Frame(pixels), "pillow": PIL.Image.fromarray(pixels), "array": pixels}[kind] for _ in pictures]  # fmt: skip

    renderer = renderer_of(reddened, manifest(), "add_generator")
    assert colour(drawn(renderer, template())) == (250, 1, 2)
    assert job(renderer, template()).run().frame.size == (7, 5)  # type: ignore[union-attr]


def test_a_generator_must_answer_each_picture() -> None:
    with pytest.raises(t.ResourceError, match="one answer for each of 1 pictures, found 2"):
        job(renderer_of(lambda pictures: [*pictures, *pictures], manifest(), "add_generator"), template()).run()
    with pytest.raises(t.ResourceError, match="pixels must be a Frame"):
        job(renderer_of(lambda pictures: [b"no pixels"], manifest(), "add_generator"), template()).run()


def test_an_exception_in_a_pictures_place_is_its_failure() -> None:
    wrong = ValueError("too dark")
    with pytest.raises(t.ModelError, match="model tint: ValueError: too dark") as caught:
        job(renderer_of(lambda pictures: [wrong], manifest(), "add_generator"), template()).run()
    assert caught.value.__cause__ is wrong


@pytest.mark.parametrize("kind", ["uint8", "float32", "bool", "pillow"])
def test_a_matte_cuts_out(kind: str) -> None:
    def left_half(pictures: list[t.Frame]) -> list[Any]:
        alpha = numpy.zeros((4, 4), numpy.uint8)
        alpha[:, :2] = 255
        given = {"uint8": alpha, "float32": (alpha / 255).astype("f4"), "bool": alpha > 0, "pillow": PIL.Image.fromarray(alpha)}  # fmt: skip
        return [given[kind] for _ in pictures]

    renderer = renderer_of(left_half, manifest("front", "matte"), "add_matte")
    rendered = drawn(renderer, template(model=None, cutout="front"))
    pixels = rendered.frame.to_numpy()
    assert tuple(pixels[8, 1]) == (200, 100, 50, 255) and pixels[8, 14, 3] == 0
    cutout = rendered.report.layers[0].cutout
    assert cutout is not None and cutout.id == "front"


@pytest.mark.parametrize("mask", [numpy.zeros((2, 2, 2), "f4"), numpy.full((2, 2), numpy.nan, "f4"), "text", None])
def test_a_mask_must_be_one(mask: Any) -> None:
    with pytest.raises(t.ResourceError) as caught:
        job(renderer_of(lambda pictures: [mask], manifest("front", "matte"), "add_matte"), template(model=None, cutout="front")).run()  # fmt: skip
    assert caught.value.code == "model-output"


@pytest.mark.parametrize("face", [t.Face((24, 0, 8, 8), 0.9), (24, 0, 8, 8)])
def test_a_detector_places_by_its_face(face: Any) -> None:
    wide = numpy.zeros((16, 64, 3), numpy.uint8)
    wide[:, 24:32] = 255
    renderer = renderer_of(lambda pictures: [[face]], manifest("face", "detector"), "add_detector")
    keys = {"model": None, "object-fit": "cover", "object-position": "face"}
    rendered = drawn(renderer, template(**keys), t.Frame(wide).encode())
    assert colour(rendered) == (255, 255, 255)
    assert rendered.report.layers[0].face == (24.0, 0.0, 8.0, 8.0)


def test_no_face_is_an_answer_with_a_note() -> None:
    renderer = renderer_of(lambda pictures: [[]], manifest("face", "detector"), "add_detector")
    keys = {"model": None, "object-fit": "cover", "object-position": "face"}
    assert [code for code, _ in notes(drawn(renderer, template(**keys)))] == ["face-missing"]


@pytest.mark.parametrize("faces", [[(1, 2, 3)], ["face"], [(1, 2, float("nan"), 4)], None, [None]])
def test_faces_must_be_faces(faces: Any) -> None:
    renderer = renderer_of(lambda pictures: [faces], manifest("face", "detector"), "add_detector")
    keys = {"model": None, "object-fit": "cover", "object-position": "face"}
    with pytest.raises(t.ResourceError) as caught:
        job(renderer, template(**keys)).run()
    assert caught.value.code == "model-output"


def test_a_callable_needs_an_identity() -> None:
    class Net:
        identity = "net 3"

        def __call__(self, inputs: list[Any]) -> list[Any]:
            return inputs

    models = t.Models()
    with pytest.raises(t.ArgumentError, match="must have an identity"):
        models.add(network(), lambda inputs: inputs)
    with pytest.raises(t.ArgumentError, match="must have an identity"):
        models.add(network(), lambda inputs: inputs, identity=" ")
    with pytest.raises(TypeError, match="function must be callable, found int"):
        models.add(network(), 7)  # type: ignore[arg-type]
    models.add(network(), Net())
    assert models["tint"].engine == "net 3"


def test_the_identity_is_part_of_every_key() -> None:
    def plan(identity: str) -> tuple[str, str]:
        models = t.Models()
        models.add(network(), lambda inputs: inputs, identity=identity)
        renderer = t.Renderer(models=models)
        return renderer.plan(template(), {"photo": "a.png"}).key, job(renderer, template()).key

    assert plan("net 1") == plan("net 1")
    assert not set(plan("net 1")) & set(plan("net 2"))


def test_the_same_through_the_engine_and_through_a_function() -> None:
    ort = pytest.importorskip("onnxruntime")
    engine = t.Models(MODELS)
    picture = PIL.Image.open("templates/product-ad/rows/photos/bee.webp").convert("RGB").resize((256, 256))
    import io

    file = io.BytesIO()
    picture.save(file, "PNG")
    session = ort.InferenceSession("templates/models/multistyle26.onnx", providers=["CPUExecutionProvider"])
    names = [given.name for given in session.get_inputs()]
    functions = t.Models()
    functions.add(
        "templates/models/paint.json",
        lambda inputs: session.run(None, dict(zip(names, inputs, strict=True))),
        identity=f"onnxruntime {ort.__version__}",
    )
    frames = []
    for models in (engine, functions):
        made = job(t.Renderer(models=models), template(model="paint:mosaic"), file.getvalue()).run()
        assert made.frame is not None
        frames.append(numpy.asarray(made.frame).astype(int))
    assert abs(frames[0] - frames[1]).max() <= 1
    assert frames[0].std() > 10
