"""Batches that lie: capsules of other names, twice taken, arrays whose offsets point nowhere, texts that are no UTF-8.

A producer of Arrow's C data interface is trusted with its pointers, as the interface has it; what can be checked is checked, before it is read.
"""

import ctypes
from typing import Any

import numpy
import pyarrow
import pytest

import templrender as tr

TEMPLATE = b"""{ "templrender": 1, "name": "card", "size": [64, 32], "layers": [
    { "type": "text", "text": "{{ title }}", "left": 4, "top": 0, "width": 60, "height": 30, "font-size": 10 } ] }"""


def bundle() -> tr.Bundle:
    pack = tr.Pack()
    pack.add("template.json", TEMPLATE)
    return pack.open()


def read(batch: Any) -> list[object]:
    """Each row as a dictionary, or its error."""
    found: list[object] = []
    rows = tr.Rows(batch)
    for number in range(len(rows)):
        try:
            found.append(dict(rows[number]))
        except tr.Error as error:
            assert not isinstance(error, tr.BugError), error
            found.append(error.code)
    return found


class Array:
    """Something that says it is Arrow."""

    def __init__(self, answer: object) -> None:
        self.answer = answer

    def __arrow_c_array__(self, requested_schema: object = None) -> object:
        return self.answer() if callable(self.answer) else self.answer


def capsule(name: bytes | None, pointer: int = 0x1000) -> object:
    new = ctypes.pythonapi.PyCapsule_New
    new.restype, new.argtypes = ctypes.py_object, [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p]
    return new(pointer, name, None)


def raising() -> object:
    raise RuntimeError("no batch today")


NO_BATCHES: dict[str, object] = {
    "none": None, "text": "abc", "number": 1, "dictionary": {"a": [1]}, "list of dictionaries": [{"a": 1}], "answers none": Array(None), "answers a number": Array(3),
    "answers one": Array((capsule(b"arrow_schema"),)), "answers two numbers": Array((1, 2)), "other names": Array((capsule(b"schema"), capsule(b"array"))),
    "no names": Array((capsule(None), capsule(None))), "raises": Array(raising), "an array that is no batch": pyarrow.array([1, 2]),
}  # fmt: skip


@pytest.mark.parametrize("name", NO_BATCHES)
def test_what_is_no_batch(name: str) -> None:
    with pytest.raises((TypeError, ValueError, IndexError, RuntimeError, tr.Error)) as caught:
        tr.Rows(NO_BATCHES[name])
    assert not isinstance(caught.value, tr.BugError)


def test_names_that_are_exchanged() -> None:
    schema, array = pyarrow.record_batch({"a": [1]}).__arrow_c_array__()
    with pytest.raises((TypeError, ValueError, tr.Error)):
        tr.Rows(Array((array, schema)))


def test_a_batch_that_was_taken_already() -> None:
    taken = pyarrow.record_batch({"title": ["a"]}).__arrow_c_array__()
    assert read(Array(taken)) == [{"title": "a"}]
    with pytest.raises((TypeError, ValueError, tr.Error)):
        tr.Rows(Array(taken))


@pytest.mark.parametrize(
    "offsets", [[0, 5, 3], [-1, 2, 3], [0, 2**31 - 1, 3], [0, 1, 2**31 - 1], [3, 3, 3], [-(2**31), 0, 1]]
)
def test_offsets_that_point_nowhere(offsets: list[int]) -> None:
    memory = numpy.zeros(3, numpy.int32)  # pyarrow looks at them once, here, and they change later
    column = pyarrow.Array.from_buffers(
        pyarrow.string(), 2, [None, pyarrow.py_buffer(memory), pyarrow.py_buffer(b"abc")]
    )
    memory[:] = offsets
    try:
        read(pyarrow.record_batch([column], ["title"]))
    except (ValueError, tr.Error) as error:
        assert not isinstance(error, tr.BugError), error


def test_text_that_is_no_text() -> None:
    column = pyarrow.Array.from_buffers(
        pyarrow.string(),
        3,
        [None, pyarrow.array([0, 1, 3, 5], pyarrow.int32()).buffers()[1], pyarrow.py_buffer(b"a\xff\xfeb\xc3")],
    )
    first, second, third = read(pyarrow.record_batch([column], ["title"]))
    assert first == {"title": "a"}
    assert isinstance(second, str) and isinstance(third, str)


def test_dictionaries_whose_keys_are_not_there() -> None:
    column = pyarrow.DictionaryArray.from_arrays(
        pyarrow.array([0, 1, 7, -1], pyarrow.int8()), pyarrow.array(["a", "b"]), safe=False
    )
    found = read(pyarrow.record_batch([column], ["title"]))
    assert found[:2] == [{"title": "a"}, {"title": "b"}]
    assert all(isinstance(code, str) for code in found[2:])


def test_depth() -> None:
    kind = pyarrow.int64()
    for _ in range(200):
        kind = pyarrow.list_(kind)
    try:
        found = read(pyarrow.record_batch([pyarrow.array([None, []], kind)], ["title"]))
    except (ValueError, tr.Error) as error:
        assert not isinstance(error, tr.BugError), error
    else:
        assert len(found) == 2


def test_a_batch_outlives_whoever_made_it() -> None:
    import gc

    rows = tr.Rows(pyarrow.record_batch({"title": [f"row {number}" for number in range(1000)]}))
    gc.collect()
    pyarrow.default_memory_pool().release_unused()
    assert [row["title"] for row in (rows[number] for number in range(1000))] == [
        f"row {number}" for number in range(1000)
    ]
    with pytest.raises(IndexError):
        rows[1000]


def test_no_rows_and_no_columns() -> None:
    assert read(pyarrow.record_batch({"title": pyarrow.array([], pyarrow.string())})) == []
    assert len(tr.Rows(pyarrow.record_batch({"title": [1, 2, 3]}).select([]))) == 3


def test_a_stream_that_breaks() -> None:
    batch = pyarrow.record_batch({"title": ["a"], "id": ["1"]})

    def batches() -> Any:
        yield batch
        raise OSError("the disk is gone")

    with pytest.raises((OSError, tr.Error), match="the disk is gone"):
        tr.check_batches(bundle(), pyarrow.RecordBatchReader.from_batches(batch.schema, batches()), threads=2)


def test_slices_are_read_as_they_are() -> None:
    batch = pyarrow.record_batch({"title": ["a", None, "c", "d"], "n": [1, 2, None, 4], "b": [True, False, None, True]})
    assert read(batch.slice(1, 2)) == [{"title": None, "n": 2, "b": False}, {"title": "c", "n": None, "b": None}]
