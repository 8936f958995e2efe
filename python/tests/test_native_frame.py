"""Frames: pixels in from arrays and Pillow, out as buffers, arrays, pictures and files."""

from __future__ import annotations

import array
import gc
import hashlib
import io
import os
import sys
from pathlib import Path

import numpy
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from PIL import Image

import templrender as t

PIXELS = st.tuples(st.integers(1, 9), st.integers(1, 9)).flatmap(lambda size: arrays.arrays(numpy.uint8, (*size, 4)))


def premultiplied(straight: numpy.ndarray) -> numpy.ndarray:
    alpha = straight[..., 3:].astype(numpy.uint32)
    colour = (straight[..., :3].astype(numpy.uint32) * alpha + 127) // 255
    return numpy.concatenate([colour, alpha], axis=2).astype(numpy.uint8)


@given(PIXELS)
@settings(deadline=None)
def test_a_frame_is_its_pixels_premultiplied(straight: numpy.ndarray) -> None:
    frame = t.Frame(straight)
    height, width, _ = straight.shape
    assert (frame.width, frame.height, frame.size) == (width, height, (width, height))
    assert numpy.array_equal(numpy.asarray(frame), premultiplied(straight))
    assert frame.is_opaque == bool((straight[..., 3] == 255).all())
    assert numpy.array_equal(frame.to_numpy().ravel(), numpy.frombuffer(frame.to_rgba(), numpy.uint8))
    assert t.Frame(frame.to_numpy()) == frame == t.Frame(frame.to_pil()) == t.Frame(frame)
    for output in (t.Output.png(), t.Output.png(effort="small"), t.Output.webp()):
        assert t.Frame.decode(frame.encode(output)) == frame
    assert hash(t.Frame(straight.copy())) == hash(frame)


def drawn(kind: str, width: int, height: int, seed: int) -> numpy.ndarray:
    """Straight RGBA of one kind."""
    random = numpy.random.default_rng(seed)
    y, x = numpy.mgrid[:height, :width]
    straight = numpy.full((height, width, 4), 255, numpy.uint8)
    match kind:
        case "gradient":
            straight[..., :3] = numpy.stack([(x + y) // 7, (x + y) // 3, x // 2 + y], axis=2) & 255
        case "noise":
            straight[:] = random.integers(0, 256, straight.shape)
        case "flat":
            straight[:] = random.integers(0, 256, (1 + seed % 300, 4))[(x // 9 + y // 5 * 31) % (1 + seed % 300)]
        case _:
            straight[..., :3] = (
                128 + 90 * numpy.sin(x / 17 + y / 29)[..., None] + random.normal(0, 3, (height, width, 3))
            )
    return straight


@given(
    st.sampled_from(["gradient", "noise", "flat", "photo"]),
    st.integers(1, 300),
    st.integers(1, 90),
    st.integers(0, 999),
)
@settings(deadline=None, max_examples=40)
def test_pillow_reads_the_same_pixels_from_a_png(kind: str, width: int, height: int, seed: int) -> None:
    frame = t.Frame(drawn(kind, width, height, seed))
    for effort in ("fast", "small"):
        with Image.open(io.BytesIO(frame.encode(t.Output.png(effort=effort)))) as picture:
            assert numpy.array_equal(numpy.asarray(picture.convert("RGBA")), frame.to_numpy())


def test_the_buffer_is_the_frame_itself() -> None:
    frame = t.Frame(numpy.arange(3 * 5 * 4, dtype=numpy.uint8).reshape(3, 5, 4))
    view = memoryview(frame)
    assert (view.shape, view.strides, view.format, view.itemsize, view.nbytes) == ((3, 5, 4), (20, 4, 1), "B", 1, 60)
    assert view.readonly and view.c_contiguous and not view.f_contiguous
    with pytest.raises(TypeError):
        view[0, 0, 0] = 1
    first, second = numpy.asarray(frame), numpy.asarray(frame)
    assert first.__array_interface__["data"] == second.__array_interface__["data"] == (first.ctypes.data, True)
    assert not first.flags.writeable
    with pytest.raises(ValueError):
        first.flags.writeable = True
    assert bytes(frame) == view.tobytes() == first.tobytes()
    assert hashlib.sha256(frame).digest() == hashlib.sha256(bytes(frame)).digest()
    before = sys.getrefcount(frame)
    del view, first, second
    gc.collect()
    assert sys.getrefcount(frame) == before - 3
    kept = numpy.asarray(t.Frame(numpy.full((64, 64, 4), 255, numpy.uint8)))
    gc.collect()
    assert (kept == 255).all(), "the view keeps its frame"


def test_an_opaque_frame_is_an_array_without_a_copy() -> None:
    frame = t.Frame(numpy.full((4, 6, 3), 7, numpy.uint8))
    assert frame.to_numpy().ctypes.data == numpy.asarray(frame).ctypes.data
    clear = t.Frame(numpy.full((4, 6, 4), 7, numpy.uint8))
    assert clear.to_numpy().ctypes.data != numpy.asarray(clear).ctypes.data
    assert (clear.to_numpy().shape, clear.to_numpy().dtype, clear.to_numpy().flags.writeable) == (
        (4, 6, 4),
        numpy.uint8,
        False,
    )


def test_arrays_of_any_order_are_read() -> None:
    straight = numpy.random.default_rng(1).integers(0, 256, (6, 8, 4), numpy.uint8)
    frame = t.Frame(straight)
    assert t.Frame(numpy.asfortranarray(straight)) == frame
    assert t.Frame(straight[::-1][::-1]) == frame
    assert t.Frame(straight[::2, ::-1]) == t.Frame(straight[::2, ::-1].copy())
    assert t.Frame(memoryview(straight)) == frame
    flat = array.array("B", straight.tobytes())
    assert t.Frame(memoryview(flat).cast("B", (6, 8, 4))) == frame
    rgb, grey = straight[..., :3], straight[..., 0]
    opaque = numpy.full((6, 8, 4), 255, numpy.uint8)
    opaque[..., :3] = rgb
    assert t.Frame(rgb) == t.Frame(opaque)
    opaque[..., :3] = grey[..., None]
    assert t.Frame(grey) == t.Frame(opaque)


class Described:
    """What tells of its pixels by `__array_interface__` alone."""

    def __init__(self, pixels: numpy.ndarray) -> None:
        self.kept = pixels
        self.__array_interface__ = pixels.__array_interface__


def test_pixels_that_are_only_described_are_read() -> None:
    pixels = numpy.random.default_rng(2).integers(0, 256, (3, 3, 4), numpy.uint8)
    assert t.Frame(Described(pixels)) == t.Frame(pixels)


def test_writable_pixels_are_copied_at_once() -> None:
    pixels = numpy.full((4, 4, 4), 9, numpy.uint8)
    frame = t.Frame(pixels)
    before = bytes(frame)
    pixels[:] = 0
    assert bytes(frame) == before


@pytest.mark.parametrize(
    "mode",
    ["1", "L", "LA", "P", "PA", "RGB", "RGBA", "RGBa", "CMYK", "YCbCr", "HSV", "I", "F", "I;16", "LAB", "RGBX", "La"],
)
def test_pictures_of_pillow_are_what_pillow_says_they_are(mode: str) -> None:
    ramp = Image.fromarray(numpy.random.default_rng(3).integers(0, 256, (5, 7, 4), numpy.uint8), "RGBA")
    try:
        picture = ramp.convert(mode)
    except ValueError:
        picture = Image.new(mode, (7, 5))
    try:
        wanted = picture.convert("RGBA")
    except ValueError:
        with pytest.raises(ValueError):
            t.Frame(picture)
        return
    assert t.Frame(picture) == t.Frame(numpy.asarray(wanted))


def test_transparency_beside_the_mode_is_seen() -> None:
    for mode, clear in (("P", 0), ("L", 3), ("RGB", (1, 2, 3))):
        picture = Image.new(mode, (4, 4), clear)
        picture.info["transparency"] = clear
        frame = t.Frame(picture)
        assert not frame.is_opaque and frame == t.Frame(picture.convert("RGBA")), mode


def test_frames_go_to_pillow() -> None:
    opaque = t.Frame(numpy.full((2, 3, 3), 9, numpy.uint8)).to_pil()
    assert (opaque.mode, opaque.size, opaque.getpixel((0, 0))) == ("RGB", (3, 2), (9, 9, 9))
    opaque.putpixel((0, 0), (1, 1, 1))
    clear = t.Frame(numpy.full((2, 3, 4), 128, numpy.uint8)).to_pil()
    assert (clear.mode, clear.getpixel((0, 0))) == ("RGBA", (128, 128, 128, 128))


@pytest.mark.parametrize(
    "pixels, found",
    [
        (numpy.zeros((4, 4), numpy.float32), r"float32 of shape \(4, 4\)"),
        (numpy.zeros((4, 4, 4), numpy.uint16), r"uint16 of shape \(4, 4, 4\)"),
        (numpy.zeros((4, 4, 4), numpy.int8), r"int8 of shape \(4, 4, 4\)"),
        (numpy.zeros((4, 4, 4), bool), r"bool of shape \(4, 4, 4\)"),
        (numpy.zeros((4, 4, 2), numpy.uint8), r"uint8 of shape \(4, 4, 2\)"),
        (numpy.zeros((1, 4, 4, 4), numpy.uint8), r"uint8 of shape \(1, 4, 4, 4\)"),
        (numpy.zeros((), numpy.uint8), r"uint8 of shape \(\)"),
        (b"bytes", "bytes"),
        (numpy.zeros(16, numpy.uint8), "ndarray"),
        (memoryview(bytes(32)).cast("H", (4, 4)), "shape"),
    ],
)
def test_what_are_no_pixels_is_said_with_what_was_found(pixels: object, found: str) -> None:
    with pytest.raises(TypeError, match=f"pixels must be a Frame, .*, found .*{found}"):
        t.Frame(pixels)


def test_sizes_are_compared_before_memory_is_taken() -> None:
    # a gigabyte of pixels that are all the same byte
    huge = numpy.lib.stride_tricks.as_strided(numpy.zeros(1, numpy.uint8), (16384, 16384, 4), (0, 0, 0))
    with pytest.raises(t.ResourceError, match="picture has 268435456 px, over the limit of 64000000"):
        t.Frame(huge)
    with pytest.raises(t.ResourceError, match="picture is 5x3 px, over the limit of 4 px a side"):
        t.Frame(numpy.zeros((3, 5), numpy.uint8), limits=t.Limits(max_side_px=4))
    with pytest.raises(t.ResourceError):
        t.Frame(Image.new("L", (5, 3)), limits=t.Limits(max_side_px=4))
    with pytest.raises(t.ResourceError):
        t.Frame(t.Frame(Image.new("L", (5, 3))), limits=t.Limits(max_side_px=4))
    for empty in (numpy.zeros((0, 3), numpy.uint8), numpy.zeros((3, 0, 4), numpy.uint8)):
        with pytest.raises(t.ArgumentError, match="at least 1x1 px"):
            t.Frame(empty)
    with pytest.raises(t.ResourceError, match="over the limit"):
        t.Frame.decode(t.Frame(numpy.zeros((3, 5), numpy.uint8)).encode(), limits=t.Limits(max_pixels=14))


def test_a_large_jpeg_is_decoded_small() -> None:
    photo = t.Frame(numpy.full((640, 800, 3), 90, numpy.uint8)).encode(t.Output.jpeg())
    assert t.Frame.decode(photo).size == (800, 640)
    assert t.Frame.decode(photo, at_least=(100, 80)).size == (100, 80)
    width, height = t.Frame.decode(photo, at_least=(101, 80)).size
    assert 101 <= width < 800 and 80 <= height < 640


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    frame = t.Frame(numpy.full((4, 4, 4), 128, numpy.uint8))
    for name, start in (
        ("a.png", b"\x89PNG"),
        ("a.JPG", b"\xff\xd8"),
        ("a.jpeg", b"\xff\xd8"),
        ("a.webp", b"RIFF"),
        ("a", b"\x89PNG"),
        ("a.dat", b"\x89PNG"),
    ):
        for path in (tmp_path / name, str(tmp_path / name)):
            frame.save(path)
            assert (tmp_path / name).read_bytes().startswith(start)
    frame.save(tmp_path / "b.png", t.Output.jpeg(50))
    assert (tmp_path / "b.png").read_bytes() == frame.encode(t.Output.jpeg(50))
    names = sorted(os.listdir(tmp_path))
    (tmp_path / "folder").mkdir()
    with pytest.raises(FileNotFoundError):
        frame.save(tmp_path / "none" / "a.png")
    with pytest.raises(OSError):
        frame.save(tmp_path / "folder")
    with pytest.raises(OSError):
        frame.save("/")
    for wrong in (None, 3, b"a\0b".decode()):
        with pytest.raises((TypeError, ValueError, OSError)):
            frame.save(wrong)  # type: ignore[arg-type]
    assert sorted(os.listdir(tmp_path)) == sorted([*names, "folder"]), "nothing is left beside"
    assert (tmp_path / "a.png").stat().st_mode & 0o777 == 0o666 & ~umask()


def umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def test_a_notebook_shows_a_frame() -> None:
    frame = t.Frame(numpy.zeros((2, 2), numpy.uint8))
    assert frame._repr_png_() == frame.encode() and repr(frame) == "<Frame 2x2>"
