"""A folder of models: what is there, whether it is what its manifests say, and under which licences."""

import json
import os
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import onnx

from weights.catalogue import MODELS, SHIPPED, Entry
from weights.registry import member, sha256

REQUIRED = (
    "id",
    "version",
    "file",
    "sha256",
    "licence",
    "noncommercial",
    "attribution",
    "kind",
    "inputs",
    "outputs",
    "runtime",
)


class ShelfError(Exception):
    """A model that may not be used, or is not what its manifest says."""


def default_folder() -> Path:
    """`templrender/models` in the user's cache folder."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "templrender" / "models"


def get(entry: Entry, into: Path, noncommercial: bool = False) -> tuple[dict[str, Any], bool]:
    """Puts a model's network and manifest into a folder unless they are there; gives the manifest, and whether anything was fetched or made."""
    manifest = entry.read()
    allow(manifest, noncommercial)
    into.mkdir(parents=True, exist_ok=True)
    network = into / manifest["file"]
    fresh = network.exists() and sha256(network) == manifest["sha256"]
    if not fresh:
        with tempfile.TemporaryDirectory(prefix="templrender-models-") as scratch:
            data = entry.recipe(member(entry.source, Path(scratch)) if entry.source else SHIPPED)
            made = Path(scratch) / "network"
            made.write_bytes(data)
            found = sha256(made)
            if found != manifest["sha256"]:
                raise ShelfError(
                    f"{manifest['id']}: {manifest['file']} must have the sha256 {manifest['sha256']}, found {found}"
                )
        _write(network, data)
    beside = into / entry.manifest.name
    if not beside.exists() or beside.read_bytes() != entry.manifest.read_bytes():
        _write(beside, entry.manifest.read_bytes())
    return manifest, not fresh


def allow(manifest: dict[str, Any], noncommercial: bool) -> None:
    """Refuses a model that earns nobody money, unless that was asked for.

    >>> allow({"id": "anime", "noncommercial": True, "licence": "CC-BY-NC-4.0"}, noncommercial=False)
    Traceback (most recent call last):
    weights.shelf.ShelfError: anime: the licence CC-BY-NC-4.0 is for noncommercial use alone; --noncommercial takes it
    """
    if manifest.get("noncommercial") is not False and not noncommercial:
        raise ShelfError(
            f"{manifest['id']}: the licence {manifest['licence']} is for noncommercial use alone; --noncommercial takes it"
        )


def manifests(folder: Path) -> list[Path]:
    """The manifests of a folder, by name."""
    return sorted(folder.glob("*.json"))


def check(path: Path) -> dict[str, Any]:
    """Holds a manifest to its network: the file's sha256, and the names and sizes of what goes in and out. Gives the manifest."""
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as why:
        raise ShelfError(f"{path}: a manifest is JSON, found: {why}") from why
    missing = [key for key in REQUIRED if not isinstance(manifest, dict) or key not in manifest]
    if missing:
        raise ShelfError(f"{path}: a manifest has {', '.join(REQUIRED)}, found no {missing[0]}")
    if not manifest["licence"]:
        raise ShelfError(f"{path}: a model has a licence, found none")
    network = path.parent / manifest["file"]
    if network.parent != path.parent or not network.is_file():
        raise ShelfError(f"{path}: the network {manifest['file']!r} must lie beside its manifest, found no such file")
    found = sha256(network)
    if found != manifest["sha256"]:
        raise ShelfError(f"{path}: {manifest['file']} must have the sha256 {manifest['sha256']}, found {found}")
    graph = onnx.load(str(network)).graph
    for said, has in ((manifest["inputs"], graph.input), (manifest["outputs"], graph.output)):
        _hold(
            path,
            said,
            {value.name: [dim.dim_value or None for dim in value.type.tensor_type.shape.dim] for value in has},
        )
    if {value.name for value in graph.input} - {tensor.name for tensor in graph.initializer} != {
        said["name"] for said in manifest["inputs"]
    }:
        raise ShelfError(
            f"{path}: the manifest must name every input of the network, found a network with {len(graph.input)}"
        )
    return dict(manifest)


def _hold(path: Path, said: Iterable[dict[str, Any]], has: dict[str, list[int | None]]) -> None:
    for tensor in said:
        shape = has.get(tensor["name"])
        if shape is None:
            raise ShelfError(f"{path}: the network has {', '.join(has)}, the manifest names {tensor['name']}")
        size = tensor.get("size")
        if isinstance(size, list):
            height, width = shape[1:3] if tensor.get("layout") == "nhwc" else shape[2:4]
            if (width or size[0], height or size[1]) != tuple(size):
                raise ShelfError(
                    f"{path}: {tensor['name']} is {width} x {height} in the network, the manifest says {size[0]} x {size[1]}"
                )
        if (
            tensor.get("role") == "constant"
            and [have or want for have, want in zip(shape, tensor["shape"], strict=True)] != tensor["shape"]
        ):
            raise ShelfError(
                f"{path}: {tensor['name']} has the shape {shape} in the network, the manifest says {tensor['shape']}"
            )


def table(rows: Iterable[tuple[dict[str, Any], str]]) -> str:
    """The licences, one model a line, with a word on each."""
    lines = [("model", "kind", "licence", "commercial", "file", "")]
    lines += [
        (m["id"], m["kind"], m["licence"], "no" if m["noncommercial"] else "yes", m["file"], word) for m, word in rows
    ]
    widths = [max(len(line[column]) for line in lines) for column in range(6)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines
    )


def _write(path: Path, data: bytes) -> None:
    """Whole or not there, whoever else writes the same."""
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
        try:
            file.write(data)
            os.chmod(file.name, 0o644)
            os.replace(file.name, path)
        except BaseException:
            os.unlink(file.name)
            raise


def entries(names: list[str]) -> list[Entry]:
    """The models of these names, all of them where none is named."""
    for name in names:
        if name not in MODELS:
            raise ShelfError(f"there is no model {name[:64]!r}, there are {', '.join(MODELS)}")
    return [MODELS[name] for name in names or MODELS]
