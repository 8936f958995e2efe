"""`render`: pictures found wherever they may lie, fallback choices, and what is told when they are not to be had."""

from __future__ import annotations

import io
import pickle
import shutil
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import numpy
import PIL.Image
import pytest
from origin import BEE, Origin

import templrender as tr
from templrender._open import read_pack

ROW = {"name": "Aster honey", "price": "€6.90"}
CARD = """{ "templrender": 1, "name": "card", "size": [64, 48],
    "layers": [{ "id": "photo", "type": "image", "src": %s, "width": 64, "height": 48, "object-fit": "cover" }] }"""
CHOICES = tr.Template(CARD % '["{{ first }}", "{{ second }}"]')
ONE = tr.Template(CARD % '"{{ first }}"')


def png(colour: str) -> bytes:
    out = io.BytesIO()
    PIL.Image.new("RGB", (8, 8), colour).save(out, "PNG")
    return out.getvalue()


def test_the_beginners_lines_draw_an_ad(tmp_path: Path) -> None:
    ad = tr.render("templates/product-ad", {**ROW, "photo": str(BEE)})
    assert ad.frame.size == (1080, 1080) and ad.report.notes == ()
    ad.save(tmp_path / "ad.jpg")
    ad.save(tmp_path / "ad.png")
    with PIL.Image.open(tmp_path / "ad.jpg") as jpeg, PIL.Image.open(tmp_path / "ad.png") as exact:
        assert (jpeg.format, exact.format, jpeg.size) == ("JPEG", "PNG", (1080, 1080))
        assert numpy.array_equal(numpy.asarray(exact.convert("RGBA")), ad.frame.to_numpy())
    assert (tmp_path / "ad.jpg").read_bytes() == ad.encode()


def test_the_same_picture_however_the_photo_is_given() -> None:
    ad = tr.open("templates/product-ad")
    picture = PIL.Image.open(BEE)
    given = {
        "path": str(BEE),
        "Path": BEE,
        "absolute": str(BEE.resolve()),
        "beside the template": "rows/photos/bee.webp",
        "bytes": BEE.read_bytes(),
        "memoryview": memoryview(BEE.read_bytes()),
    }
    drawn = {how: tr.render(ad, {**ROW, "photo": photo}).encode() for how, photo in given.items()}
    assert len(set(drawn.values())) == 1, {how: len(data) for how, data in drawn.items()}
    pixels = {
        "PIL": picture.convert("RGB"),
        "numpy": numpy.asarray(picture.convert("RGB")),
        "Frame": tr.Frame.decode(BEE.read_bytes()),
    }
    exact = tr.render(ad, {**ROW, "photo": BEE}).frame.to_numpy().astype(int)
    for how, photo in pixels.items():
        difference = numpy.abs(tr.render(ad, {**ROW, "photo": photo}).frame.to_numpy().astype(int) - exact)
        assert difference.mean() < 1.0, how


def test_all_ways_to_name_a_template_draw_the_same(tmp_path: Path) -> None:
    row = {"title": "Drawn when somebody asks", "author": "Mira Larch"}
    bundle = tr.open("templates/og-card")
    zipped = tmp_path / "card.zip"
    zipped.write_bytes(read_pack("templates/og-card").to_zip())
    ways: list[str | Path | tr.Bundle] = ["templates/og-card", Path("templates/og-card/template.json"), bundle, zipped]
    drawn = {tr.render(way, row, now=0, scale=0.2).encode() for way in ways}
    assert len(drawn) == 1


def test_the_options_of_a_plan_are_handed_on() -> None:
    sale = tr.open("templates/product-sale")
    row = tr.Row.from_json(Path("templates/product-sale/rows/sale.json").read_text())
    small = tr.render(sale, row, variant="story", scale=0.25, lang="de", format="webp")
    assert small.frame.size == (270, 480) and small.output.format == "webp" and small.report.variant == "story"
    assert tr.render(sale, row, output=tr.Output.png()).encode().startswith(b"\x89PNG")
    with pytest.raises(tr.Error, match="tall"):
        tr.render(sale, row, variant="tall")


def test_time_is_the_clocks_unless_it_is_said() -> None:
    clock = tr.Template(
        '{ "templrender": 1, "name": "a", "size": [9, 9], '
        '"layers": [{ "type": "text", "text": "{{ now | date(\'yyyy\') }}" }] }'
    )
    with pytest.raises(tr.Error):
        tr.Renderer().plan(clock, {})
    lines = [
        tr.render(clock, {}, now=now).report.layers[0].lines[0].text
        for now in (None, 0, datetime(1970, 1, 1, 12, tzinfo=UTC))
    ]
    assert "1970" not in lines[0] and "1970" in lines[1] and lines[1] == lines[2]


# ---- files


def test_a_row_cannot_read_what_lies_elsewhere(tmp_path: Path) -> None:
    secret = tmp_path / "secret.png"
    secret.write_bytes(png("red"))
    (tmp_path / "in").mkdir()
    for path in (str(secret), "../secret.png"):
        with pytest.raises(tr.ResourceError, match="must lie in the folder of its row or template"):
            tr.render(ONE, {"first": path}, root=tmp_path / "in")
    assert tr.render(ONE, {"first": "secret.png"}, root=tmp_path).frame.to_rgba()[:3] == b"\xff\0\0"
    assert tr.render(ONE, {"first": str(secret)}, loader=tr.Loader(root=tmp_path)).frame.to_rgba()[:3] == b"\xff\0\0"


def test_a_packed_template_reads_its_rows_pictures_from_the_pack(tmp_path: Path) -> None:
    pack = tr.Pack()
    pack.add("template.json", str(ONE.json).encode())
    pack.add("photos/red.png", png("red"))
    assert tr.render(pack.open(), {"first": "photos/red.png"}).frame.to_rgba()[:3] == b"\xff\0\0"
    with pytest.raises(tr.ResourceError, match="no such file"):
        tr.render(pack.open(), {"first": "photos/blue.png"})


def test_a_template_that_came_from_another_machine_draws_without_its_folder(tmp_path: Path) -> None:
    folder = tmp_path / "card"
    folder.mkdir()
    (folder / "template.json").write_text(ONE.json)
    bundle = pickle.loads(pickle.dumps(tr.open(folder)))
    shutil.rmtree(folder)
    assert tr.render(bundle, {"first": str(BEE)}).report.notes == ()


# ---- fallback choices


def test_the_next_choice_is_taken_until_one_is_a_picture(origin: Origin) -> None:
    loader = tr.Loader(allow_private=True, retries=0)
    for first in (
        f"{origin.url}/status/404",
        f"{origin.url}/page",
        "none.png",
        "file:///etc/passwd",
        f"{origin.url}/loop/0",
    ):
        drawn = tr.render(CHOICES, {"first": first, "second": str(BEE)}, loader=loader)
        assert [note.code for note in drawn.report.notes] == ["image-missing"], drawn.report.notes
        assert drawn.report.layers[0].source == str(BEE)
    drawn = tr.render(CHOICES, {"first": f"{origin.url}/bee.webp", "second": f"{origin.url}/never"}, loader=loader)
    assert drawn.report.notes == () and "/never" not in origin.asked


def test_what_is_not_to_be_had_is_told_without_its_secrets(origin: Origin) -> None:
    with pytest.raises(tr.ResourceError) as caught:
        tr.render(ONE, {"first": f"{origin.url}/status/404?token=secret"}, loader=tr.Loader(allow_private=True))
    said = f"{caught.value} {caught.value.to_json()} {caught.value.faults!r}"
    assert "/status/404: the server answered with status 404" in said and "secret" not in said
    with pytest.raises(tr.ResourceError, match="allow_private=True"):
        tr.render(ONE, {"first": f"{origin.url}/bee.webp"})


def test_answers_that_are_known_are_not_looked_for(origin: Origin) -> None:
    url = f"{origin.url}/bee.webp"
    plan = tr.Renderer().plan(ONE, {"first": url})
    known = tr.Resources()
    known.insert(plan.needs[0], png("lime"))
    drawn = tr.render(ONE, {"first": url}, resources=known)
    assert drawn.frame.to_rgba()[:3] == b"\0\xff\0" and not origin.asked
    empty = tr.Resources()
    tr.render(tr.open("templates/product-ad"), {**ROW, "photo": BEE}, resources=empty)
    assert len(empty) == 0, "what was given is copied"


# ---- time and size


def test_time_is_bounded_in_all(origin: Origin) -> None:
    loader = tr.Loader(allow_private=True)
    begin = time.monotonic()
    with pytest.raises((tr.DeadlineError, tr.ResourceError)):
        tr.render(ONE, {"first": f"{origin.url}/slow/5"}, loader=loader, timeout=0.3)
    assert time.monotonic() - begin < 2.0
    with pytest.raises(tr.DeadlineError):
        tr.render("templates/product-ad", {**ROW, "photo": BEE}, timeout=1e-9)


def test_a_url_without_httpx_names_the_extra(origin: Origin) -> None:
    program = f"""
import sys
sys.modules["httpcore"] = None
import templrender as tr
tr.render("templates/product-ad", {{**{ROW!r}, "photo": {str(BEE)!r}}})
try:
    tr.render("templates/product-ad", {{**{ROW!r}, "photo": "{origin.url}/bee.webp"}})
except ImportError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    assert done.stdout.strip() == "pictures on the web need httpcore: pip install 'templrender[http]'", done.stderr


def test_importing_takes_nothing_along() -> None:
    program = """
import sys, templrender as tr
heavy = {"numpy", "pyarrow", "PIL", "httpx", "httpcore", "asyncio", "ssl", "typing"} & set(sys.modules)
assert not heavy, heavy
tr.render("templates/og-card", {"title": "a", "author": "b"})
heavy = {"numpy", "pyarrow", "PIL", "httpx", "httpcore", "asyncio", "ssl"} & set(sys.modules)
assert not heavy, heavy
assert set(tr.__all__) == set(dir(tr)) and all(hasattr(tr, name) for name in tr.__all__)
"""
    done = subprocess.run([sys.executable, "-S", "-c", program], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
