"""What nobody should do: wrong types everywhere, mappings that lie, buffers that change, cycles, depth, sizes, odd orders of deletion.

Each is answered by an exception that a program expects, or does what was asked. Nothing hangs, nothing is a BugError, and the interpreter lives.
"""

import copy
import gc
import inspect
import itertools
import math
import pickle
import random
import resource
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Any

import pytest

import templrender as tr
from templrender import _templrender

TEMPLATE = """{ "templrender": 1, "name": "card", "size": [64, 32],
  "layers": [ { "type": "image", "src": "{{ photo }}", "left": 0, "top": 0, "width": 32, "height": 32 },
    { "type": "text", "text": "{{ title }}", "left": 34, "top": 0, "width": 30, "height": 30, "font-size": 10 } ] }"""
PNG = tr.Frame(memoryview(bytes(range(192))).cast("B", (8, 8, 3))).encode()
# The last is what a memoryview of several dimensions says of itself.
EXPECTED = (
    TypeError,
    ValueError,
    OverflowError,
    BufferError,
    LookupError,
    OSError,
    AttributeError,
    tr.Error,
    NotImplementedError,
)


@pytest.fixture(autouse=True)
def bounded_memory() -> Iterator[None]:
    """What takes memory because somebody says so gets a MemoryError, which no test expects."""
    before = resource.getrlimit(resource.RLIMIT_AS)
    taken = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (taken + 2**31, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_AS, before)


class Odd(Enum):
    ONE = "one"


class Liar(Mapping[str, object]):
    """A mapping whose keys are not there, whose length is wrong, and that changes while it is read."""

    def __init__(self) -> None:
        self.asked = 0

    def __getitem__(self, key: str) -> object:
        self.asked += 1
        raise KeyError(key)

    def __iter__(self) -> Iterator[str]:
        return iter(["a", "b"])

    def __len__(self) -> int:
        return 10**9


class Raiser:
    """Raises whatever is asked of it."""

    def __getattr__(self, name: str) -> Any:
        raise RuntimeError(f"no {name} here")

    def __index__(self) -> int:
        raise RuntimeError("no number")

    def __float__(self) -> float:
        raise RuntimeError("no number")

    def __fspath__(self) -> str:
        raise RuntimeError("no path")

    def __iter__(self) -> Iterator[object]:
        raise RuntimeError("no list")

    def __repr__(self) -> str:
        raise RuntimeError("no text")

    def __bool__(self) -> bool:
        raise RuntimeError("neither")


def menagerie() -> list[object]:
    template, renderer = tr.Template(TEMPLATE), tr.Renderer()
    plan = renderer.plan(template, {"title": "a", "photo": "b"})
    released = memoryview(b"abc")
    released.release()
    return [
        None, True, 0, 1, -1, 255, 2**31, 2**63, 2**64, -(2**63) - 1, 10**40, 0.0, -1.5, 1e308, math.nan, math.inf, -math.inf, 1j,
        "", "a", "png", "jpeg", "\0", "\ud800", "a" * 100_000, "../..", "http://user:pass@example.invalid/?token=1", b"", b"{", PNG, PNG[:50], bytearray(PNG),
        memoryview(b"abcdef")[::2], memoryview(bytes(64)).cast("B", (4, 4, 4)), released, Decimal("NaN"), Decimal("1E+6000"), Decimal("-Infinity"),
        date.min, date.max, datetime.max, datetime(2026, 11, 21, tzinfo=timezone(timedelta(hours=23, minutes=59, seconds=59))),
        [], [[]], (), (0, 0, 0), (256, -1, 1), (1, 2), (10**9, 10**9), {}, {"a": 1}, {1: 2}, {"\ud800": 1}, set(), frozenset({1}), range(10**9), iter([]), object(), int, len,
        Odd.ONE, Liar(), Raiser(), Path("/nonexistent/x.png"), Path("."), template, renderer, plan, plan.needs[0], tr.Resources(), tr.Row({"a": 1}), tr.Fonts(), tr.Limits(),
        tr.Output.png(), tr.Pack(), tr.Cancel(), tr.Money(1, "EUR"), tr.Frame.decode(PNG), ValueError("x"), lambda: None,
    ]  # fmt: skip


def callables() -> list[tuple[str, Callable[..., object]]]:
    """The native classes, their static methods, and the methods of one object of each; what draws to a screen or waits is not among them."""
    template = tr.Template(TEMPLATE)
    renderer = tr.Renderer()
    plan = renderer.plan(template, {"title": "a", "photo": PNG})
    rendered = renderer.render(plan)
    pack = tr.Pack()
    pack.add("template.json", TEMPLATE.encode())
    things = [
        template, renderer, plan, rendered, rendered.frame, rendered.report, pack, pack.open(), tr.Resources(), tr.Row({"a": 1}), tr.Fonts(), tr.Limits(),
        tr.Output.png(), tr.Money(1, "EUR"), tr.Interval(None, None), tr.FeedReader("delimited"),
    ]  # fmt: skip
    found: list[tuple[str, Callable[..., object]]] = [
        (name, value)
        for name, value in vars(_templrender).items()
        if inspect.isclass(value) and not issubclass(value, BaseException)
    ]
    found += [
        (f"{type(thing).__name__}.{name}", getattr(thing, name))
        for thing in things
        for name in dir(type(thing))
        if not name.startswith("__")
    ]
    found += [
        (f"{type(thing).__name__}.{name}", getattr(thing, name))
        for thing in things
        for name in ("__eq__", "__reduce__", "__getitem__", "__contains__")
        if hasattr(thing, name)
    ]
    return [(name, value) for name, value in found if callable(value)]


@pytest.mark.parametrize(("name", "call"), callables(), ids=[name for name, _ in callables()])
def test_arguments_of_any_kind(
    name: str, call: Callable[..., object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    animals = menagerie()
    choice = random.Random(name)
    try:
        names = [p.name for p in inspect.signature(call).parameters.values() if p.kind is not p.VAR_POSITIONAL]
    except (TypeError, ValueError):
        names = []
    argument_lists: list[tuple[tuple[object, ...], dict[str, object]]] = [((), {})]
    argument_lists += [((animal,), {}) for animal in animals]
    argument_lists += [(tuple(choice.choices(animals, k=2)), {}) for _ in range(60)]
    argument_lists += [((), {key: choice.choice(animals)}) for key in names for _ in range(25)]
    argument_lists += [
        ((choice.choice(animals),), {choice.choice(names or ["x"]): choice.choice(animals)}) for _ in range(120)
    ]
    argument_lists += [((), {"no such name": 1})]
    for positional, named in argument_lists:
        try:
            call(*positional, **named)
        except tr.BugError as error:
            pytest.fail(f"{name}: {error}")
        except EXPECTED:
            pass
        except RuntimeError as error:
            assert " here" in str(error) or str(error).startswith(("no ", "neither")) or "borrowed" in str(error), (
                f"{name}: {error!r}"
            )


NO_VALUES: dict[str, object] = {
    "object": object(), "complex": 1j, "number as key": {1: 2}, "number as key inside": {"a": {2: 3}}, "object in a list": [object()], "half a character": "\ud800",
    "half a character as key": {"\udfff": 1}, "infinite": math.inf, "range": range(3), "function": len, "raiser": Raiser(), "liar": Liar(),
}  # fmt: skip


@pytest.mark.parametrize("name", NO_VALUES)
def test_values_that_no_row_has(name: str) -> None:
    with pytest.raises((tr.RowError, RuntimeError, KeyError)):
        tr.Row({"field": NO_VALUES[name]})  # type: ignore[dict-item]


def test_a_mapping_that_changes_while_it_is_read() -> None:
    class Growing(dict[str, object]):
        def __getitem__(self, key: str) -> object:
            self[f"{key}x"] = 1
            return super().__getitem__(key)

        def items(self) -> Any:
            for key in self:
                self[f"{key}x"] = 1
                yield key, 1

    try:
        tr.Row(Growing(a=1))
    except (RuntimeError, tr.RowError):
        pass


def test_depth_is_bounded() -> None:
    around: list[object] = []
    around.append(around)
    deep: object = "leaf"
    for _ in range(200_000):
        deep = [deep]
    cycle: dict[str, object] = {}
    cycle["a"] = cycle
    for value in (around, deep, cycle):
        with pytest.raises(tr.RowError):
            tr.Row({"field": value})  # type: ignore[dict-item]
    for text in ('{"a":' * 200_000, "[" * 1_000_000, '{ "a": ' + "[" * 100_000 + "]" * 100_000 + "}"):
        with pytest.raises(tr.Error):
            tr.Template(text)
        with pytest.raises(tr.Error):
            tr.Row.from_json(text)
    with pytest.raises(tr.Error):
        tr.Template(
            '{ "templrender": 1, "name": "x", "size": [9, 9], "layers": [ { "type": "text", "text": "{{ '
            + "(" * 100_000
            + ' }}" } ] }'
        )


def test_sizes_are_compared_before_memory_is_taken() -> None:
    began = time.perf_counter()
    with pytest.raises(tr.Error):
        tr.Template('{ "templrender": 1, "name": "x", "size": [1000000000, 1000000000], "layers": [] }')
    renderer, template = tr.Renderer(), tr.Template(TEMPLATE)
    for scale in (1e30, 1e9, 0.0, -1.0, math.nan, math.inf):
        with pytest.raises((tr.Error, ValueError)):
            renderer.render(renderer.plan(template, {"title": "a", "photo": ""}, scale=scale))
    bomb = bytearray(tr.Frame(memoryview(bytes(4)).cast("B", (1, 1, 4))).encode())
    bomb[16:24] = b"\x7f\xff\xff\xff\x7f\xff\xff\xff"
    with pytest.raises(tr.Error):
        tr.Frame.decode(bomb)
    with pytest.raises((TypeError, ValueError)):
        tr.Frame(memoryview(b""))
    for timeout in (-1.0, math.nan, -math.inf):
        with pytest.raises((tr.Error, ValueError)):
            renderer.render(renderer.plan(template, {"title": "a", "photo": ""}), timeout=timeout)
    renderer.render(renderer.plan(template, {"title": "a", "photo": PNG}), timeout=1e300)
    assert time.perf_counter() - began < 20


def test_writable_buffers_are_copied_and_given_back() -> None:
    renderer, template = tr.Renderer(), tr.Template(TEMPLATE)
    plan = renderer.plan(template, {"title": "a", "photo": "p"})
    wanted = tr.Resources()
    wanted.insert(plan.needs[0], PNG)
    picture = bytearray(PNG)
    resources = tr.Resources()
    resources.insert(plan.needs[0], picture)
    picture[:] = bytes(len(picture))
    picture.extend(b"more")  # a BufferError if it were still exported
    assert renderer.render(plan, resources).encode() == renderer.render(plan, wanted).encode()

    pixels = bytearray(8 * 8 * 4)
    frame = tr.Frame(memoryview(pixels).cast("B", (8, 8, 4)))
    before = frame.to_rgba()
    pixels[:] = b"\xff" * len(pixels)
    assert frame.to_rgba() == before
    pixels.append(1)


def test_a_buffer_that_is_overwritten_while_it_is_read() -> None:
    renderer, template = tr.Renderer(), tr.Template(TEMPLATE)
    plan = renderer.plan(template, {"title": "a", "photo": "p"})
    picture, stop = bytearray(PNG), threading.Event()

    def scribble() -> None:
        for number in itertools.count():
            if stop.is_set():
                return
            picture[number % len(picture)] ^= 0x55

    scribbler = threading.Thread(target=scribble)
    scribbler.start()
    try:
        for _ in range(300):
            resources = tr.Resources()
            try:
                resources.insert(plan.needs[0], picture)
                renderer.render(plan, resources)
            except tr.ResourceError:
                continue
    finally:
        stop.set()
        scribbler.join()


def test_resources_that_change_while_others_draw() -> None:
    renderer, template = tr.Renderer(), tr.Template(TEMPLATE)
    plan = renderer.plan(template, {"title": "a", "photo": "p"})
    resources, stop = tr.Resources(), threading.Event()
    resources.insert(plan.needs[0], PNG)
    faults: list[BaseException] = []

    def change() -> None:
        while not stop.is_set():
            try:
                resources.insert(plan.needs[0], PNG)
                resources.fail(plan.needs[0], "gone")
                resources.copy()
                len(resources)
                plan.pending(resources)
            except BaseException as fault:
                faults.append(fault)
                return

    def draw() -> None:
        try:
            for _ in range(100):
                try:
                    renderer.render(plan, resources).encode()
                except tr.ResourceError as error:
                    assert error.code == "missing-resource"
        except BaseException as fault:
            faults.append(fault)

    changers = [threading.Thread(target=change) for _ in range(3)]
    drawers = [threading.Thread(target=draw) for _ in range(3)]
    for thread in changers + drawers:
        thread.start()
    for thread in drawers:
        thread.join(60)
    stop.set()
    for thread in changers:
        thread.join(60)
    assert not faults, faults


def test_views_outlive_what_they_look_at() -> None:
    renderer, template = tr.Renderer(), tr.Template(TEMPLATE)
    rendered = renderer.render(renderer.plan(template, {"title": "a", "photo": PNG}))
    frame, report, wanted = rendered.frame, rendered.report, rendered.frame.to_rgba()
    view = memoryview(frame)
    pixels = bytes(view)
    row = view.cast("B")[3 * 64 * 4 : 4 * 64 * 4]
    del rendered, renderer, template, frame
    gc.collect()
    assert bytes(view) == pixels and len(wanted) == len(pixels)
    del view
    gc.collect()
    assert bytes(row) == pixels[3 * 64 * 4 : 4 * 64 * 4]
    assert report.size == (64, 32)


def test_frames_are_read_only() -> None:
    view = memoryview(tr.Frame.decode(PNG))
    assert view.readonly and view.shape == (8, 8, 4) and view.format == "B" and view.c_contiguous
    with pytest.raises(TypeError):
        view[0, 0, 0] = 1


def things() -> dict[str, object]:
    template, renderer = tr.Template(TEMPLATE), tr.Renderer()
    plan = renderer.plan(template, {"title": "a", "photo": "p"})
    resources = tr.Resources()
    resources.insert(plan.needs[0], PNG)
    rendered = renderer.render(plan, resources)
    pack = tr.Pack()
    pack.add("template.json", TEMPLATE.encode())
    try:
        tr.Template("{")
    except tr.Error as found:
        error = found
    return {
        "template": template, "renderer": renderer, "plan": plan, "need": plan.needs[0], "resources": resources, "rendered": rendered, "frame": rendered.frame,
        "report": rendered.report, "output": plan.output, "limits": tr.Limits(max_side_px=99), "fonts": tr.Fonts(), "pack": pack, "bundle": pack.open(),
        "row": tr.Row({"a": [1, "b", {"c": Decimal("1.5")}], "d": tr.Money("6.90", "EUR"), "e": date(2026, 1, 1), "f": PNG}), "money": tr.Money("6.90", "EUR"),
        "interval": tr.Interval(date(2026, 1, 1), None), "cancel": tr.Cancel(), "error": error, "fault": error.faults[0], "feed": tr.FeedReader("delimited"),
    }  # fmt: skip


@pytest.mark.parametrize("name", list(things()))
def test_everything_pickles_or_says_that_it_cannot(name: str) -> None:
    thing = things()[name]
    for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1):
        try:
            data = pickle.dumps(thing, protocol)
        except TypeError as error:
            assert "pickle" in str(error), error
            assert name not in {
                "template",
                "output",
                "limits",
                "row",
                "money",
                "interval",
                "error",
                "fault",
                "bundle",
            }, error
            return
        again = pickle.loads(data)
        assert type(again) is type(thing)
        if type(thing).__eq__ is not object.__eq__:
            assert again == thing and hash_of(again) == hash_of(thing)
    for way in (copy.copy, copy.deepcopy):
        try:
            way(thing)
        except TypeError as error:
            assert "pickle" in str(error), error


def hash_of(thing: object) -> int | None:
    try:
        return hash(thing)
    except TypeError:
        return None


@pytest.mark.parametrize("name", list(things()))
def test_everything_has_a_short_repr_and_no_dictionary(name: str) -> None:
    thing = things()[name]
    assert 0 < len(repr(thing)) < 400, repr(thing)
    if not isinstance(thing, Exception):
        with pytest.raises((AttributeError, TypeError)):
            thing.anything = 1  # type: ignore[attr-defined]
        with pytest.raises(TypeError):
            type("Sub", (type(thing),), {})


def test_pickles_that_were_tampered_with_are_errors() -> None:
    choice = random.Random(1)
    for name, thing in things().items():
        try:
            make, arguments = thing.__reduce_ex__(2)[:2]
        except TypeError:
            continue
        for at, argument in enumerate(arguments):
            for other in [
                None,
                1,
                "",
                b"",
                [],
                {},
                *(
                    argument[: choice.randrange(len(argument) + 1)]
                    for _ in range(9)
                    if isinstance(argument, bytes | str)
                ),
            ]:
                try:
                    make(*arguments[:at], other, *arguments[at + 1 :])
                except tr.BugError as error:
                    pytest.fail(f"{name}: {error}")
                except EXPECTED:
                    pass


def test_saving_where_it_cannot_be(tmp_path: Path) -> None:
    frame = tr.Frame.decode(PNG)
    with pytest.raises(FileNotFoundError):
        frame.save(tmp_path / "none" / "a.png")
    with pytest.raises(OSError):
        frame.save(tmp_path)
    with pytest.raises((OSError, ValueError)):
        frame.save(f"{tmp_path}/a\0.png")
    with pytest.raises((TypeError, ValueError)):
        frame.save(None)  # type: ignore[arg-type]
    (tmp_path / "a.png").write_bytes(b"old")
    frame.save(tmp_path / "a.png")
    assert [path.name for path in tmp_path.iterdir()] == ["a.png"]
    assert tr.Frame.decode((tmp_path / "a.png").read_bytes()).to_rgba() == frame.to_rgba()


def test_exceptions_hold_no_renderer_alive() -> None:
    try:
        tr.Renderer().plan(tr.Template(TEMPLATE), {"title": object()})  # type: ignore[dict-item]
    except tr.RowError as error:
        again = copy.copy(error)
        assert str(again) == str(error) and again.faults == error.faults and again.code == error.code
    else:
        pytest.fail("an object is no value")


def test_a_panic_is_an_error_and_silent(capfd: pytest.CaptureFixture[str]) -> None:
    for _ in range(3):
        with pytest.raises(tr.BugError, match="planted") as caught:
            _templrender._provoke_panic("planted")
        assert caught.value.cause == "bug" and ".rs:" in str(caught.value.faults[0].place)
        assert isinstance(caught.value, Exception)
    assert capfd.readouterr() == ("", "")
