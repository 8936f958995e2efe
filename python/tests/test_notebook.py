"""What a notebook shows: pictures as they are, templates drawn with what lies beside them."""

from __future__ import annotations

import io
import shutil
from pathlib import Path

import PIL.Image
import pytest

import templrender as tr
from templrender._open import read_pack


def size(png: bytes | None) -> tuple[int, int]:
    assert png is not None
    with PIL.Image.open(io.BytesIO(png)) as image:
        assert image.format == "PNG"
        return image.size


def test_pictures_show_themselves() -> None:
    drawn = tr.render("templates/og-card", {"title": "One", "author": "Mira Larch"})
    assert size(drawn._repr_png_()) == size(drawn.frame._repr_png_()) == (1200, 630)


@pytest.mark.parametrize("name", ["collage", "og-card", "price-tag", "product-ad", "product-sale"])
def test_templates_show_themselves_with_their_own_rows(name: str) -> None:
    bundle = tr.open(f"templates/{name}")
    assert size(bundle._repr_png_())[0] > 100


def test_a_template_shows_the_examples_of_its_fields() -> None:
    hello = tr.Template(
        '{ "templrender": 1, "name": "hello", "size": [300, 60], '
        '"fields": { "title": { "type": "text", "required": true, '
        '"examples": ["Aster honey"] } }, "layers": [{ "type": "text", "text": "{{ title }}" }] }'
    )
    assert dict(hello.example()) == {"title": "Aster honey"}
    assert hello._repr_png_() == tr.render(hello, {"title": "Aster honey"})._repr_png_()


def test_a_packed_template_shows_its_fallback() -> None:
    packed = read_pack("templates/product-ad").open()
    assert packed.fallback is not None
    assert size(packed._repr_png_()) == (1080, 1080)


def test_what_cannot_be_drawn_is_shown_as_text_and_asks_nobody(tmp_path: Path) -> None:
    shutil.copytree("templates/og-card", tmp_path / "card", copy_function=shutil.copyfile)
    shutil.rmtree(tmp_path / "card/rows")
    card = tr.open(tmp_path / "card")
    assert card._repr_png_() is None and repr(card).startswith("<Bundle og-card")
    (tmp_path / "card/rows").mkdir()
    (tmp_path / "card/rows/default.json").write_text("{ broken")
    assert card._repr_png_() is None
    (tmp_path / "card/rows/default.json").write_text(
        '{ "title": "One", "author": "Mira Larch", "photo": "http://127.0.0.1:1/never.png" }'
    )
    drawn = card._repr_png_()
    assert drawn is None or size(drawn) == (1200, 630)
