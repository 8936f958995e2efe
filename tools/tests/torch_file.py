"""Checkpoints as PyTorch writes them, without PyTorch: the same pickles and the same bytes around them, in both of its layouts.

PyTorch 1.13 reads these files, and `weights.checkpoint` reads PyTorch 1.13's: both were tried once.
"""

import io
import pickle
import struct
import sys
import types
import zipfile
from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy
from numpy.typing import NDArray

STORAGES = {
    "f4": "FloatStorage",
    "f8": "DoubleStorage",
    "f2": "HalfStorage",
    "i8": "LongStorage",
    "i4": "IntStorage",
    "u1": "ByteStorage",
}


class Part:
    """A tensor in the making: a view of `numbers`, by offset, shape and strides in numbers."""

    def __init__(self, numbers: NDArray[Any], offset: int, shape: tuple[int, ...], strides: tuple[int, ...]) -> None:
        self.numbers, self.offset, self.shape, self.strides = numbers, offset, shape, strides


def whole(values: NDArray[Any]) -> Part:
    """A tensor that is all of its storage."""
    values = numpy.ascontiguousarray(values)
    return Part(values.reshape(-1), 0, values.shape, tuple(step // values.itemsize for step in values.strides))


def state(weights: Mapping[str, NDArray[Any]]) -> "OrderedDict[str, Part]":
    """A `state_dict`, with the attribute that PyTorch puts on it."""
    made = OrderedDict((name, whole(values)) for name, values in weights.items())
    made._metadata = OrderedDict({"": {"version": 1}})  # type: ignore[attr-defined]
    return made


def write_zip(path: Path, saved: object) -> None:
    """As `torch.save` of 1.6 and later: stored entries, each number array aligned to 64 bytes by the header's extra field."""
    storages: list[NDArray[Any]] = []
    data = _pickle(saved, storages, legacy=False)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        entries = [("archive/data.pkl", data), ("archive/byteorder", b"little")]
        entries += [(f"archive/data/{key}", numbers.tobytes()) for key, numbers in enumerate(storages)]
        entries.append(("archive/version", b"3\n"))
        for name, body in entries:
            assert archive.fp is not None
            at = archive.fp.tell() + 30 + len(name) + 4
            info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            info.extra = struct.pack("<2sH", b"FB", -at % 64) + b"Z" * (-at % 64)
            archive.writestr(info, body)


def write_legacy(path: Path, saved: object) -> None:
    """As `torch.save` before 1.6: five pickles, then each storage as its count and its numbers."""
    storages: list[NDArray[Any]] = []
    body = _pickle(saved, storages, legacy=True)
    with open(path, "wb") as file:
        for facts in (
            0x1950A86A20F9469CFC6C,
            1001,
            {"protocol_version": 1001, "little_endian": True, "type_sizes": {"short": 2, "int": 4, "long": 4}},
        ):
            pickle.dump(facts, file, protocol=2)
        file.write(body)
        pickle.dump([str(key) for key in range(len(storages))], file, protocol=2)
        for numbers in storages:
            file.write(struct.pack("<q", numbers.size) + numbers.tobytes())


def _pickle(saved: object, storages: list[NDArray[Any]], legacy: bool) -> bytes:
    """PyTorch's names without PyTorch: modules of these names are there while the pickle is written, since a pickler looks a name up before it writes it."""
    torch, utils = types.ModuleType("torch"), types.ModuleType("torch._utils")
    for name in STORAGES.values():
        setattr(torch, name, type(name, (), {"__module__": "torch"}))

    def _rebuild_tensor_v2() -> None: ...

    _rebuild_tensor_v2.__module__, _rebuild_tensor_v2.__qualname__ = "torch._utils", "_rebuild_tensor_v2"
    utils._rebuild_tensor_v2 = _rebuild_tensor_v2  # type: ignore[attr-defined]

    class Named:
        def __init__(self, numbers: NDArray[Any]) -> None:
            self.numbers = numbers

    class Pickler(pickle.Pickler):
        def reducer_override(self, value: object) -> Any:
            if isinstance(value, Part):
                return _rebuild_tensor_v2, (
                    Named(value.numbers),
                    value.offset,
                    value.shape,
                    value.strides,
                    False,
                    OrderedDict(),
                )
            return NotImplemented

        def persistent_id(self, value: object) -> Any:
            if not isinstance(value, Named):
                return None
            key = next((at for at, numbers in enumerate(storages) if numbers is value.numbers), len(storages))
            if key == len(storages):
                storages.append(value.numbers)
            kind = getattr(torch, STORAGES[value.numbers.dtype.str[1:]])
            return ("storage", kind, str(key), "cpu", value.numbers.size, *([None] if legacy else []))

    before = {name: sys.modules.get(name) for name in ("torch", "torch._utils")}
    sys.modules.update({"torch": torch, "torch._utils": utils})
    try:
        out = io.BytesIO()
        Pickler(out, protocol=2).dump(saved)
    finally:
        for name, module in before.items():
            if module is None:
                del sys.modules[name]
            else:
                sys.modules[name] = module
    return out.getvalue()
