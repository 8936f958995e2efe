"""PyTorch's checkpoint files, read without PyTorch and without running what they say.

Two layouts come in: the zip of PyTorch 1.6 and later (`NAME/data.pkl`, `NAME/data/0`, ...) and the older stream of pickles followed by the numbers. Out goes
what was saved, with `Tensor`s that read their numbers when they are asked for: a checkpoint of two generators and four discriminators is 1-3 GB, and one
generator is wanted.

A pickle is a program. Here it may name OrderedDict, two functions that put tensors together and the storages of plain numbers, and nothing else; those are
replaced by ours, so nothing of PyTorch is imported. Every size is compared with the file's before anything is read.
"""

import io
import math
import os
import pickle
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy
from numpy.typing import NDArray

MAX_PICKLE_BYTES = 16 << 20  # names and shapes alone: 14 kB for a CycleGAN, 300 kB for all of U-GAT-IT's networks
LEGACY_MAGIC = 0x1950A86A20F9469CFC6C
LEGACY_PROTOCOL = 1001
DTYPES: Mapping[str, str] = {
    "FloatStorage": "<f4", "DoubleStorage": "<f8", "HalfStorage": "<f2",
    "LongStorage": "<i8", "IntStorage": "<i4", "ShortStorage": "<i2", "CharStorage": "i1", "ByteStorage": "u1", "BoolStorage": "?",
}  # fmt: skip


class CheckpointError(ValueError):
    """A file that is no checkpoint, is broken, or asks for more than tensors."""


class _Made:
    """What a pickle can make and cannot change: its BUILD asks for `__setstate__` before anything else."""

    __slots__ = ()

    def __setstate__(self, state: object) -> None:
        raise pickle.UnpicklingError(f"what was made stays as it is, found a new state for a {type(self).__name__}")


@dataclass(frozen=True)
class Storage(_Made):
    """A run of numbers in the file, under its key there."""

    key: str
    dtype: str
    count: int


@dataclass(frozen=True)
class Tensor(_Made):
    """A view of a storage: where it begins, how many along each axis and how far apart."""

    storage: Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


class Checkpoint:
    """An open checkpoint: `saved` is the object that was saved, `numbers` reads one of its tensors."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)
        self._bytes = os.path.getsize(path)
        self._where: dict[str, tuple[int, int]] = {}
        with open(path, "rb") as file:
            magic = file.read(4)
        if magic == b"PK\x03\x04":
            self.saved = self._open_zip()
        else:
            self.saved = self._open_legacy()

    def state(self, part: str | None = None) -> dict[str, NDArray[numpy.float32]]:
        """The named weights of one network: those under the key `part`, or the whole file's. Names lose DataParallel's `module.`; what is no tensor is left out."""
        found: Any = self.saved
        if part is not None and isinstance(found, dict) and isinstance(found.get(part), dict):
            found = found[part]
        elif (
            part is not None
            and isinstance(found, dict)
            and not any(isinstance(value, Tensor) for value in found.values())
        ):
            keys = ", ".join(str(key)[:64] for key in list(found)[:8])
            raise CheckpointError(f"{self.path}: weights were looked for under {part!r}, found {keys or 'nothing'}")
        if not isinstance(found, dict):
            raise CheckpointError(f"{self.path}: a checkpoint is a dictionary of tensors, found {type(found).__name__}")
        tensors = {
            name.removeprefix("module."): value
            for name, value in found.items()
            if isinstance(name, str) and isinstance(value, Tensor)
        }
        with numpy.errstate(over="ignore"):  # beyond float32 is infinite, which the network's writer refuses
            return {name: self.numbers(value).astype(numpy.float32) for name, value in tensors.items()}

    def numbers(self, tensor: Tensor) -> NDArray[Any]:
        """The tensor's numbers, in a new array."""
        storage = tensor.storage
        dtype = numpy.dtype(storage.dtype)
        if (
            len(tensor.shape) != len(tensor.strides)
            or min((*tensor.shape, *tensor.strides, tensor.offset, storage.count), default=0) < 0
        ):
            raise CheckpointError(
                f"{self.path}: a tensor has as many strides as axes and nothing below 0, found {tensor.shape} with {tensor.strides}"
            )
        last = tensor.offset + sum(
            (size - 1) * stride for size, stride in zip(tensor.shape, tensor.strides, strict=True)
        )
        if 0 in tensor.shape:
            return numpy.zeros(tensor.shape, dtype)
        if last >= storage.count or math.prod(tensor.shape) > storage.count:
            raise CheckpointError(
                f"{self.path}: a tensor must lie within its {storage.count} numbers, found one that ends at {last}"
            )
        start, size = self._find(storage)
        if storage.count * dtype.itemsize != size or start + size > self._bytes:
            raise CheckpointError(
                f"{self.path}: storage {storage.key} must have {storage.count * dtype.itemsize} bytes, found {size}"
            )
        with open(self.path, "rb") as file:
            file.seek(start + tensor.offset * dtype.itemsize)
            run = numpy.frombuffer(file.read((last - tensor.offset + 1) * dtype.itemsize), dtype)
        if run.size != last - tensor.offset + 1:
            raise CheckpointError(
                f"{self.path}: storage {storage.key} must have {storage.count} numbers, found the end of the file"
            )
        steps = [stride * dtype.itemsize for stride in tensor.strides]
        return numpy.lib.stride_tricks.as_strided(run, tensor.shape, steps).copy()

    def _find(self, storage: Storage) -> tuple[int, int]:
        if storage.key not in self._where:
            raise CheckpointError(f"{self.path}: storage {storage.key[:64]} is named, found no such entry")
        return self._where[storage.key]

    def _open_zip(self) -> Any:
        try:
            with zipfile.ZipFile(self.path) as archive:
                entries = archive.infolist()
                pickles = [entry for entry in entries if entry.filename.endswith("/data.pkl")]
                if len(pickles) != 1:
                    raise CheckpointError(f"{self.path}: a checkpoint has one data.pkl, found {len(pickles)}")
                stem = pickles[0].filename.removesuffix("data.pkl")
                if pickles[0].file_size > MAX_PICKLE_BYTES:
                    raise CheckpointError(
                        f"{self.path}: data.pkl may have {MAX_PICKLE_BYTES} bytes, found {pickles[0].file_size}"
                    )
                for entry in entries:
                    if entry.filename.startswith(f"{stem}data/") and entry.compress_type == zipfile.ZIP_STORED:
                        self._where[entry.filename.removeprefix(f"{stem}data/")] = (self._body(entry), entry.file_size)
                if f"{stem}byteorder" in archive.namelist() and archive.read(f"{stem}byteorder") != b"little":
                    raise CheckpointError(f"{self.path}: the byte order must be little, found another")
                return _read(io.BytesIO(archive.read(pickles[0])), self.path)
        except (zipfile.BadZipFile, NotImplementedError, EOFError, OSError) as why:
            raise CheckpointError(f"{self.path}: the zip must be whole, found: {why}") from why

    def _body(self, entry: zipfile.ZipInfo) -> int:
        """Where the bytes of a stored entry begin: its local header has a name and an extra field of its own lengths."""
        with open(self.path, "rb") as file:
            file.seek(entry.header_offset)
            header = file.read(30)
        if header[:4] != b"PK\x03\x04" or len(header) < 30:
            raise CheckpointError(f"{self.path}: entry {entry.filename[:64]} must have a header, found none")
        return (
            entry.header_offset + 30 + int.from_bytes(header[26:28], "little") + int.from_bytes(header[28:30], "little")
        )

    def _open_legacy(self) -> Any:
        """Magic number, protocol, facts of the machine, what was saved, the storages' keys; then each storage as a count of eight bytes and its numbers."""
        storages: dict[str, Storage] = {}
        with open(self.path, "rb") as file:
            if _read(file, self.path) != LEGACY_MAGIC or _read(file, self.path) != LEGACY_PROTOCOL:
                raise CheckpointError(
                    f"{self.path}: a checkpoint begins as a zip or with PyTorch's magic number, found neither"
                )
            machine = _read(file, self.path)
            if not isinstance(machine, dict) or machine.get("little_endian") is not True:
                raise CheckpointError(f"{self.path}: the byte order must be little, found another")
            saved = _read(file, self.path, storages)
            keys = _read(file, self.path)
            if not isinstance(keys, list) or set(map(str, keys)) != set(storages):
                raise CheckpointError(f"{self.path}: the list of storages must be that of the tensors, found another")
            for key in map(str, keys):
                count = int.from_bytes(file.read(8), "little")
                size = count * numpy.dtype(storages[key].dtype).itemsize
                self._where[key] = (file.tell(), size)
                if file.tell() + size > self._bytes:
                    raise CheckpointError(
                        f"{self.path}: storage {key[:64]} must have {size} bytes, found the end of the file"
                    )
                file.seek(size, os.SEEK_CUR)
        return saved


class _Names(dict[Any, Any]):
    """An OrderedDict of a pickle, without the attributes that PyTorch puts on a `state_dict` (and others might)."""

    def __setstate__(self, state: object) -> None: ...


@dataclass(frozen=True)
class _Named(_Made):
    """What a pickle gets for a name: something to call."""

    call: Callable[..., object]
    dtype: str | None = None

    def __call__(self, *arguments: object) -> object:
        return self.call(*arguments)


class _Unpickler(pickle.Unpickler):
    def __init__(self, file: IO[bytes], storages: dict[str, Storage] | None) -> None:
        super().__init__(file, encoding="latin-1")
        self.storages = storages

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == ("collections", "OrderedDict"):
            return _Named(_Names)
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return _Named(_tensor)
        if (module, name) == ("torch._utils", "_rebuild_parameter"):
            return _Named(lambda tensor, *rest: tensor)
        if module in ("torch", "torch.cuda") and name in DTYPES:
            return _Named(_refuse, DTYPES[name])
        raise pickle.UnpicklingError(f"only tensors may be in a checkpoint, found {module[:64]}.{name[:64]}")

    def persistent_load(self, pid: object) -> Storage:
        if not (
            isinstance(pid, tuple)
            and len(pid) in (5, 6)
            and pid[0] == "storage"
            and isinstance(pid[1], _Named)
            and pid[1].dtype
        ):
            raise pickle.UnpicklingError("a storage is named by its type, key, place and count, found something else")
        _, kind, key, _, count, *view = pid
        if view not in ([], [None]) or not isinstance(key, str) or type(count) is not int:
            raise pickle.UnpicklingError("a storage is whole and has a key and a count, found a part of another")
        storage = Storage(key, kind.dtype, count)
        if self.storages is not None and self.storages.setdefault(key, storage) != storage:
            raise pickle.UnpicklingError(f"storage {key[:64]} must be of one type and count, found two")
        return storage


def _tensor(storage: object, offset: object, shape: object, strides: object, *rest: object) -> Tensor:
    if (
        not isinstance(storage, Storage)
        or type(offset) is not int
        or not isinstance(shape, tuple)
        or not isinstance(strides, tuple)
    ):
        raise pickle.UnpicklingError("a tensor is a storage, an offset, a shape and strides, found something else")
    if any(type(number) is not int for number in (*shape, *strides)):
        raise pickle.UnpicklingError("a tensor's shape and strides are whole numbers, found something else")
    return Tensor(storage, offset, shape, strides)


def _refuse(*arguments: object) -> object:
    raise pickle.UnpicklingError("a storage is named and not made, found a call")


def _read(file: IO[bytes], path: Path, storages: dict[str, Storage] | None = None) -> Any:
    try:
        return _Unpickler(file, storages).load()
    except CheckpointError:
        raise
    except Exception as why:  # what a broken or hostile pickle raises is up to the pickle
        raise CheckpointError(f"{path}: {str(why) or type(why).__name__}") from why
