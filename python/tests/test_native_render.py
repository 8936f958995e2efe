"""From a template to bytes: plans, needs, answers, drawing, reports; on many threads, against the clock, and against nonsense."""

from __future__ import annotations

import copy
import hashlib
import inspect
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import numpy
import pytest

import templrender as t

ROOT = Path(__file__).parents[2]
CARD = t.Template(
    """{ "templrender": 1, "name": "card", "size": [120, 60], "background": "#fff8ea", "assets": { "logo": "logo.svg" },
    "fields": { "title": { "type": "text", "required": true }, "photo": { "type": "image" }, "sale": { "type": "interval" } },
    "output": { "format": "jpeg", "quality": 70 },
    "layers": [
        { "id": "photo", "type": "image", "src": ["{{ photo }}", "none.png"], "width": 40, "height": 40 },
        { "id": "title", "type": "text", "text": "{{ title }}", "left": 44, "top": 4, "width": 70, "height": 40, "font-size": 30, "min-font-size": 8 },
        { "type": "box", "if": "now() in sale", "right": 2, "bottom": 2, "width": 9, "height": 9, "background": "red" },
        { "type": "svg", "src": "asset:logo", "left": 100, "top": 40, "width": 9, "height": 9 } ],
    "variants": { "wide": { "size": [240, 60] } } }""".replace("now() in sale", "sale and now in sale")
)
LOGO = b"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 9 9'><path d='M0 0h9v9z'/></svg>"
ROW = {"title": "Aster honey", "photo": "https://shop.example/a.jpg?token=s3cret"}
RENDERER = t.Renderer()


def photo() -> t.Frame:
    return t.Frame(numpy.random.default_rng(5).integers(0, 256, (40, 40, 3), numpy.uint8))


def answered(plan: t.Plan) -> t.Resources:
    resources = t.Resources()
    for need in plan.pending(resources):
        resources.insert(need, LOGO if need.is_asset else photo())
    return resources


def test_a_plan_says_what_it_is() -> None:
    plan = RENDERER.plan(CARD, ROW)
    assert len(plan.key) == 32 and plan.key == RENDERER.plan(CARD, {**ROW, "unused": 3}).key
    assert plan.key != RENDERER.plan(CARD, ROW, variant="wide").key != RENDERER.plan(CARD, ROW, scale=2.0).key
    assert plan.valid_until is None and plan.skipped is None
    assert plan.output == t.Output.jpeg(70)
    assert RENDERER.plan(CARD, ROW, format="webp").output.format == "webp"
    assert RENDERER.plan(CARD, ROW, output=t.Output.png(effort="small")).output == t.Output.png(effort="small")
    assert copy.copy(plan) is plan and copy.deepcopy([plan])[0] is plan


def test_needs_say_where_they_are() -> None:
    plan = RENDERER.plan(CARD, ROW)
    photo_, spare, logo = plan.needs
    assert (photo_.location, photo_.origin, photo_.is_asset, photo_.asset, photo_.path) == (
        ROW["photo"],
        "https://shop.example",
        False,
        None,
        None,
    )
    assert (logo.location, logo.origin, logo.is_asset, logo.asset, logo.path) == (None, "", True, "logo", "logo.svg")
    assert photo_.useful_px == (40, 40) and spare.location == "none.png"
    assert "s3cret" not in repr(photo_) and "https://shop.example/a.jpg" in repr(photo_)
    again = RENDERER.plan(CARD, ROW).needs[0]
    assert again == photo_ and again.id == photo_.id and hash(again) == hash(photo_) and again != logo
    assert RENDERER.plan(CARD, ROW, scale=2.0).needs[0].useful_px == (80, 80)


def test_the_next_choice_is_asked_for_when_the_first_has_failed() -> None:
    plan = RENDERER.plan(CARD, ROW)
    resources = t.Resources()
    first, logo = plan.pending(resources)
    with pytest.raises(t.ResourceError):
        resources.insert(first, b"<!doctype html>")
    assert [need.location for need in plan.pending(resources)] == ["none.png", None]
    resources.insert(logo.id, LOGO)
    snapshot = resources.copy()
    resources.insert(plan.pending(resources)[0], photo().encode())
    assert plan.pending(resources) == [] and len(plan.pending(snapshot)) == 1
    assert (len(resources), len(snapshot), bool(t.Resources())) == (3, 2, True)
    assert plan.resources_key(resources) != plan.resources_key(snapshot)
    assert plan.resources_key(resources) == plan.resources_key(copy.deepcopy(resources))
    notes = RENDERER.render(plan, resources).report.notes
    assert [(note.code, note.layer) for note in notes][:1] == [("image-missing", "photo")]
    assert "HTML page" in str(notes[0])


def test_encoded_and_decoded_pictures_draw_the_same() -> None:
    plan = RENDERER.plan(CARD, ROW)
    wanted = RENDERER.render(plan, answered(plan)).frame
    encoded = t.Resources()
    for need in plan.pending(encoded):
        encoded.insert(need, LOGO if need.is_asset else photo().encode())
    for picture in (photo(), photo().to_pil(), photo().to_numpy(), photo().to_numpy()[..., :3]):
        resources = encoded.copy()
        resources.insert(plan.needs[0], picture)
        assert RENDERER.render(plan, resources).frame == wanted == RENDERER.render(plan, encoded).frame


def test_a_report_tells_what_was_drawn() -> None:
    plan = RENDERER.plan(CARD, ROW, variant="wide", now=1_800_000_000)
    resources = answered(plan)
    rendered = RENDERER.render(plan, resources)
    report = rendered.report
    assert (report.template, report.variant, report.size, report.key, report.valid_until) == (
        "card",
        "wide",
        (240, 60),
        plan.key,
        None,
    )
    layer = {layer.layer: layer for layer in report.layers}
    assert (
        layer["photo"].rect == (0.0, 0.0, 40.0, 40.0)
        and layer["photo"].scale == 1.0
        and layer["photo"].font_size is None
    )
    assert layer["title"].font_size is not None and 8 <= layer["title"].font_size <= 30
    assert (
        " ".join(line.text.strip() for line in layer["title"].lines) == "Aster honey"
        and len(layer["title"].lines[0].rect) == 4
    )
    assert {note.code for note in report.notes} >= {"font-substituted"}
    assert report.timings_us is None
    said = json.loads(report.to_json())
    assert said["size"] == [240, 60] and set(said["layers"]) == set(layer)
    assert report == RENDERER.report(plan, resources) and report.layers[0] == RENDERER.report(plan, resources).layers[0]
    timings = RENDERER.render(plan, resources, timings=True).report.timings_us
    assert timings is not None and set(timings) == {"layout", "decode", "paint"}
    assert copy.deepcopy(report) is report
    for part in (report, report.layers[0], report.notes[0], layer["title"].lines[0]):
        assert repr(part).startswith("<") and part != 3


def test_time_is_what_the_host_says() -> None:
    row = {**ROW, "sale": "2026-11-01T00:00:00Z/2026-12-01T00:00:00Z"}
    noon = datetime(2026, 11, 22, 12, tzinfo=UTC)
    plans = [
        RENDERER.plan(CARD, row, now=now)
        for now in (
            noon,
            noon.astimezone(timezone(timedelta(hours=5))),
            noon.timestamp(),
            int(noon.timestamp()),
            noon.timestamp() + 0.7,
        )
    ]
    assert len({plan.key for plan in plans}) == 1
    assert all(plan.valid_until == datetime(2026, 12, 1, tzinfo=UTC) for plan in plans)
    assert plans[0].key != RENDERER.plan(CARD, row, now=noon + timedelta(days=30)).key
    with pytest.raises(t.RowError) as caught:
        RENDERER.plan(CARD, row)
    assert caught.value.code == "evaluation"
    with pytest.raises(t.ArgumentError, match="now must have a time zone, found 2026-11-22 12:00:00"):
        RENDERER.plan(CARD, row, now=datetime(2026, 11, 22, 12))
    for now in (float("nan"), float("inf"), 1 << 70):
        with pytest.raises(t.ArgumentError, match="now must be seconds since 1970"):
            RENDERER.plan(CARD, row, now=now)
    for wrong in ("2026-11-22", True, noon.date(), b"1"):
        with pytest.raises(TypeError, match="now must be a datetime with a time zone or seconds"):
            RENDERER.plan(CARD, row, now=wrong)  # type: ignore[arg-type]


def test_what_a_host_may_choose_is_checked() -> None:
    with pytest.raises(t.TemplateError, match='unknown variant "wid", did you mean "wide"?'):
        RENDERER.plan(CARD, ROW, variant="wid")
    for scale in (0.0, 5.0, -1.0, float("nan"), float("inf")):
        with pytest.raises(t.Error):
            RENDERER.plan(CARD, ROW, scale=scale)
    with pytest.raises(t.ArgumentError):
        RENDERER.plan(CARD, ROW, format="gif")
    with pytest.raises(t.Error):
        RENDERER.plan(CARD, ROW, time_zone="Mars/Olympus", now=0)
    for wrong in (
        {"variant": 3},
        {"lang": b"de"},
        {"scale": "2"},
        {"output": "png"},
        {"format": t.Output()},
        {"nonsense": 1},
    ):
        with pytest.raises(TypeError):
            RENDERER.plan(CARD, ROW, **wrong)


def test_a_row_that_is_skipped_is_a_plan_without_a_picture() -> None:
    template = t.Template(
        '{ "templrender": 1, "name": "t", "size": [9, 9], "layers": [], "skip-if": "\'sold out\' if stock == 0" }'
    )
    plan = RENDERER.plan(template, {"stock": 0})
    assert plan.skipped == "sold out" and "skipped: sold out" in repr(plan)
    with pytest.raises(t.RowError) as caught:
        RENDERER.render(plan)
    assert (caught.value.code, caught.value.http_status) == ("row-skipped", 404)


def test_eight_threads_draw_one_picture() -> None:
    bundle = product_ad()
    row = {
        "name": "Aster honey",
        "price": "€6.90",
        "old": "€8.90",
        "badge": "-22%",
        "photo": (ROOT / "templates/product-ad/rows/photos/bee.webp").read_bytes(),
    }
    started = threading.Barrier(8)

    def work(_: int) -> set[str]:
        started.wait()
        hashes = set()
        for _ in range(3):
            plan = bundle.plan(row, now=0, scale=0.25)
            hashes.add(hashlib.sha256(bundle.renderer.render(plan, bundle.resources()).encode()).hexdigest())
        return hashes

    with ThreadPoolExecutor(8) as pool:
        assert len(set.union(*pool.map(work, range(8)))) == 1


def product_ad() -> t.Bundle:
    folder = ROOT / "templates/product-ad"
    pack = t.Pack()
    for path in (
        path
        for path in folder.rglob("*")
        if path.is_file() and path.suffix in (".json", ".ttf", ".png", ".svg", ".jpg", ".webp")
    ):
        pack.add(path.relative_to(folder).as_posix(), path.read_bytes())
    return pack.open(fonts=t.Fonts(default=False))


def test_other_threads_go_on_while_one_draws() -> None:
    plan = heavy()
    ticks, done = 0, threading.Event()

    def draw() -> None:
        try:
            RENDERER.render(plan, timeout=1.0)
        except t.DeadlineError:
            pass
        done.set()

    thread = threading.Thread(target=draw)
    thread.start()
    while not done.is_set():
        time.sleep(0.001)
        ticks += 1
    thread.join()
    assert ticks > 5


def heavy() -> t.Plan:
    """What takes far longer than a test may."""
    layer = '{ "type": "box", "width": 4000, "height": 4000, "background": "linear-gradient(red, blue)", "opacity": 0.5, "filter": "blur(40px)" }'
    return RENDERER.plan(
        t.Template(
            f'{{ "templrender": 1, "name": "h", "size": [4000, 4000], "layers": [{", ".join([layer] * 200)}] }}'
        ),
        {},
    )


def test_a_render_ends_when_it_is_told_to() -> None:
    plan, cancel = heavy(), t.Cancel()
    assert not cancel.is_set()
    threading.Timer(0.2, cancel.set).start()
    begin = time.monotonic()
    with pytest.raises(t.Cancelled, match="paint: "):
        RENDERER.render(plan, cancel=cancel)
    assert cancel.is_set() and 0.1 < time.monotonic() - begin < 20
    begin = time.monotonic()
    with pytest.raises(t.DeadlineError, match="paint: a picture must be done by its deadline, found it .* us late"):
        RENDERER.render(plan, timeout=0.2)
    assert 0.1 < time.monotonic() - begin < 20
    with pytest.raises(TimeoutError):
        photo().encode(timeout=0.0)
    for timeout in (-1.0, float("nan")):
        with pytest.raises(t.ArgumentError, match="timeout must be seconds from 0 on"):
            RENDERER.render(plan, timeout=timeout)
    assert photo().encode(timeout=float("inf"), cancel=t.Cancel()) == photo().encode(timeout=1e300)


def test_a_scratch_never_shows() -> None:
    plans = [RENDERER.plan(CARD, {**ROW, "title": title}) for title in ("Aster honey", "Мёд", "x" * 60, "")[:3]]
    resources = answered(plans[0])
    fresh = [t.Renderer().render(plan, resources).frame for plan in plans]
    for plan, wanted in [*zip(plans, fresh, strict=True), *reversed(list(zip(plans, fresh, strict=True)))]:
        assert RENDERER.render(plan, resources).frame == wanted


def test_answers_that_arrive_while_a_picture_is_drawn_are_for_the_next() -> None:
    plan = RENDERER.plan(CARD, ROW)
    resources = answered(plan)
    wanted = RENDERER.render(plan, resources).frame
    stop = threading.Event()

    def work() -> None:
        while not stop.is_set():
            resources.insert(plan.needs[0], photo())
            resources.fail(12345, "somebody else's")

    thread = threading.Thread(target=work)
    thread.start()
    try:
        for _ in range(10):
            assert RENDERER.render(plan, resources).frame == wanted
    finally:
        stop.set()
        thread.join()


def test_rendered_pictures_are_saved_and_shown(tmp_path: Path) -> None:
    plan = RENDERER.plan(CARD, ROW)
    rendered = RENDERER.render(plan, answered(plan))
    assert rendered.output == t.Output.jpeg(70) and rendered.encode() == rendered.frame.encode(t.Output.jpeg(70))
    assert rendered._repr_png_() == rendered.frame.encode() == rendered.encode(t.Output.png())
    for name, wanted in (
        ("a.jpg", t.Output.jpeg(70)),
        ("a.png", t.Output.png()),
        ("a.webp", t.Output.webp()),
        ("a.bin", t.Output.jpeg(70)),
    ):
        rendered.save(tmp_path / name)
        assert (tmp_path / name).read_bytes() == rendered.encode(wanted)
    rendered.save(str(tmp_path / "b.jpg"), t.Output.png())
    assert (tmp_path / "b.jpg").read_bytes() == rendered.encode(t.Output.png())
    assert rendered.frame is rendered.frame and rendered.report is rendered.report
    assert repr(rendered) == f"<Rendered 120x60, {len(rendered.report.notes)} notes>"


NONSENSE: list[Any] = [None, 0, -1, 1 << 80, 1.5, float("nan"), "", "\ud800", "x" * 100, b"", b"\xff", bytearray(3), [], [1], {}, {1: 2}, object(), int, len,
    memoryview(b"ab"), numpy.zeros(3), numpy.zeros((2, 2, 4), numpy.uint8), CARD, RENDERER, t.Fonts(), t.Limits(), t.Output(), t.Pack(), t.Resources(), t.Cancel(),
    RENDERER.plan(CARD, ROW), RENDERER.plan(CARD, ROW).needs[0], photo(), range(3), Ellipsis, datetime.now(UTC), Exception("x"), t.RowError()]  # fmt: skip


def callables() -> list[tuple[str, Callable[..., object]]]:
    found: list[tuple[str, Callable[..., object]]] = []
    for kind in (
        t.Fault,
        t.Fonts,
        t.Frame,
        t.Cancel,
        t.Limits,
        t.Output,
        t.Pack,
        t.Renderer,
        t.Resources,
        t.Template,
        t.Bundle,
        t.Plan,
        t.Need,
        t.Report,
    ):
        found.append((kind.__name__, kind))
    objects = (
        CARD,
        RENDERER,
        t.Limits(),
        t.Output(),
        t.Resources(),
        t.Pack(),
        photo(),
        RENDERER.plan(CARD, ROW),
        t.Fonts(),
        t.Fault("bug"),
        product_ad(),
    )
    for one in objects:
        for name in dir(one):
            if callable(getattr(one, name)) and name not in (
                "save",
                "__class__",
                "__init_subclass__",
                "__subclasshook__",
            ):
                found.append((f"{type(one).__name__}.{name}", getattr(one, name)))
    return found


@pytest.mark.parametrize("name, call", callables(), ids=[name for name, _ in callables()])
def test_nonsense_is_an_exception_and_never_a_crash(name: str, call: Callable[..., object]) -> None:
    for first in NONSENSE:
        for arguments in ((first,), (first, NONSENSE[(id(first) // 16) % len(NONSENSE)]), (first, first, first)):
            try:
                call(*arguments)
            except Exception as error:
                assert not isinstance(error, (SystemError, t.BugError)), f"{name}{arguments!r}: {error!r}"
    for keyword in ("limits", "now", "timeout", "cancel", "at_least", "output", "fonts", "matte", "variant", "format"):
        for value in NONSENSE:
            try:
                call(**{keyword: value})
            except Exception as error:
                assert not isinstance(error, (SystemError, t.BugError)), f"{name}({keyword}={value!r}): {error!r}"


def test_an_interpreter_that_ends_while_others_draw_ends_quietly() -> None:
    code = """
import threading, templrender as t
template = t.Template('{ "templrender": 1, "name": "h", "size": [900, 900], "background": "linear-gradient(red, blue)", "layers": [] }')
renderer, kept = t.Renderer(), t.Resources()
kept.insert(5, t.Frame(memoryview(bytes(64)).cast("B", (4, 4, 4))).encode())
def work():
    while True:
        renderer.render(renderer.plan(template, {}), kept.copy()).encode()
for _ in range(3):
    threading.Thread(target=work, daemon=True).start()
"""
    ended = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        timeout=60,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert (ended.returncode, ended.stderr) == (0, b"")


def test_methods_have_signatures() -> None:
    assert (
        str(inspect.signature(t.Renderer.render))
        == "(self, /, plan, resources=None, *, timeout=None, cancel=None, timings=False)"
    )
    assert str(inspect.signature(t.Output.jpeg)) == "(quality=85, *, subsampling='auto', matte=(255, 255, 255))"
