"""Rows: values of Python go in, values of Python come out, and a row of a dict is the row of the same JSON."""

from __future__ import annotations

import collections
import copy
import enum
import json
import pathlib
import pickle
import sys
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import Any, NamedTuple, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from templrender import (
    ArgumentError,
    Fonts,
    Frame,
    Interval,
    Limits,
    Money,
    Renderer,
    ResourceError,
    Row,
    RowError,
    Template,
)

CHARACTERS = st.characters(codec="utf-8")
TEXTS = st.text(CHARACTERS, max_size=20)
NAMES = st.text(CHARACTERS, max_size=8)
WHOLE = st.integers(-(10**28) + 1, 10**28 - 1)
# What JSON has, floats as Python prints them.
JSON = st.recursive(
    st.none() | st.booleans() | WHOLE | st.floats(-1e20, 1e20, allow_nan=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=12,
)
DECIMALS = st.decimals(-(10**12), 10**12, places=6, allow_nan=False)
ZONES = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
DATES = st.dates(date(2, 1, 1), date(9998, 12, 30))
TIMES = st.datetimes(datetime(2, 1, 1), datetime(9998, 12, 30), timezones=st.one_of(st.none(), ZONES)).map(
    lambda at: at.replace(microsecond=0)
)
MONEY = st.builds(Money, DECIMALS | WHOLE, st.sampled_from(["EUR", "GBP", "USD", "JPY"]))
SIDES = DATES | TIMES
INTERVALS = st.builds(Interval, st.none() | SIDES, st.none() | SIDES)
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | WHOLE
    | DECIMALS
    | TEXTS
    | DATES
    | TIMES
    | MONEY
    | INTERVALS
    | st.binary(min_size=1, max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=12,
)


def settled(value: Any) -> Any:
    """What a value comes out as: a blank text is None, a whole Decimal an int."""
    match value:
        case str():
            # Unicode's White_Space, to which Python adds four separators
            return value if value.strip() or set(value) & set("\x1c\x1d\x1e\x1f") else None
        case list() | tuple():
            return [settled(item) for item in value]
        case Mapping():
            return {name: settled(item) for name, item in value.items()}
        case _:
            return value


@given(st.dictionaries(NAMES, VALUES, max_size=6))
def test_values_come_out_as_they_went_in(columns: dict[str, Any]) -> None:
    row = Row(columns)
    assert dict(row) == settled(columns)
    assert Row(row) == row and Row(dict(row)) == row
    again = pickle.loads(pickle.dumps(row))
    assert again == row and dict(again) == dict(row)
    assert list(row) == sorted(columns, key=lambda name: name.encode())


@given(st.dictionaries(NAMES, JSON, max_size=6))
def test_a_dict_and_its_json_are_one_row(columns: dict[str, Any]) -> None:
    row = Row(columns)
    for ascii in (True, False):
        text = json.dumps(columns, ensure_ascii=ascii)
        assert Row.from_json(text) == row
        assert Row.from_json(text.encode()) == row
    assert Row.from_json(row.to_json()) == row


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_float_is_its_shortest_digits(number: float) -> None:
    text = json.dumps({"n": number})
    try:
        from_json: Row | None = Row.from_json(text)
    except ValueError:
        from_json = None
    if from_json is None:
        with pytest.raises(ValueError, match=r"^field n: must be a number of at most 28 digits, found "):
            Row(n=number)
    else:
        assert Row(n=number) == from_json
    if 1e-10 < abs(number) < 1e10:
        assert Decimal(str(Row(n=number)["n"])) == Decimal(repr(number))


@settings(max_examples=50)
@given(
    st.dictionaries(NAMES, VALUES, max_size=4),
    st.dictionaries(st.from_regex(r"[a-z]{1,4}", fullmatch=True), VALUES, max_size=4),
)
def test_keywords_lie_over_the_mapping(columns: dict[str, Any], more: dict[str, Any]) -> None:
    assert Row(columns, **more) == Row({**columns, **more})


def test_it_is_a_mapping() -> None:
    row = Row({"title": "Aster honey", "stock": 3}, price=Money("6.90", "EUR"))
    assert isinstance(row, Mapping)
    assert len(row) == 3 and "stock" in row and "note" not in row and cast(Any, 3) not in row
    assert row["stock"] == 3 and row.get("note") is None and row.get("note", "-") == "-"
    assert list(row.keys()) == ["price", "stock", "title"]
    assert list(row.values()) == [Money("6.9", "EUR"), 3, "Aster honey"]
    assert ("stock", 3) in row.items() and {**row} == dict(row.items())
    assert row == {"title": "Aster honey", "stock": 3.0, "price": Money(Decimal("6.9"), "eur")}
    assert row != {} and row != 3 and row != {"title": object()}
    with pytest.raises(KeyError, match="note"):
        row["note"]
    with pytest.raises(TypeError):
        hash(row)
    with pytest.raises((TypeError, AttributeError)):
        row["stock"] = 4  # type: ignore[index]
    match row:
        case {"title": title}:
            assert title == "Aster honey"
        case _:
            pytest.fail("a mapping pattern must match")
    assert copy.deepcopy(row) == row == copy.copy(row)
    assert Row() == {} and len(Row()) == 0


def test_a_repr_is_short_and_says_what_is_there() -> None:
    assert repr(Row(title="Aster honey", stock=3)) == "Row({'stock': 3, 'title': 'Aster honey'})"
    assert repr(Row(photo=b"1234", note=None)) == "Row({'note': None, 'photo': <picture of 4 bytes>})"
    long = repr(Row({f"column {i}": "x" * 1000 for i in range(100)}))
    assert len(long) < 1000 and long.endswith(", ... 92 more})")


class Shade(str, enum.Enum):  # noqa: UP042 - older code has this kind
    RED = "red"


class Plain(enum.Enum):
    RED = "red"
    TWO = 2


class Strong(enum.StrEnum):
    RED = "red"


class Level(enum.IntEnum):
    HIGH = 3


class Name(str):
    pass


class Point(NamedTuple):
    x: int
    y: int


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (Shade.RED, "red"),
        (Plain.RED, "red"),
        (Plain.TWO, 2),
        (Strong.RED, "red"),
        (Level.HIGH, 3),
        (Name("x"), "x"),
        (pathlib.PurePosixPath("photos/a.jpg"), "photos/a.jpg"),
        (float("nan"), None),
        (Decimal("NaN"), None),
        (Decimal("-sNaN12"), None),
        (Decimal("1E+3"), 1000),
        (Decimal("6.90"), Decimal("6.9")),
        (-0.0, 0),
        (1e22, 10**22),
        (2**96 - 1, 2**96 - 1),
        (True, True),
        ((1, "a"), [1, "a"]),
        (collections.OrderedDict(b=1, a=2), {"a": 2, "b": 1}),
        (collections.ChainMap({"a": 1}), {"a": 1}),
        (Point(1, 2), [1, 2]),
        (datetime(2026, 7, 1, 12, 0, 5, 999999), datetime(2026, 7, 1, 12, 0, 5)),
        ("  ", None),
        ([" ", {"a": "\n"}], [None, {"a": None}]),
        (bytearray(b"picture"), b"picture"),
        (memoryview(b"-picture-")[1:-1], b"picture"),
        (memoryview(b"p-i-c-t-")[::2], b"pict"),
        (Row(a=1), {"a": 1}),
    ],
)
def test_kindred_types_are_read_by_value(value: Any, expected: Any) -> None:
    found = Row(x=value)["x"]
    assert found == expected and type(found) is type(expected)


def test_a_picture_keeps_its_bytes_alive() -> None:
    data = bytes(range(256)) * 4096
    before = sys.getrefcount(data)
    row = Row(photo=data)
    assert sys.getrefcount(data) == before + 1, "bytes are borrowed"
    assert row["photo"] == data
    del row
    assert sys.getrefcount(data) == before
    changing = bytearray(b"abc")
    copied = Row(photo=changing)
    changing[:] = b"xyz"
    assert copied["photo"] == b"abc", "what can be written to is copied"
    view = memoryview(changing).toreadonly()
    copied = Row(photo=view)
    changing[:] = b"123"
    assert copied["photo"] == b"xyz", "a read-only view of what can be written to, too"


CYCLE: list[Any] = []
CYCLE.append(CYCLE)
BUSH: list[Any] = []
BUSH.extend([BUSH, BUSH])
RING: dict[str, Any] = {}
RING["ring"] = RING


def nested(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        (
            {"x": object()},
            "field x: must be None, a bool, a number, a str, a path, a date, a Money, an Interval, a list, a dict or a picture, found object",
        ),
        ({"x": {1, 2}}, r"field x: must be None, .*, found set"),
        ({"x": time(12)}, r"field x: must be None, .*, found time"),
        ({"photos": [1, 2, 3, {"url": 1j}]}, r"field photos\[3\]\.url: must be None, .*, found complex"),
        ({"x": {"a": {2: 3}}}, r"field x\.a: the names of a dict must be str, found int"),
        ({3: 1}, "row: the name of a column must be a str, found int"),
        ({"x": "\ud800"}, "field x: must be Unicode text, found a lone surrogate"),
        ({"\ud800": 1}, "row: the name of a column must be Unicode text, found a lone surrogate"),
        ({"x": float("inf")}, "field x: must be a number of at most 28 digits, found inf"),
        ({"x": 1e300}, r"field x: must be a number of at most 28 digits, found 1e\+300"),
        ({"x": 10**40}, "field x: must be a number of at most 28 digits, found a larger int"),
        ({"x": 10**100_000}, "field x: must be a number of at most 28 digits, found a larger int"),
        ({"x": Decimal("Infinity")}, "field x: must be a number of at most 28 digits, found Infinity"),
        ({"x": CYCLE}, "row: row is nested deeper than the limit of 64"),
        ({"x": BUSH}, "row: row is nested deeper than the limit of 64"),
        (RING, "row: row is nested deeper than the limit of 64"),
        ({"x": nested(64)}, "row: row is nested deeper than the limit of 64"),
        ({"x": "a" * (4 << 20)}, "row: row has more than 4194304 bytes of names and texts, counting 2 for each value"),
        ({"x": [0] * (2 << 20)}, "row: row has more than 4194304 bytes of names and texts, counting 2 for each value"),
    ],
)
def test_what_cannot_be_says_where_and_what(columns: Any, message: str) -> None:
    with pytest.raises(RowError, match=f"^{message}$"):
        Row(columns)


def test_the_deepest_nesting_is_that_of_json() -> None:
    assert Row(x=nested(63)) == Row.from_json(json.dumps({"x": nested(63)}))
    with pytest.raises(ValueError, match="deeper than the limit of 64"):
        Row.from_json(json.dumps({"x": nested(64)}))


@pytest.mark.parametrize("found", [3, [("a", 1)], "a", None.__class__])
def test_a_row_is_a_mapping(found: Any) -> None:
    with pytest.raises(ValueError, match=r"^row: a row must be a Row or a mapping of columns by name, found "):
        Row(found)


def test_what_python_raises_on_the_way_goes_through() -> None:
    class Path:
        def __fspath__(self) -> str:
            raise ZeroDivisionError("gone")

    with pytest.raises(ZeroDivisionError, match="gone"):
        Row(x=Path())


def test_a_mapping_that_changes_while_it_is_read_is_read_as_it_was() -> None:
    columns: dict[str, Any] = {}

    class Path:
        def __fspath__(self) -> str:
            columns["later"] = 1
            del columns["b"]
            return "a.jpg"

    columns |= {"a": Path(), "b": 2}
    assert Row(columns) == {"a": "a.jpg", "b": 2}
    assert set(columns) == {"a", "later"}


def test_json_is_written_as_texts_that_fields_read() -> None:
    row = Row(
        price=Money("6.90", "EUR"),
        day=date(2026, 7, 1),
        noon=datetime(2026, 7, 1, 12),
        instant=datetime(2026, 7, 1, 12, tzinfo=timezone(timedelta(hours=2))),
        sale=Interval(date(2026, 7, 1), date(2026, 7, 31)),
        photo=b"picture",
        photos=["a.jpg", b"picture"],
        n=Decimal("0.1"),
    )
    assert json.loads(row.to_json()) == {
        "price": "6.9 EUR",
        "day": "2026-07-01",
        "noon": "2026-07-01T12:00:00",
        "instant": "2026-07-01T12:00:00+02:00",
        "sale": "2026-07-01/2026-07-31",
        "photos": ["a.jpg", None],
        "n": 0.1,
    }


def test_numpy_values_are_read_by_value() -> None:
    np = pytest.importorskip("numpy")
    for value, expected in [
        (np.int8(-3), -3),
        (np.uint64(2**64 - 1), 2**64 - 1),
        (np.float16(0.1), Decimal("0.1")),
        (np.float32(0.1), Decimal("0.1")),
        (np.float64(0.1), Decimal("0.1")),
        (np.float32("nan"), None),
        (np.bool_(True), True),
        (np.str_("x"), "x"),
        (np.bytes_(b"x"), b"x"),
        (np.datetime64("2026-07-01"), date(2026, 7, 1)),
        (np.datetime64("2026-07-01T12:00:05.5", "ns"), datetime(2026, 7, 1, 12, 0, 5)),
        (np.datetime64("2026-07", "M"), date(2026, 7, 1)),
        (np.datetime64("NaT"), None),
        (np.array(5), 5),
        (np.array(0.1, dtype=np.float32), Decimal("0.1")),
        (np.array("x"), "x"),
        (np.array(["a.jpg", "b.jpg"]), ["a.jpg", "b.jpg"]),
        (np.array(["a.jpg", None], dtype=object), ["a.jpg", None]),
        (np.array([0.1, np.nan], dtype=np.float32), [Decimal("0.1"), None]),
        (np.frombuffer(b"picture", dtype=np.uint8), b"picture"),
    ]:
        found = Row(x=value)["x"]
        assert found == expected and type(found) is type(expected), value
    with pytest.raises(ValueError, match=r"^field x: must be a number of at most 28 digits, found inf$"):
        Row(x=np.float32("inf"))
    with pytest.raises(ValueError, match=r"^field x: must be None, .*, found timedelta$"):
        Row(x=np.timedelta64(5, "s"))


TEMPLATE = Template(
    """{ "templrender": 1, "name": "t", "size": [40, 30], "layers": [
    { "type": "image", "src": "{{ photo }}", "width": 40, "height": 30, "object-fit": "contain" } ] }"""
)


def drawn(row: Any) -> str:
    renderer = Renderer(Fonts(default=False))
    plan = renderer.plan(TEMPLATE, row)
    return renderer.render(plan).frame.to_rgba().hex()


def test_pixels_are_drawn_as_their_png() -> None:
    np = pytest.importorskip("numpy")
    image = pytest.importorskip("PIL.Image")
    rgba = np.random.default_rng(7).integers(0, 256, (7, 9, 4), dtype=np.uint8)
    frame = Frame(rgba)
    png = frame.encode()
    expected = drawn({"photo": png})
    for pixels in (frame, rgba, rgba[::-1][::-1], image.fromarray(rgba)):
        row = Row(photo=pixels)
        assert drawn(row) == expected
        assert isinstance(row["photo"], Frame) and row["photo"].to_rgba() == frame.to_rgba()
    grey = rgba[:, :, 0]
    assert (
        drawn({"photo": grey})
        == drawn({"photo": image.fromarray(grey)})
        == drawn({"photo": np.stack([grey] * 3, axis=2)})
    )
    row = Row(photo=frame, photos=[frame, png])
    assert pickle.loads(pickle.dumps(row)) == row != Row(photo=frame, photos=[png, png])
    assert (
        repr(row)
        == f"Row({{'photo': <picture of 9x7 px>, 'photos': [<picture of 9x7 px>, <picture of {len(png)} bytes>]}})"
    )
    renderer = Renderer()
    assert (
        renderer.plan(TEMPLATE, row).key
        == renderer.plan(TEMPLATE, Row(photo=rgba)).key
        != renderer.plan(TEMPLATE, {"photo": 255 - rgba}).key
    )


def test_pixels_are_copied_and_bounded() -> None:
    np = pytest.importorskip("numpy")
    rgba = np.full((4, 4, 4), 255, dtype=np.uint8)
    row = Row(photo=rgba)
    before = drawn(row)
    rgba[:] = 0
    assert drawn(row) == before
    with pytest.raises(ResourceError, match="over the limit of 16384 px a side"):
        Row(photo=np.zeros((1, 20_000, 3), dtype=np.uint8))
    wide = Frame(np.zeros((1, 20_000, 3), dtype=np.uint8), limits=Limits(max_side_px=30_000))
    assert Row(photo=wide)["photo"].width == 20_000
    for wrong in (np.zeros((2, 2)), np.zeros((2, 2, 5), dtype=np.uint8), np.zeros((2, 2, 2, 2), dtype=np.uint8)):
        with pytest.raises(RowError, match=r"^field photo: must be None, .*, found ndarray$"):
            Row(photo=wrong)


def test_days_and_naive_times_lie_in_the_zone_of_the_template() -> None:
    template = Template(
        """{ "templrender": 1, "name": "t", "size": [400, 40], "time-zone": "Europe/London", "fonts": ["Noto Sans"],
        "layers": [{ "type": "text", "width": 400, "text": "{{ 'over' if at < now else 'on' }} {{ at | date('d HH:mm') }}" }] }"""
    )
    renderer = Renderer()

    def text(at: Any, now: datetime) -> str:
        return renderer.report(renderer.plan(template, {"at": at}, now=now)).layers[0].lines[0].text

    # summer time: noon there is 11:00 in UTC
    for at, instant, shown in [
        (datetime(2026, 7, 1, 12), datetime(2026, 7, 1, 11, tzinfo=UTC), "1 12:00"),
        (date(2026, 7, 1), datetime(2026, 6, 30, 23, tzinfo=UTC), "1 00:00"),
        (datetime(2026, 7, 1, 12, tzinfo=UTC), datetime(2026, 7, 1, 12, tzinfo=UTC), "1 12:00"),
    ]:
        assert text(at, instant) == f"on {shown}"
        assert text(at, instant + timedelta(seconds=1)) == f"over {shown}"


def test_pandas_values_are_read_by_value() -> None:
    pd = pytest.importorskip("pandas")
    assert dict(
        Row(a=pd.NA, b=pd.NaT, c=pd.Timestamp("2026-07-01T12:00:05.5"), d=pd.Timestamp("2026-07-01", tz="UTC"))
    ) == {
        "a": None,
        "b": None,
        "c": datetime(2026, 7, 1, 12, 0, 5),
        "d": datetime(2026, 7, 1, tzinfo=UTC),
    }
    frame = pd.DataFrame(
        {"title": ["Aster honey", None], "stock": [3, None], "at": [pd.Timestamp("2026-07-01"), pd.NaT]}
    )
    rows = [Row(record) for record in frame.to_dict("records")]
    assert rows[0] == {"title": "Aster honey", "stock": 3, "at": datetime(2026, 7, 1)}
    assert rows[1] == {"title": None, "stock": None, "at": None}


@given(MONEY)
def test_money_is_a_value(money: Money) -> None:
    again = Money(money.amount, money.currency)
    assert again == money and hash(again) == hash(money) and pickle.loads(pickle.dumps(money)) == money
    assert eval(repr(money)) == money
    assert str(money) == f"{money.amount:f} {money.currency}"
    assert isinstance(money.amount, Decimal)
    assert money != Money(money.amount + 1, money.currency) and money != 3


def test_money_must_have_an_amount_and_a_currency() -> None:
    assert Money(6.9, "eur") == Money("6.90", "EUR") == Money(Decimal("6.9"), "EUR") != Money("6.90", "USD")
    for amount, currency, message in [
        ("6.90", "euro", 'currency: must be an ISO 4217 code such as EUR, found "euro"'),
        ("twelve", "EUR", "amount: must be a number of at most 28 digits, found twelve"),
        (float("nan"), "EUR", "amount: must be a Decimal, an int, a float or a str of digits, found float"),
        (None, "EUR", "amount: must be a Decimal, an int, a float or a str of digits, found NoneType"),
    ]:
        with pytest.raises(ArgumentError, match=f"^{message}$"):
            Money(amount, currency)  # type: ignore[arg-type]


@given(INTERVALS)
def test_an_interval_is_a_value(interval: Interval) -> None:
    again = Interval(interval.start, interval.end)
    assert again == interval and hash(again) == hash(interval) and pickle.loads(pickle.dumps(interval)) == interval
    assert interval != 3


def test_an_interval_has_dates_for_sides() -> None:
    assert str(Interval(date(2026, 7, 1), None)) == "2026-07-01/.."
    assert repr(Interval(date(2026, 7, 1), None)) == "Interval(datetime.date(2026, 7, 1), None)"
    with pytest.raises(ArgumentError, match=r"^start: must be a date, a datetime or None, found str"):
        Interval("2026-07-01", None)  # type: ignore[arg-type]
