"""Bytes that go in: borrowed where nobody can change them, copied where somebody could, given back when nobody needs them."""

from __future__ import annotations

import array
import gc
import mmap
import sys
import threading
import weakref
from pathlib import Path
from typing import Any

import numpy
import pytest

import templrender as t

TEMPLATE = t.Template("""{ "templrender": 1, "name": "a", "size": [8, 8],
    "layers": [{ "type": "image", "src": "{{ photo }}", "width": 8, "height": 8 }] }""")
RENDERER = t.Renderer()
PLAN = RENDERER.plan(TEMPLATE, {"photo": "a.png"})
NEED = PLAN.needs[0]


def png(tint: int = 200) -> bytes:
    pixels = numpy.full((8, 8, 4), tint, numpy.uint8)
    pixels[..., 3] = 255
    return t.Frame(pixels).encode()


PNG = png()


def drawn(resources: t.Resources) -> bytes:
    return RENDERER.render(PLAN, resources).frame.to_rgba()


def references(owner: object) -> int:
    gc.collect()
    return sys.getrefcount(owner)


class Named(bytes):
    """Bytes that can be watched."""


def test_bytes_are_borrowed_and_given_back() -> None:
    data = Named(PNG)
    before = references(data)
    resources = t.Resources()
    resources.insert(NEED, data)
    assert references(data) == before + 1
    copied = resources.copy()
    assert references(data) == before + 1, "a copy shares them"
    del resources
    assert references(data) == before + 1
    assert drawn(copied) == drawn(copied)
    del copied
    assert references(data) == before


def test_a_borrowed_buffer_lives_as_long_as_its_answers() -> None:
    view = numpy.frombuffer(PNG, numpy.uint8)
    gone = weakref.ref(view)
    resources = answered(view)
    del view
    gc.collect()
    assert gone() is not None and drawn(resources) == drawn(answered(PNG))
    del resources
    gc.collect()
    assert gone() is None


def test_answers_may_be_dropped_by_any_thread_while_another_draws() -> None:
    data = Named(PNG)
    before = references(data)
    wanted = drawn(answered(data))
    for _ in range(20):
        resources = [answered(data)]

        def work(resources: list[t.Resources] = resources) -> None:
            assert drawn(resources[0]) == wanted
            resources.clear()

        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
    assert references(data) == before


def answered(data: Any) -> t.Resources:
    resources = t.Resources()
    resources.insert(NEED, data)
    return resources


def test_a_need_that_is_answered_again_lets_the_first_answer_go() -> None:
    first, second = Named(PNG), Named(png(30))
    before = references(first)
    resources = answered(first)
    resources.insert(NEED.id, second)
    assert references(first) == before and len(resources) == 1
    assert drawn(resources) == drawn(answered(png(30)))
    resources.fail(NEED, "gone")
    assert references(second) == before


def test_what_can_be_written_to_is_copied() -> None:
    wanted = drawn(answered(PNG))
    for make in (
        bytearray,
        lambda data: numpy.frombuffer(data, numpy.uint8).copy(),
        lambda data: array.array("B", data),
    ):
        data: Any = make(PNG)
        resources = answered(data)
        memoryview(data)[:] = bytes(len(PNG))
        assert drawn(resources) == wanted
    data = bytearray(PNG)
    resources = answered(memoryview(data).toreadonly())
    data[:] = bytes(len(PNG))
    data.clear()
    assert drawn(resources) == wanted, "a read-only view says nothing about its owner, which is not locked either"
    owner = numpy.frombuffer(PNG, numpy.uint8).copy()
    view = owner[:]
    view.flags.writeable = False
    resources = answered(view)
    owner[:] = 0
    assert drawn(resources) == wanted


def test_what_nobody_can_write_to_is_borrowed_through_its_views(tmp_path: Path) -> None:
    wanted = drawn(answered(PNG))
    data = Named(b"??" + PNG)
    before = references(data)
    views = [
        memoryview(data)[2:],
        numpy.frombuffer(data, numpy.uint8)[2:],
        memoryview(numpy.frombuffer(data, numpy.uint8))[2:],
    ]
    with_views = references(data)
    assert with_views > before
    for view in views:
        resources = answered(view)
        assert references(data) == with_views, "the view that is kept shares the export"
        assert drawn(resources) == wanted
    kept = answered(memoryview(data)[2:])
    del views, view, resources
    assert references(data) == before + 1
    released = memoryview(data)[2:]
    again = answered(released)
    released.release()
    assert drawn(again) == drawn(kept) == wanted
    path = tmp_path / "a.png"
    path.write_bytes(PNG)
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
        resources = answered(mapped)
        assert drawn(resources) == wanted
        with pytest.raises(BufferError):
            mapped.close()
        del resources
        gc.collect()
    with path.open("r+b") as file, mmap.mmap(file.fileno(), 0) as mapped:
        resources = answered(mapped)
        mapped[:] = bytes(len(PNG))
        assert drawn(resources) == wanted


def test_buffers_of_arrow_are_borrowed() -> None:
    arrow = pytest.importorskip("pyarrow")
    buffer = arrow.py_buffer(PNG)
    before = references(buffer)
    resources = answered(buffer)
    assert references(buffer) > before and drawn(resources) == drawn(answered(PNG))


def test_strides_do_not_matter() -> None:
    spread = numpy.zeros(2 * len(PNG), numpy.uint8)
    spread[::2] = numpy.frombuffer(PNG, numpy.uint8)
    assert drawn(answered(spread[::2])) == drawn(answered(PNG)) == drawn(answered(memoryview(PNG[::-1])[::-1]))


@pytest.mark.parametrize("wrap", [bytes, bytearray, memoryview, lambda data: memoryview(bytearray(data))])
def test_what_is_over_the_limit_is_refused_and_counts_as_failed(wrap: Any) -> None:
    resources = t.Resources(limits=t.Limits(max_input_bytes=len(PNG) - 1))
    with pytest.raises(
        t.ResourceError,
        match=f"resource {NEED.id:016x}: picture has {len(PNG)} bytes, over the limit of {len(PNG) - 1}",
    ):
        resources.insert(NEED, wrap(PNG))
    assert len(resources) == 1 and PLAN.pending(resources) == []
    with pytest.raises(t.ResourceError, match="over the limit"):
        t.Frame.decode(wrap(PNG), limits=t.Limits(max_input_bytes=len(PNG) - 1))


def test_pixels_over_the_limit_are_refused_and_count_as_failed() -> None:
    for pixels in (numpy.zeros((8, 8), numpy.uint8), t.Frame(numpy.zeros((8, 8), numpy.uint8))):
        resources = t.Resources(limits=t.Limits(max_side_px=7))
        with pytest.raises(
            t.ResourceError, match=f"resource {NEED.id:016x}: picture is 8x8 px, over the limit of 7 px a side"
        ):
            resources.insert(NEED, pixels)
        assert len(resources) == 1 and PLAN.pending(resources) == []


def test_bytes_that_are_no_picture_fail_with_their_reason() -> None:
    resources = t.Resources()
    for data in (b"", b"<!doctype html><title>404</title>", PNG[:20], bytearray()):
        with pytest.raises(t.ResourceError) as caught:
            resources.insert(NEED, data)
        assert caught.value.faults[0].place == f"resource {NEED.id:016x}"
    assert PLAN.pending(resources) == []


@pytest.mark.parametrize(
    "wrong, found",
    [
        (None, "NoneType"),
        ("a.png", "str"),
        (3, "int"),
        ([1, 2], "list"),
        (Path("a.png"), "Path"),
        (array.array("I", [1, 2]), "format 'I'|format \"I\""),
        (numpy.zeros(5, numpy.float32), "float32"),
        (numpy.zeros((2, 2, 2, 2), numpy.uint8), "shape"),
        (numpy.array(["2026"], "datetime64[Y]"), "datetime64"),
        (object(), "object"),
    ],
)
def test_anything_else_is_a_type_error(wrong: Any, found: str) -> None:
    for call in (lambda: t.Resources().insert(NEED, wrong), lambda: t.Frame(wrong)):
        with pytest.raises(TypeError, match=found):
            call()
    for call in (lambda: t.Frame.decode(wrong), lambda: t.Pack().add("a", wrong), lambda: t.Fonts([wrong])):
        with pytest.raises(TypeError):
            call()
    for need in (wrong, True, -1, 1 << 64, 1.5):
        with pytest.raises(
            TypeError,
            match="need must be a Need or its id" if not isinstance(need, int) or need != 3 else "picture|must be",
        ):
            t.Resources().insert(need, wrong)


def test_reasons_are_texts_and_exceptions() -> None:
    for why, said in (
        ("the server said 404", "the server said 404"),
        (OSError("no route"), "no route"),
        (TimeoutError(), "TimeoutError"),
    ):
        resources = t.Resources()
        resources.fail(NEED, why)
        with pytest.raises(t.ResourceError, match=f"a.png: {said}"):
            RENDERER.render(RENDERER.plan(t.Template(TEMPLATE.json.replace('"{{ photo }}"', '"a.png"')), {}), resources)
    for wrong in (None, 404, OSError, b"x"):
        with pytest.raises(TypeError, match="why must be str or an exception"):
            t.Resources().fail(NEED, wrong)  # type: ignore[arg-type]
