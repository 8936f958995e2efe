"""Classes that are values: equal, hashed, printed, copied and pickled as what they say."""

from __future__ import annotations

import copy
import multiprocessing
import pickle
from collections.abc import Callable
from pathlib import Path

import pytest

import templrender as t

ROOT = Path(__file__).parents[2]
JSON = """{ "templrender": 1, "name": "card", "size": [40, 20], "assets": { "logo": "logo.svg" }, "fonts": ["Noto Sans"], // a comment
    "layers": [{ "type": "svg", "src": "asset:logo", "width": 9, "height": 9 }], "variants": { "wide": { "size": [80, 20] } } }"""
LOGO = b"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 9 9'><path d='M0 0h9v9z'/></svg>"
FONT = (ROOT / "tests/fonts/NotoSans-Regular.subset.ttf").read_bytes()


def bundle(limits: t.Limits | None = None) -> t.Bundle:
    pack = t.Pack(limits=limits)
    pack.add("template.json", JSON.encode())
    pack.add("logo.svg", LOGO)
    pack.add("fonts/a.ttf", FONT)
    return pack.open(fonts=t.Fonts(default=False))


MADE: list[tuple[Callable[[], object], object, str]] = [
    (lambda: t.Limits(max_pixels=5), t.Limits(), "Limits(max_pixels=5)"),
    (t.Limits, t.Limits(max_depth=3), "Limits()"),
    (lambda: t.Output.jpeg(90, subsampling="444", matte=(1, 2, 3)), t.Output.jpeg(90), "Output(\"jpeg\", quality=90, subsampling=\"444\", matte=(1, 2, 3))"),
    (lambda: t.Output.jpeg(subsampling="400"), t.Output.jpeg(), 'Output("jpeg", subsampling="400")'),
    (lambda: t.Output.png(effort="small"), t.Output.png(), 'Output("png", effort="small")'),
    (t.Output.webp, t.Output(), 'Output("webp")'),
    (lambda: t.Fonts([FONT]), t.Fonts(), "<Fonts: 3 faces, Noto Sans>"),
    (lambda: t.Fonts(default=False), t.Fonts(), "<Fonts: 0 faces>"),
    (lambda: t.Template(JSON), t.Template(JSON.replace("card", "ad")), "<Template card, variants wide>"),
    (lambda: t.Renderer(limits=t.Limits(max_layers=3)), t.Renderer(), "<Renderer: 2 faces>"),
    (bundle, t.Pack, "<Bundle card, version "),
    (lambda: t.Frame(memoryview(bytes(range(64))).cast("B", (4, 4, 4))), t.Pack, "<Frame 4x4>"),
    (lambda: t.Fault("bad-value", "size", "no", line=1, column=2), t.Fault("bad-value", "size", "no"), "<Fault bad-value: 1:2: size: no>"),
]  # fmt: skip


@pytest.mark.parametrize("make, other, text", MADE, ids=[case[2] for case in MADE])
def test_a_value_is_what_it_says(make: Callable[[], object], other: object, text: str) -> None:
    one, same = make(), make()
    assert one == same and not (one != same) and hash(one) == hash(same)
    assert one != other and one != 3 and one is not None
    assert repr(one).startswith(text)
    for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1):
        again = pickle.loads(pickle.dumps(one, protocol))
        assert type(again) is type(one) and again == one and hash(again) == hash(one)
    assert copy.copy(one) == one and copy.deepcopy([one]) == [one]
    with pytest.raises(TypeError):
        sorted([one, same])  # type: ignore[type-var]


def test_a_class_is_final_and_its_objects_cannot_be_changed() -> None:
    with pytest.raises(TypeError, match="not an acceptable base type"):
        type("Sub", (t.Template,), {})
    with pytest.raises(AttributeError):
        t.Limits().max_pixels = 3  # type: ignore[misc]
    with pytest.raises(AttributeError):
        t.Output().anything = 3  # type: ignore[attr-defined]
    with pytest.raises(TypeError, match="[Nn]o constructor|cannot create"):
        t.Plan()


def test_limits_have_the_defaults_of_the_library() -> None:
    limits = t.Template('{ "templrender": 1, "name": "a", "size": [9, 9], "layers": [] }').limits
    assert limits == t.Limits() and repr(limits) == "Limits()"
    small = limits.replace(max_pixels=5, max_depth=7)
    assert (small.max_pixels, small.max_depth, small.max_layers) == (5, 7, limits.max_layers)
    for wrong in ({"max_pixel": 5}, {"max_pixels": "5"}, {"max_pixels": 1.5}):
        with pytest.raises(TypeError):
            t.Limits(**wrong)  # type: ignore[arg-type]
        with pytest.raises(TypeError):
            limits.replace(**wrong)  # type: ignore[arg-type]
    for number in (-1, 1 << 70):
        with pytest.raises(OverflowError):
            t.Limits(max_pixels=number)
    with pytest.raises(TypeError):
        t.Limits(5)  # type: ignore[misc]


def test_limits_hold_where_they_are_given() -> None:
    with pytest.raises(t.TemplateError, match="template is 63 bytes, over the limit of 10"):
        t.Template(
            '{ "templrender": 1, "name": "a", "size": [9, 9], "layers": [] }', limits=t.Limits(max_template_bytes=10)
        )
    pack = t.Pack(limits=t.Limits(max_pack_files=1, max_input_bytes=10, max_template_bytes=20))
    for data in (bytes(21), bytearray(21), memoryview(bytearray(21))):
        with pytest.raises(t.ResourceError, match="a.png: file is 21 bytes, over the limit of 20"):
            pack.add("a.png", data)
    with pytest.raises(t.ResourceError, match="a.png: file is 11 bytes, over the limit of 10"):
        pack.add("a.png", bytes(11))
    pack.add("a.png", bytes(10))
    with pytest.raises(t.ResourceError, match="pack has 2 files, over the limit of 1"):
        pack.add("b.png", b"")


def test_an_output_checks_its_settings() -> None:
    assert (t.Output("jpg").format, t.Output("jpg").suffix, t.Output.webp().content_type) == (
        "jpeg",
        ".jpg",
        "image/webp",
    )
    for made in (
        lambda: t.Output(quality=0),
        lambda: t.Output.jpeg(101),
        lambda: t.Output.jpeg(1 << 40),
        lambda: t.Output("jpeg", subsampling="4:2:0"),
        lambda: t.Output(effort="most"),
        lambda: t.Output(matte=(0, 0, 256)),
        lambda: t.Output("tiff"),
    ):
        with pytest.raises(t.ArgumentError, match="must be .*, found "):
            made()
    with pytest.raises(ValueError):
        t.Output(matte=(0, 0))  # type: ignore[arg-type]


def test_a_template_tells_about_itself() -> None:
    template = t.Template(JSON.encode())
    assert (template.name, template.variants, template.fonts, dict(template.assets)) == (
        "card",
        ("wide",),
        ("Noto Sans",),
        {"logo": "logo.svg"},
    )
    with pytest.raises(TypeError):
        template.assets["logo"] = "x"  # type: ignore[index]
    assert t.Template(template.json) == template and "//" not in template.json
    assert template == t.Template(bytearray(JSON, "utf-8")) == t.Template(memoryview(JSON.encode()))
    limited = t.Template(JSON, limits=t.Limits(max_layers=7))
    assert pickle.loads(pickle.dumps(limited)).limits.max_layers == 7
    odd = t.Template('{ "templrender": 1, "name": "a", "size": [9, 9], "let": { "x": "{{ 1 }}" }, "layers": [] }')
    assert [warning.code for warning in odd.warnings] == ["unused-let"]
    assert '"line-clamp"' in t.Template.schema()
    with pytest.raises(t.ArgumentError, match="json must be UTF-8, found another byte at 1"):
        t.Template(b"{\xff")
    with pytest.raises(UnicodeEncodeError):
        t.Template("\ud800")


def test_fonts_are_read_once_and_damaged_ones_refused() -> None:
    fonts = t.Fonts([FONT, bytearray(FONT)], default=False)
    assert (len(fonts), fonts.families, bool(fonts), bool(t.Fonts(default=False))) == (2, ("Noto Sans",), True, False)
    with pytest.raises(t.ResourceError) as caught:
        t.Fonts([b"no font"])
    assert caught.value.code == "damaged-resource"
    for wrong in (FONT, [3], "a", [None]):
        with pytest.raises(TypeError):
            t.Fonts(wrong)  # type: ignore[list-item, arg-type]


def test_a_pack_is_what_was_put_in() -> None:
    pack = t.Pack()
    pack.add("./rows//a.json", b"{}")
    assert (pack.files(), pack.get("rows/a.json"), pack.get("../x"), "rows/a.json" in pack, len(pack)) == (
        ["rows/a.json"],
        b"{}",
        None,
        True,
        1,
    )
    with pytest.raises(t.ResourceError, match="a template's files must lie in its folder"):
        pack.add("../secret", b"")
    with pytest.raises(t.Error):
        pack.to_zip()
    with pytest.raises(t.ResourceError):
        pack.open()


def test_a_bundle_draws_the_same_in_another_process() -> None:
    one = bundle(t.Limits(max_layers=100))
    assert one.template.limits.max_layers == one.renderer.limits.max_layers == 100
    assert one.renderer is one.renderer and one.template is one.template
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        version, picture, again = pool.apply(drawn, (one,))
    assert (version, picture) == drawn(one)[:2]
    assert again == one and again.template.limits == one.template.limits
    with pytest.raises(TypeError, match="pickle the bundle"):
        pickle.dumps(one.renderer)


def drawn(one: t.Bundle) -> tuple[str, bytes, t.Bundle]:
    resources = one.resources()
    plan = one.plan({}, variant="wide")
    assert plan.pending(resources) == []
    return one.version, one.renderer.render(plan, resources).encode(), one


def test_a_fallback_comes_with_all_it_needs() -> None:
    assert bundle().fallback is None and bundle().plan_fallback() is None
    pack = t.Pack()
    pack.add(
        "template.json",
        b'{ "templrender": 1, "name": "d", "size": [9, 9], "background": "{{ tint }}", "layers": [], "variants": { "b": { "size": [5, 5] } } }',
    )
    pack.add("fallback.json", b'{ "tint": "navy" }')
    one = pack.open()
    assert one.fallback is not None and dict(one.fallback) == {"tint": "navy"}
    found = one.plan_fallback(variant="b", format="jpeg")
    assert found is not None
    plan, resources = found
    rendered = one.renderer.render(plan, resources)
    assert rendered.frame.size == (5, 5) and rendered.encode()[:2] == b"\xff\xd8"
    assert pickle.loads(pickle.dumps(one)).fallback == one.fallback
