"""PyTorch's files: what was saved is read, what is not tensors is refused, what is broken fails as such."""

import os
import pickle
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy
import pytest
import torch_file
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from hypothesis.extra import numpy as arrays
from weights.checkpoint import Checkpoint, CheckpointError

WRITERS = [torch_file.write_zip, torch_file.write_legacy]
Writer = Callable[[Path, object], None]
VALUES = arrays.arrays(
    some.sampled_from(["<f4", "<f8", "<f2", "<i8", "<i4", "u1"]),
    arrays.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4),
)
SHARED_FOLDER = settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.mark.parametrize("write", WRITERS)
@SHARED_FOLDER
@given(weights=some.dictionaries(some.text("abc.", min_size=1, max_size=8), VALUES, max_size=5))
def test_what_was_saved_is_read(write: Writer, tmp_path: Path, weights: dict[str, Any]) -> None:
    write(tmp_path / "a.pt", {"genA2B": torch_file.state(weights), "step": 7})
    checkpoint = Checkpoint(tmp_path / "a.pt")
    for name, values in weights.items():
        numpy.testing.assert_array_equal(checkpoint.numbers(checkpoint.saved["genA2B"][name]), values)
    assert checkpoint.saved["step"] == 7
    assert list(checkpoint.state("genA2B")) == list(weights)


@pytest.mark.parametrize("write", WRITERS)
def test_views_of_one_storage_are_read_by_their_strides(write: Writer, tmp_path: Path) -> None:
    numbers = numpy.arange(24, dtype="<f4")
    views = {"turned": torch_file.Part(numbers, 0, (6, 4), (1, 6)), "part": torch_file.Part(numbers, 5, (2, 3), (8, 2))}
    write(tmp_path / "a.pt", views)
    found = Checkpoint(tmp_path / "a.pt").state()
    numpy.testing.assert_array_equal(found["turned"], numbers.reshape(4, 6).T)
    numpy.testing.assert_array_equal(found["part"], [[5, 7, 9], [13, 15, 17]])


def test_a_parallel_training_s_names_lose_their_module(tmp_path: Path) -> None:
    torch_file.write_zip(tmp_path / "a.pt", torch_file.state({"module.FC.0.weight": numpy.ones(3, "<f4")}))
    assert list(Checkpoint(tmp_path / "a.pt").state("genA2B")) == ["FC.0.weight"]


def test_a_part_that_is_not_there_is_named_with_what_is(tmp_path: Path) -> None:
    torch_file.write_zip(tmp_path / "a.pt", {"disGA": torch_file.state({"x": numpy.ones(3, "<f4")})})
    with pytest.raises(CheckpointError, match="weights were looked for under 'genA2B', found disGA$"):
        Checkpoint(tmp_path / "a.pt").state("genA2B")


class Runs:
    """Pickles as a call of anything."""

    def __init__(self, call: Any, *arguments: object) -> None:
        self.call, self.arguments = call, arguments

    def __reduce__(self) -> Any:
        return self.call, self.arguments


def hostile(tmp_path: Path) -> dict[str, bytes]:
    """Pickles that do something when Python's own `pickle.load` reads them."""
    mark = str(tmp_path / "was-here")
    return {
        "os.mkdir": pickle.dumps({"genA2B": Runs(os.mkdir, mark)}, 2),
        "builtins.eval": pickle.dumps(Runs(eval, f"__import__('os').mkdir({mark!r})"), 4),
        "builtins.getattr": pickle.dumps(Runs(getattr, {}, "keys"), 2),
        "a dotted name": b"\x80\x04\x8c\x0bcollections\x8c\x1cOrderedDict.__init__.__globals__\x93.",
        "the old INST": f"(S'{mark}'\nios\nmkdir\n.".encode(),
        "the old GLOBAL": f"cos\nmkdir\n(S'{mark}'\ntR.".encode(),
        "numpy": pickle.dumps(numpy.ones(3), 2),
        "a storage that is called": b"\x80\x02ctorch\nFloatStorage\n(K\x05tR.",
        "a storage's attribute": b"\x80\x02ctorch\nFloatStorage\n}X\x04\x00\x00\x00callX\x01\x00\x00\x00xsb.",
        "another function of PyTorch": b"\x80\x02ctorch\nload\n(X\x01\x00\x00\x00xtR.",
        "a persistent id of text": b"Pstorage\n.",
    }


@pytest.mark.parametrize("name", list(hostile(Path("/nowhere"))))
def test_a_pickle_that_is_more_than_tensors_is_refused(name: str, tmp_path: Path) -> None:
    body = hostile(tmp_path)[name]
    with zipfile.ZipFile(tmp_path / "a.pt", "w") as archive:
        archive.writestr("archive/data.pkl", body)
    with pytest.raises(CheckpointError):
        Checkpoint(tmp_path / "a.pt")
    (tmp_path / "b.pt").write_bytes(body)
    with pytest.raises(CheckpointError):
        Checkpoint(tmp_path / "b.pt")
    assert not (tmp_path / "was-here").exists()


def test_the_hostile_pickles_are_hostile(tmp_path: Path) -> None:
    pickle.loads(hostile(tmp_path)["os.mkdir"])
    assert (tmp_path / "was-here").exists()


@pytest.mark.parametrize(
    ("part", "says"),
    [
        (
            torch_file.Part(numpy.zeros(4, "<f4"), 0, (5,), (1,)),
            "a tensor must lie within its 4 numbers, found one that ends at 4",
        ),
        (
            torch_file.Part(numpy.zeros(4, "<f4"), 3, (2,), (1,)),
            "a tensor must lie within its 4 numbers, found one that ends at 4",
        ),
        (torch_file.Part(numpy.zeros(4, "<f4"), 0, (2,), (-1,)), "nothing below 0"),
        (torch_file.Part(numpy.zeros(4, "<f4"), -1, (2,), (1,)), "nothing below 0"),
        (torch_file.Part(numpy.zeros(4, "<f4"), 0, (2, 2), (1,)), "as many strides as axes"),
        (
            torch_file.Part(numpy.zeros(4, "<f4"), 0, (1 << 40, 1 << 20), (0, 0)),
            "a tensor must lie within its 4 numbers",
        ),
    ],
)
def test_a_view_outside_its_storage_is_refused(part: torch_file.Part, says: str, tmp_path: Path) -> None:
    for write in WRITERS:
        write(tmp_path / "a.pt", {"x": part})
        with pytest.raises(CheckpointError, match=says):
            Checkpoint(tmp_path / "a.pt").state()


def test_a_storage_of_another_size_is_refused(tmp_path: Path) -> None:
    torch_file.write_zip(tmp_path / "a.pt", {"x": torch_file.whole(numpy.zeros(64, "<f4"))})
    with zipfile.ZipFile(tmp_path / "a.pt") as archive, zipfile.ZipFile(tmp_path / "b.pt", "w") as short:
        short.writestr("archive/data.pkl", archive.read("archive/data.pkl"))
        short.writestr("archive/data/0", b"\0" * 100)
    with pytest.raises(CheckpointError, match="storage 0 must have 256 bytes, found 100"):
        Checkpoint(tmp_path / "b.pt").state()


@pytest.mark.parametrize("write", WRITERS)
@SHARED_FOLDER
@given(
    cut=some.integers(0, 10_000),
    flips=some.lists(some.tuples(some.integers(0, 10_000), some.integers(0, 255)), max_size=3),
)
def test_a_broken_file_is_an_error_of_ours(
    write: Writer, tmp_path: Path, cut: int, flips: list[tuple[int, int]]
) -> None:
    write(tmp_path / "whole.pt", torch_file.state({"a": numpy.ones((2, 3), "<f4"), "b": numpy.ones(40, "<i8")}))
    data = bytearray((tmp_path / "whole.pt").read_bytes())
    for at, value in flips:
        data[at % len(data)] = value
    (tmp_path / "a.pt").write_bytes(data[: len(data) - cut % len(data)])
    try:
        found = Checkpoint(tmp_path / "a.pt").state()
    except CheckpointError as why:
        assert str(why).startswith(str(tmp_path))
    else:
        assert set(map(type, found.values())) <= {numpy.ndarray}


def test_what_is_no_checkpoint_says_so(tmp_path: Path) -> None:
    (tmp_path / "a.pt").write_bytes(pickle.dumps({"weights": [1, 2]}))
    with pytest.raises(
        CheckpointError, match="a checkpoint begins as a zip or with PyTorch's magic number, found neither"
    ):
        Checkpoint(tmp_path / "a.pt")
