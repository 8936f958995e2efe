"""`open`: folders, files and packs, and how what is wrong with them is told."""

from __future__ import annotations

import json
import os
import pickle
import shutil
from pathlib import Path

import pytest

import templrender as tr
from templrender._open import read_pack

SHIPPED = ["collage", "og-card", "price-tag", "product-ad", "product-sale"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of a shipped template, to be broken."""
    copy = tmp_path / "product-ad"
    shutil.copytree("templates/product-ad", copy, copy_function=shutil.copyfile)
    return copy


@pytest.mark.parametrize("name", SHIPPED)
def test_folder_file_and_pack_are_the_same_template(name: str, tmp_path: Path) -> None:
    folder = Path("templates") / name
    opened = tr.open(folder)
    assert opened.template.name == name
    assert opened.folder == str(folder.resolve())
    assert tr.open(str(folder / "template.json")) == opened
    zipped = tmp_path / f"{name}.ZIP"
    zipped.write_bytes(read_pack(folder).to_zip())
    packed = tr.open(zipped)
    assert packed == opened and packed.folder is None
    assert pickle.loads(pickle.dumps(opened)) == opened
    assert pickle.loads(pickle.dumps(opened)).folder == opened.folder


def test_only_what_the_template_uses_is_read(folder: Path) -> None:
    (folder / "notes.txt").write_text("private")
    files = read_pack(folder).files()
    assert "template.json" in files and "fallback.json" in files and "assets/logo.png" in files
    assert "notes.txt" not in files and not any(file.startswith("rows/p") and "honey" in file for file in files)


def test_a_json_file_of_another_name_lies_in_its_folder(folder: Path) -> None:
    (folder / "template.json").rename(folder / "summer.json")
    assert tr.open(folder / "summer.json") == tr.open("templates/product-ad")


def test_faults_are_all_told_and_where(folder: Path) -> None:
    file = folder / "template.json"
    text = file.read_text().replace('"font-size": 48', '"font-sise": 48').replace('"type": "box"', '"type": "bxo"', 1)
    file.write_text(text)
    with pytest.raises(tr.TemplateError) as caught:
        tr.open(folder)
    faults = caught.value.faults
    assert len(faults) == 2 and all(fault.line for fault in faults)
    assert 'did you mean "font-size"?' in str(caught.value)
    assert caught.value.__notes__ == [f"in {folder}"]


def test_files_that_are_missing_are_named(folder: Path) -> None:
    with pytest.raises(FileNotFoundError, match="no-such-template"):
        tr.open("no-such-template")
    with pytest.raises(FileNotFoundError, match="no-such.zip"):
        tr.open("no-such.zip")
    (folder / "assets/logo.png").unlink()
    with pytest.raises(FileNotFoundError, match="logo.png"):
        tr.open(folder)


def test_an_asset_that_is_no_picture_is_refused(folder: Path) -> None:
    (folder / "assets/logo.png").write_bytes(b"<html>")
    with pytest.raises(tr.ResourceError, match="logo.png"):
        tr.open(folder)


def test_files_must_lie_in_the_templates_folder(folder: Path) -> None:
    outside = folder.parent / "logo.png"
    (folder / "assets/logo.png").rename(outside)
    (folder / "assets/logo.png").symlink_to(outside)
    with pytest.raises(PermissionError, match="must lie in its folder, this one leads out of it"):
        tr.open(folder)
    text = (folder / "template.json").read_text()
    (folder / "template.json").write_text(text.replace("assets/logo.png", "../logo.png"))
    with pytest.raises(tr.Error, match="leads out of it"):
        tr.open(folder)


def test_limits_hold_before_files_are_read(folder: Path) -> None:
    small = tr.Limits().replace(max_input_bytes=1000)
    with pytest.raises((OSError, tr.Error), match="over the limit of 1000"):
        tr.open(folder, limits=small)
    os.truncate(folder / "assets/logo.png", 1 << 40)
    with pytest.raises(OSError, match="over the limit of"):
        tr.open(folder)


def test_fonts_of_the_host_stand_behind_those_of_the_template(tmp_path: Path) -> None:
    (tmp_path / "template.json").write_text(
        json.dumps(
            {
                "templrender": 1,
                "name": "a",
                "size": [300, 60],
                "fonts": ["Inter"],
                "layers": [{"id": "a", "type": "text", "text": "Aster", "font-size": 40}],
            }
        )
    )
    alone = tr.open(tmp_path)
    fonts = Path("templates/product-ad/fonts")
    as_folder = tr.open(tmp_path, fonts=fonts)
    as_files = tr.open(tmp_path, fonts=sorted(fonts.glob("*.ttf")))
    assert as_folder == as_files != alone
    drawn = [bundle.renderer.render(bundle.plan({})) for bundle in (alone, as_folder)]
    assert [{note.code for note in picture.report.notes} for picture in drawn] == [{"font-substituted"}, set()]


def test_without_the_embedded_font_text_has_none(tmp_path: Path) -> None:
    (tmp_path / "template.json").write_text(
        '{ "templrender": 1, "name": "a", "size": [9, 9], "layers": [{ "type": "text", "text": "a" }] }'
    )
    bundle = tr.open(tmp_path, default_font=False)
    with pytest.raises(tr.Error):
        bundle.renderer.render(bundle.plan({}))
