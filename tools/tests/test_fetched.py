"""The models that do not ship, one picture each: `python/test.sh models` gets them into the folder that TEMPLRENDER_MODELS names."""

import os
from pathlib import Path

import models
import numpy
import pytest
from PIL import Image
from weights import catalogue

PHOTOS = catalogue.ROOT / "templates" / "cutout-ad" / "rows" / "photos"
PORTRAIT = catalogue.ROOT / "templates" / "selfie-card" / "rows" / "photos" / "collins.jpg"

pytestmark = pytest.mark.slow


@pytest.fixture
def folder() -> Path:
    return Path(os.environ["TEMPLRENDER_MODELS"])


def draw(folder: Path, name: str, photo: Path, out: Path) -> "numpy.typing.NDArray[numpy.float64]":
    assert models.main(["run", str(folder / f"{name}.json"), str(photo), "-o", str(out)]) == 0
    return numpy.asarray(Image.open(out), dtype=float)


def test_a_cup_is_cut_out_of_its_table(folder: Path, tmp_path: Path) -> None:
    alpha = draw(folder, "u2netp", PHOTOS / "coffee.png", tmp_path / "out.png")[..., 3]
    high, wide = alpha.shape
    assert alpha[high // 3 : 2 * high // 3, wide // 3 : 2 * wide // 3].mean() > 230
    corners = [
        alpha[rows, columns]
        for rows in (slice(0, 40), slice(-40, None))
        for columns in (slice(0, 40), slice(-40, None))
    ]
    assert max(corner.mean() for corner in corners) < 10


def test_vintage_keeps_the_picture_and_takes_its_contrast(folder: Path, tmp_path: Path) -> None:
    made = draw(folder, "vintage", PORTRAIT, tmp_path / "out.png")
    photo = numpy.asarray(Image.open(PORTRAIT).convert("RGB"), dtype=float)
    assert made.shape == photo.shape
    assert numpy.corrcoef(made.mean(2).ravel(), photo.mean(2).ravel())[0, 1] > 0.9
    assert made.std() < photo.std()


def test_the_seeded_light_model_draws_neither_grey_nor_the_ends_of_its_range(folder: Path, tmp_path: Path) -> None:
    made = draw(folder, "ugatit-light-seeded", PORTRAIT, tmp_path / "out.png")
    assert made.shape == (256, 256, 3)
    assert made.std() > 20
    assert ((made == 0) | (made == 255)).mean() < 0.01
