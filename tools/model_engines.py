#!/usr/bin/env python3
"""model_engines.py [--only NAME] [--models DIR] [--keep DIR]: the same pictures by every way there is to run a network, and how far they lie apart.

Each picture is drawn five times: by the program with its engines `rten`, `tract` and `ort`, by the Python package with a callable around onnxruntime, and by
a C program (`model_engines.c`) with a callback around ONNX Runtime's C API. Prints a table: the largest difference from what engine `ort` gives, in levels
of 8 bits, with the share of px that differ at all, and the largest between any two ways, of as many
as the picture may have. Exits 1 where one has more.

Needs Python's `onnxruntime`, `numpy` and `Pillow`, the package `templrender` (`python/package.sh`), cargo and a C compiler, and the models of
`make models`. `--keep` leaves the pictures in a folder.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from model_speed import CACHE, ROOT, library, session
from numpy.typing import NDArray
from PIL import Image

import templrender

TEMPLATES = ROOT / "templates"
ENGINES = ("rten", "tract", "ort")
WAYS = (*ENGINES, "Python", "C")
# Levels of 8 bits that any two ways may lie apart.
BOUND = 1
# What a report says where a layer was drawn without its model.
WITHOUT_MODEL = ("model-failed", "missing-model", "face-missing")


@dataclass(frozen=True, slots=True)
class Picture:
    """What is drawn, and the models that it names. Without a folder it is a photo in the template that `write_plain` makes, under `key`; of a cutout there
    the alpha is compared, which is the mask."""

    name: str
    models: tuple[str, ...]
    folder: Path | None = None
    key: str = "model"
    bound: int = BOUND


PICTURES = (
    Picture("oil", ("paint", "face"), TEMPLATES / "selfie-card"),
    Picture("starry", ("paint", "face"), TEMPLATES / "selfie-card"),
    # A level of the mask is up to two of the picture: it moves px between front and back, and the colour that is taken for the front.
    Picture("espresso", ("u2netp",), TEMPLATES / "cutout-ad", bound=2),
    Picture("pilot", ("person",), TEMPLATES / "cutout-ad"),
    Picture("mask-of-things", ("u2netp",), key="cutout"),
    Picture("mask-of-people", ("person",), key="cutout"),
    Picture("vintage", ("vintage",)),
    Picture("ugatit-light", ("ugatit-light-seeded",)),
    Picture("ugatit-tiny", ("ugatit-tiny-seeded",)),
)


def write_plain(folder: Path) -> None:
    """A template that is what a model makes of a photo, with a row for each picture without a template."""
    layer = {"id": "made", "type": "image", "src": "{{ photo }}", "width": 512, "height": 512, "object-fit": "cover"}
    layer |= {"model": "{{ model }}", "cutout": "{{ cutout }}"}
    names = {key: {"type": "text", "default": "none"} for key in ("model", "cutout")}
    head = {"templrender": 1, "name": "plain", "size": [512, 512]}
    fields = {"photo": {"type": "image", "required": True}, **names}
    (folder / "rows").mkdir(parents=True)
    (folder / "template.json").write_text(json.dumps(head | {"fields": fields, "layers": [layer]}))
    shutil.copy(TEMPLATES / "selfie-card" / "rows" / "photos" / "collins.jpg", folder / "photo.jpg")
    for picture in PICTURES:
        if picture.folder is None:
            row = {"photo": "photo.jpg", picture.key: picture.models[0]}
            (folder / "rows" / f"{picture.name}.json").write_text(json.dumps(row))


@dataclass(frozen=True, slots=True)
class Tools:
    """What draws: the program with all engines, the C program with its library's folder, the models by their ids."""

    program: Path
    c_program: Path
    c_library: Path
    models: dict[str, Path]
    folder: Path


def prepare(work: Path, models: Path) -> Tools:
    """Builds the program and the C program."""
    found = {json.loads(path.read_text())["id"]: path for path in sorted(models.glob("*.json"))}
    lacking = {name for picture in PICTURES for name in picture.models} - set(found)
    if lacking:
        raise SystemExit(f"{models}: no {', '.join(sorted(lacking))}: `make models` gets them")
    cargo = [os.environ.get("CARGO") or "cargo", "build", "--locked", "--profile", "ci"]
    run([*cargo, "-p", "templrender-c"])
    run([*cargo, "-p", "templrender-cli", "--features", "tract,ort"])
    built = Path(os.environ.get("CARGO_TARGET_DIR") or ROOT / "target").resolve() / "ci"
    links = work / "lib"
    links.mkdir()
    for name in ("libtemplrender.so", "libtemplrender.so.0"):
        (links / name).symlink_to(built / "libtemplrender.so")
    compiled = work / "model_engines"
    include = [f"-I{ROOT / folder}" for folder in ("include", "bindings/c/examples")]
    strict = ["-std=c99", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-O1"]
    source = str(ROOT / "tools" / "model_engines.c")
    run(["cc", *strict, *include, source, f"-L{links}", "-ltemplrender", "-ldl", "-o", str(compiled)])
    return Tools(built / "templrender", compiled, links, found, models)


def run(command: list[str], **environment: str) -> str:
    """What a command says; a failure is said and ends the program."""
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, env=os.environ | environment)
    if done.returncode:
        raise SystemExit(f"{' '.join(command[:6])}: {done.stderr.strip()[-2000:]}")
    return done.stdout + done.stderr


def by_program(tools: Tools, engine: str, folder: Path, row: Path, out: Path) -> str:
    """A picture by an engine of the program's."""
    models = ["--models", str(tools.folder), "--engine", engine]
    if engine == "ort":
        models += ["--ort-library", str(library())]
    return run([str(tools.program), "render", str(folder), "--row", str(row), *models, "--now", "0", "-o", str(out)])


def callable_of(network: Path) -> Callable[[list[Any]], list[Any]]:
    """A network as a function of Python's, in the manifest's order."""
    opened = session(network, 1)
    names = [port.name for port in opened.get_inputs()]

    def made(inputs: list[Any]) -> list[Any]:
        outputs: list[Any] = opened.run(None, dict(zip(names, inputs, strict=True)))
        return outputs

    return made


def network_of(manifest: Path) -> Path:
    """The file beside a manifest."""
    return manifest.parent / str(json.loads(manifest.read_text())["file"])


def by_python(tools: Tools, picture: Picture, folder: Path, row: Path, out: Path) -> str:
    """A picture whose models are Python's functions."""
    models = templrender.Models()
    for name in picture.models:
        manifest = tools.models[name]
        models.add(manifest, callable_of(network_of(manifest)), identity="onnxruntime in Python")
    bundle = templrender.open(folder, models=models)
    rendered = templrender.render(bundle, json.loads(row.read_text()), now=0, format="png", root=folder)
    rendered.save(out)
    return "\n".join(f"{note.code}: {note.message}" for note in rendered.report.notes)


def by_c(tools: Tools, picture: Picture, folder: Path, row: Path, out: Path) -> str:
    """A picture whose models are C's functions."""
    pack = out.with_suffix(".zip")
    run([str(tools.program), "pack", str(folder), "-o", str(pack)])
    words = [str(tools.c_program), str(library()), str(pack), str(folder), str(row), str(out)]
    for name in picture.models:
        words += [str(tools.models[name]), str(network_of(tools.models[name]))]
    return run(words, LD_LIBRARY_PATH=str(tools.c_library))


def drawn(tools: Tools, picture: Picture, way: str, folder: Path, out: Path) -> NDArray[np.int16]:
    """The px of a picture; one that was drawn without its model ends the program."""
    row = folder / "rows" / f"{picture.name}.json"
    if way in ENGINES:
        said = by_program(tools, way, folder, row, out)
    else:
        said = (by_python if way == "Python" else by_c)(tools, picture, folder, row, out)
    if any(code in said for code in WITHOUT_MODEL):
        raise SystemExit(f"{picture.name} by {way}: {said.strip()}")
    with Image.open(out) as opened:
        pixels = np.asarray(opened.convert("RGBA")).astype(np.int16)
    is_mask = picture.folder is None and picture.key == "cutout"
    return pixels[:, :, 3:] if is_mask else pixels


def compare(tools: Tools, picture: Picture, folder: Path, into: Path) -> bool:
    """The row of one picture; whether it is within its bound."""
    ways = {way: drawn(tools, picture, way, folder, into / f"{picture.name}-{way}.png") for way in WAYS}
    if len({pixels.shape for pixels in ways.values()}) != 1:
        raise SystemExit(f"{picture.name}: pictures of other sizes: {[pixels.shape for pixels in ways.values()]}")
    cells = []
    for pixels in ways.values():
        apart = np.abs(pixels - ways["ort"]).max(axis=2)
        cells.append(f"{apart.max()} ({(apart > 0).mean():.3%})" if apart.any() else "0")
    every = np.stack(list(ways.values()))
    most = int((every.max(axis=0) - every.min(axis=0)).max())
    within = most <= picture.bound
    verdict = f"{most} of {picture.bound}" if within else f"**{most} of {picture.bound}**"
    print(
        f"| {folder.name}: {picture.name} | {', '.join(picture.models)} | {' | '.join(cells)} | {verdict} |", flush=True
    )
    return within


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", choices=[picture.name for picture in PICTURES])
    parser.add_argument("--models", type=Path, default=CACHE, metavar="DIR")
    parser.add_argument("--keep", type=Path, metavar="DIR")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        work = Path(scratch)
        tools = prepare(work, given.models.resolve())
        write_plain(work / "plain")
        into = given.keep or work / "pictures"
        into.mkdir(parents=True, exist_ok=True)
        print(f"| picture | models | {' | '.join(WAYS)} | any two |")
        print("|---" * (len(WAYS) + 3) + "|")
        chosen = [picture for picture in PICTURES if given.only in (None, picture.name)]
        within = [compare(tools, picture, picture.folder or work / "plain", into.resolve()) for picture in chosen]
    return 0 if all(within) else 1


if __name__ == "__main__":
    sys.exit(main())
