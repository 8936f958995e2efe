"""Arrow's types as values of rows: every type, every way in which its arrays may lie in memory, and arrays that are not what they say.

The law: a row of Arrow data is the row of the same values given as Python objects, whatever slices, nulls and dictionaries the arrays have.
"""

import ctypes
import datetime as dt
import math
import uuid
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from templrender import RecordBatch, Row, RowError, Rows

ZONE = dt.timezone(dt.timedelta(hours=5, minutes=45))
DAYS = st.dates(dt.date(1, 1, 1), dt.date(9999, 12, 31))
CLOCKS = st.datetimes(dt.datetime(1, 1, 2), dt.datetime(9999, 12, 30)).map(lambda d: d.replace(microsecond=0))
NANO_CLOCKS = st.datetimes(dt.datetime(1700, 1, 1), dt.datetime(2250, 1, 1)).map(lambda d: d.replace(microsecond=0))
TEXTS = st.text(st.characters(codec="utf-8"), max_size=20)
BYTES = st.binary(max_size=30)


def ints(bits: int, signed: bool) -> st.SearchStrategy[int]:
    return st.integers(-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if signed else st.integers(0, 2**bits - 1)


def decimals(digits: int, scale: int) -> st.SearchStrategy[Decimal]:
    most = 10 ** min(digits, 28) - 1
    return st.integers(-most, most).map(lambda n: Decimal(n).scaleb(-scale))


SIMPLE: list[tuple[pa.DataType, st.SearchStrategy[Any]]] = [
    (pa.bool_(), st.booleans()),
    (pa.int8(), ints(8, True)),
    (pa.int16(), ints(16, True)),
    (pa.int32(), ints(32, True)),
    (pa.int64(), ints(64, True)),
    (pa.uint8(), ints(8, False)),
    (pa.uint16(), ints(16, False)),
    (pa.uint32(), ints(32, False)),
    (pa.uint64(), ints(64, False)),
    (pa.float64(), st.floats(-1e9, 1e9).filter(lambda x: x == 0 or abs(x) > 1e-9)),
    (pa.decimal32(9, 2), decimals(9, 2)),
    (pa.decimal64(18, 4), decimals(18, 4)),
    (pa.decimal128(28, 10), decimals(28, 10)),
    (pa.decimal256(60, 10), decimals(28, 10)),
    (pa.string(), TEXTS),
    (pa.large_string(), TEXTS),
    (pa.string_view(), TEXTS),
    (pa.binary(), BYTES),
    (pa.large_binary(), BYTES),
    (pa.binary_view(), BYTES),
    (pa.binary(7), st.binary(min_size=7, max_size=7)),
    (pa.date32(), DAYS),
    (pa.date64(), DAYS),
    (pa.timestamp("s"), CLOCKS),
    (pa.timestamp("ms"), CLOCKS),
    (pa.timestamp("us"), CLOCKS),
    (pa.timestamp("ns"), NANO_CLOCKS),
    (pa.timestamp("s", "+05:45"), CLOCKS.map(lambda d: d.replace(tzinfo=ZONE))),
    (pa.timestamp("us", "+05:45"), CLOCKS.map(lambda d: d.replace(tzinfo=ZONE))),
]


def typed(depth: int = 2) -> st.SearchStrategy[tuple[pa.DataType, st.SearchStrategy[Any]]]:
    """A type with a strategy of its values."""
    plain = st.sampled_from(SIMPLE)
    if depth == 0:
        return plain
    inner = typed(depth - 1)

    def maybe(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
        return st.one_of(st.none(), values)

    def of_list(pair: tuple[pa.DataType, st.SearchStrategy[Any]]) -> list[tuple[pa.DataType, st.SearchStrategy[Any]]]:
        kind, values = pair
        some = st.lists(maybe(values), max_size=4)
        return [
            (pa.list_(kind), some),
            (pa.large_list(kind), some),
            (pa.list_(kind, 2), st.lists(maybe(values), min_size=2, max_size=2)),
        ]

    def of_struct(
        pairs: list[tuple[pa.DataType, st.SearchStrategy[Any]]],
    ) -> tuple[pa.DataType, st.SearchStrategy[Any]]:
        fields = {f"p{i}": pair for i, pair in enumerate(pairs)}
        kind = pa.struct([pa.field(name, of) for name, (of, _) in fields.items()])
        return kind, st.fixed_dictionaries({name: maybe(values) for name, (_, values) in fields.items()})

    def of_map(pair: tuple[pa.DataType, st.SearchStrategy[Any]]) -> tuple[pa.DataType, st.SearchStrategy[Any]]:
        kind, values = pair
        entries = st.dictionaries(st.text("abcdef", min_size=1, max_size=3), maybe(values), max_size=3)
        return pa.map_(pa.string(), kind), entries

    return st.one_of(
        plain,
        inner.flatmap(lambda pair: st.sampled_from(of_list(pair))),
        st.lists(inner, min_size=1, max_size=3).map(of_struct),
        inner.map(of_map),
    )


def wire(value: Any, kind: pa.DataType) -> Any:
    """A value as `pa.array` takes it: maps are lists of pairs there."""
    if value is None:
        return None
    if pa.types.is_map(kind):
        return [(name, wire(item, kind.item_type)) for name, item in value.items()]
    if pa.types.is_struct(kind):
        return {name: wire(item, kind.field(name).type) for name, item in value.items()}
    if pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind):
        return [wire(item, kind.value_type) for item in value]
    return value


def plain(value: Any) -> Any:
    """A value as a row has it: floats by their digits, pictures none where they are empty."""
    if isinstance(value, float):
        return Decimal(repr(value))
    if isinstance(value, bytes) and not value:
        return None
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {name: plain(item) for name, item in value.items()}
    if isinstance(value, str) and not value.strip(WHITE):
        return None
    return value


# What Rust's `trim` takes away.
WHITE = "\t\n\x0b\x0c\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"


def same(found: Any, wanted: Any) -> bool:
    """Equal values of equal types; numbers by value."""
    if isinstance(wanted, list):
        return isinstance(found, list) and len(found) == len(wanted) and all(map(same, found, wanted))
    if isinstance(wanted, dict):
        return (
            isinstance(found, dict) and found.keys() == wanted.keys() and all(same(found[k], wanted[k]) for k in wanted)
        )
    if isinstance(wanted, (int, Decimal)) and not isinstance(wanted, bool):
        return isinstance(found, (int, Decimal)) and not isinstance(found, bool) and found == wanted
    return type(found) is type(wanted) and bool(found == wanted)


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_a_value_comes_in_as_it_is_whatever_slice_it_stands_in(data: st.DataObject) -> None:
    kind, values = data.draw(typed())
    column = data.draw(st.lists(st.one_of(st.none(), values), max_size=8))
    before, after = data.draw(st.integers(0, 9)), data.draw(st.integers(0, 3))
    padding = [wire(item, kind) for item in (column or [None])]
    array = pa.array([*padding * before, *(wire(item, kind) for item in column), *padding * after], kind)
    array = array.slice(before * len(padding), len(column))
    way = data.draw(st.sampled_from(["plain", "struct", "table"]))
    batch: Any = pa.record_batch({"c": array})
    if way == "struct":
        batch = pa.StructArray.from_arrays([array], ["c"])
    elif way == "table":
        batch = pa.concat_tables([pa.table(batch), pa.table(batch)])
    rows = Rows(batch)
    assert len(rows) == len(column) * (2 if way == "table" else 1)
    for index in range(len(rows)):
        wanted = column[index % len(column)]
        found = rows[index]["c"]
        assert same(found, plain(wanted)), (kind, found, wanted)


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.one_of(st.none(), TEXTS), max_size=12),
    st.sampled_from([pa.int8(), pa.uint16(), pa.int64()]),
    st.integers(0, 5),
)
def test_dictionaries_and_runs_are_their_values(texts: list[str | None], keys: pa.DataType, skip: int) -> None:
    plain_texts = pa.array(texts, pa.string())
    encoded = plain_texts.dictionary_encode()
    encoded = pa.DictionaryArray.from_arrays(encoded.indices.cast(keys), encoded.dictionary)
    rows = Rows(pa.record_batch({"c": encoded.slice(skip)}))
    assert [rows[i]["c"] for i in range(len(rows))] == [plain(text) for text in texts[skip:]]
    for ends in (pa.int16(), pa.int32(), pa.int64()):
        if texts:
            runs = pa.RunEndEncodedArray.from_arrays(pa.array(range(2, 2 * len(texts) + 1, 2), ends), plain_texts)
            rows = Rows(pa.record_batch({"c": runs.slice(skip, max(0, len(runs) - skip))}))
            wanted = [plain(text) for text in texts for _ in range(2)][skip:]
            assert [rows[i]["c"] for i in range(len(rows))] == wanted


@given(st.integers(0, 2**16 - 1))
def test_half_floats_have_the_shortest_digits_that_tell_them(bits: int) -> None:
    numpy = pytest.importorskip("numpy")
    number = numpy.array([bits], "uint16").view("float16")
    rows = Rows(pa.record_batch({"c": pa.array(number, pa.float16())}))
    if math.isinf(number[0]):
        with pytest.raises(RowError, match="must be a finite number, found -?inf"):
            rows[0]
        return
    found = rows[0]["c"]
    if math.isnan(number[0]):
        assert found is None
    else:
        shortest = Decimal(numpy.format_float_scientific(number[0], unique=True))
        assert numpy.float16(float(found)) == number[0]
        # The numbers below a power of two are closer to it than those above: rounded the other way, as few digits may be too few.
        assert _digits(found) <= _digits(shortest) + (bits & 0x3FF == 0)


def _digits(number: Decimal | int) -> int:
    return len(Decimal(number).normalize().as_tuple().digits)


@given(st.floats(width=32, allow_nan=False, allow_infinity=False, min_value=-(2.0**60), max_value=2.0**60))
def test_floats_of_32_bits_have_their_own_digits(number: float) -> None:
    numpy = pytest.importorskip("numpy")
    found = Rows(pa.record_batch({"c": pa.array([number], pa.float32())}))[0]["c"]
    # below 28 decimals there is nothing
    assert abs(found - Decimal(numpy.format_float_scientific(numpy.float32(number), unique=True))) < Decimal("1e-27")


def test_numbers_that_no_decimal_has_are_errors_of_their_row() -> None:
    rows = Rows(pa.record_batch({"c": [math.inf, 1e300, math.nan, 1e-300]}))
    with pytest.raises(RowError) as failed:
        rows[0]
    assert str(failed.value) == "field c: must be a finite number, found inf"
    with pytest.raises(RowError, match="field c: must be a number of at most 28 digits, found 1e300"):
        rows[1]
    assert (rows[2]["c"], rows[3]["c"]) == (None, 0)
    wide = pa.array([Decimal(10) ** 60, Decimal(1)], pa.decimal256(70, 5))
    rows = Rows(pa.record_batch({"c": wide}))
    with pytest.raises(RowError, match="must be a number of at most 28 digits, found more"):
        rows[0]
    assert rows[1]["c"] == 1
    assert Rows(pa.record_batch({"c": pa.array([Decimal("1.5")], pa.decimal256(70, 60))}))[0]["c"] == Decimal("1.5")
    assert Rows(pa.record_batch({"c": pa.array([Decimal("1200")], pa.decimal128(4, -2))}))[0]["c"] == 1200


def test_what_has_no_place_in_a_row_is_named() -> None:
    union = pa.UnionArray.from_dense(pa.array([0], pa.int8()), pa.array([0], pa.int32()), [pa.array([1])])
    for array in [
        pa.array([dt.time(12)], pa.time64("us")),
        pa.array([dt.time(12)], pa.time32("s")),
        pa.array([dt.timedelta(1)], pa.duration("s")),
        pa.array([pa.MonthDayNano([1, 2, 3])]),
        union,
    ]:
        rows = Rows(pa.record_batch({"a": [1], "c": array}))
        with pytest.raises(RowError, match=r"^field c: must be a text, number, .* found a value of the type "):
            rows[0]
    nested = pa.array([{"x": [dt.time(1)]}], pa.struct([("x", pa.list_(pa.time32("s")))]))
    with pytest.raises(RowError, match=r"^field c\.x\[0\]: must be"):
        Rows(pa.record_batch({"c": nested}))[0]


def test_dates_float_in_the_templates_zone_and_instants_are_seen_from_theirs() -> None:
    at = dt.datetime(2026, 7, 1, 12, 0, 5, 750000)
    batch = pa.record_batch(
        {
            "day": pa.array([at.date()]),
            "clock": pa.array([at]),
            "london": pa.array([at.replace(tzinfo=dt.UTC)], pa.timestamp("us", "Europe/London")),
            "nowhere": pa.array([at.replace(tzinfo=dt.UTC)], pa.timestamp("ns", "UTC")).cast(
                pa.timestamp("ns", "Mars/Olympus")
            ),
        }
    )
    row = Rows(batch)[0]
    assert row["day"] == dt.date(2026, 7, 1) and row["clock"] == dt.datetime(2026, 7, 1, 12, 0, 5)
    assert row["london"].isoformat() == "2026-07-01T13:00:05+01:00"
    assert row["nowhere"].isoformat() == "2026-07-01T12:00:05+00:00"
    for far in (
        pa.array([2**62], pa.timestamp("s")),
        pa.array([-800_000], pa.date32()),
        pa.array([2**60], pa.date64()),
    ):
        with pytest.raises(RowError, match="field c: must be a date in the years 0 to 9999, found one beyond"):
            Rows(pa.record_batch({"c": far}))[0]


def test_extension_types_and_list_views() -> None:
    one = uuid.uuid4()
    row = Rows(pa.record_batch({"c": pa.array([one.bytes], pa.uuid())}))[0]
    assert row["c"] == str(one)
    views = pa.ListViewArray.from_arrays(
        pa.array([2, 0, 1], pa.int32()), pa.array([1, 3, 0], pa.int32()), pa.array(["a", "b", "c"])
    )
    rows = Rows(pa.record_batch({"c": views}))
    assert [rows[i]["c"] for i in range(3)] == [["c"], ["a", "b", "c"], []]
    large = pa.LargeListViewArray.from_arrays(pa.array([1], pa.int64()), pa.array([2], pa.int64()), pa.array([1, 2, 3]))
    assert Rows(pa.record_batch({"c": large}))[0]["c"] == [2, 3]


def test_keys_of_maps_are_names() -> None:
    cases: list[tuple[pa.DataType, list[Any], list[str]]] = [
        (pa.int32(), [1, 2], ["1", "2"]),
        (pa.date32(), [dt.date(2026, 7, 1)], ["2026-07-01"]),
    ]
    for kind, keys, names in cases:
        array = pa.array([[(key, "x") for key in keys]], pa.map_(kind, pa.string()))
        assert list(Rows(pa.record_batch({"c": array}))[0]["c"]) == names
    twice = pa.array([[("a", 1), ("a", 2)]], pa.map_(pa.string(), pa.int32()))
    with pytest.raises(RowError, match="must have each key once"):
        Rows(pa.record_batch({"c": twice}))[0]


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string(), pa.dictionary(pa.int8(), pa.string())])
def test_a_row_may_stand_in_one_column(kind: pa.DataType) -> None:
    texts = ['{"title": "Honey", "price": 6.90}', "[1]", None, "{"]
    rows = Rows(pa.record_batch({"n": [1, 2, 3, 4], "row": pa.array(texts).cast(kind)}), row_column="row")
    assert rows[0] == Row(title="Honey", price=Decimal("6.9"))
    for index, message in [(1, "must be a JSON object"), (2, "must be an object, found null"), (3, "must be JSON")]:
        with pytest.raises(RowError, match=message):
            rows[index]


def test_a_struct_may_be_the_row() -> None:
    array = pa.array(
        [None, {"a": 1, "b": None}, {"a": None, "b": "x"}], pa.struct([("a", pa.int8()), ("b", pa.string())])
    ).slice(1)
    rows = Rows(pa.record_batch({"row": array}), row_column="row")
    assert [dict(rows[i]) for i in range(2)] == [{"a": 1, "b": None}, {"a": None, "b": "x"}]
    for column, message in [
        ("other", "must be a column of the batch"),
        ("n", "must be a column of JSON objects or structs"),
    ]:
        with pytest.raises(ValueError, match=message):
            Rows(pa.record_batch({"n": [1], "row": ["{}"]}), row_column=column)


def test_a_struct_that_is_null_has_no_values() -> None:
    array = pa.StructArray.from_arrays([pa.array([1, 2, 3])], ["a"], mask=pa.array([False, True, False]))
    assert [Rows(array)[i]["a"] for i in range(3)] == [1, None, 3]
    assert [Rows(array.slice(1))[i]["a"] for i in range(2)] == [None, 3]


def test_batches_without_rows_or_columns() -> None:
    for kind, _ in SIMPLE:
        assert len(Rows(pa.record_batch({"c": pa.array([], kind)}))) == 0
    nested = pa.list_(pa.struct([("a", pa.large_list(pa.string()))]))
    assert Rows(pa.record_batch({"c": pa.array([[]], nested)}))[0]["c"] == []
    assert len(Rows(pa.record_batch({}))) == 0
    assert len(Rows(pa.table({"c": []}))) == 0
    rows = Rows(pa.table({"c": [1]}))
    for index in (1, -2, 2**40):
        with pytest.raises(IndexError):
            rows[index]


def test_polars_and_duckdb() -> None:
    polars = pytest.importorskip("polars")
    frame = polars.DataFrame(
        {
            "t": ["a text that is longer than a view", "b", None],
            "c": ["x", "y", "x"],
            "l": [["a"], [], None],
            "d": [Decimal("1.50"), None, Decimal(2)],
        },
        schema_overrides={"c": polars.Categorical},
    )
    for chunks in (frame, polars.concat([frame[:1], frame[1:]], rechunk=False), frame[1:]):
        rows = Rows(chunks)
        wanted = chunks.to_dicts()
        assert [dict(rows[i]) for i in range(len(rows))] == [dict(sorted(row.items())) for row in wanted]
    nulls = polars.DataFrame({"n": [None, None], "s": [{"a": None}, None], "l": [[None], []]})
    assert [dict(Rows(nulls)[i]) for i in range(2)] == [
        {"l": [None], "n": None, "s": {"a": None}},
        {"l": [], "n": None, "s": None},
    ]
    duckdb = pytest.importorskip("duckdb")
    relation = duckdb.sql(
        "select 1.50::decimal(9,2) as d, 'x' as t, [1, 2] as l, {'a': 1} as s, date '2026-07-01' as day from range(3)"
    )
    rows = Rows(relation.to_arrow_table() if hasattr(relation, "to_arrow_table") else relation.arrow())
    assert len(rows) == 3
    assert dict(rows[2]) == {"d": Decimal("1.5"), "day": dt.date(2026, 7, 1), "l": [1, 2], "s": {"a": 1}, "t": "x"}


def test_what_is_no_arrow_data_is_refused() -> None:
    with pytest.raises(ValueError, match="must have the method __arrow_c_array__ or __arrow_c_stream__, found int"):
        Rows(1)
    with pytest.raises(ValueError, match="must be a record batch, a struct array, found the format"):
        Rows(pa.array([1]))
    with pytest.raises(ValueError, match='must have each column once, found "a" twice'):
        Rows(pa.record_batch([pa.array([1]), pa.array([2])], ["a", "a"]))

    class Wrong:
        def __arrow_c_array__(self) -> tuple[int, int]:
            return 1, 2

    with pytest.raises(TypeError):
        Rows(Wrong())

    class Stream:
        """Fails in the middle."""

        def __arrow_c_stream__(self, requested_schema: object = None) -> Any:
            def batches() -> Any:
                yield pa.record_batch({"a": [1]})
                raise RuntimeError("the cellar is flooded")

            return pa.RecordBatchReader.from_batches(pa.schema([("a", pa.int64())]), batches()).__arrow_c_stream__()

    with pytest.raises(RowError, match="the cellar is flooded"):
        Rows(Stream())


def test_a_capsule_is_used_once() -> None:
    schema, array = pa.record_batch({"a": [1]}).__arrow_c_array__()

    class Again:
        def __arrow_c_array__(self) -> tuple[Any, Any]:
            return schema, array

    assert Rows(Again())[0]["a"] == 1
    with pytest.raises(ValueError, match="must not be released"):
        Rows(Again())


# ---- arrays that are not what they say


class CArray(ctypes.Structure):
    """`struct ArrowArray`."""


CArray._fields_ = [
    ("length", ctypes.c_int64),
    ("null_count", ctypes.c_int64),
    ("offset", ctypes.c_int64),
    ("n_buffers", ctypes.c_int64),
    ("n_children", ctypes.c_int64),
    ("buffers", ctypes.POINTER(ctypes.c_void_p)),
    ("children", ctypes.POINTER(ctypes.POINTER(CArray))),
    ("dictionary", ctypes.POINTER(CArray)),
    ("release", ctypes.c_void_p),
    ("private_data", ctypes.c_void_p),
]


def _let_go(array: Any) -> None:
    """Releases a column that is no longer what its producer would release."""
    array.contents.release = None


let_go = ctypes.CFUNCTYPE(None, ctypes.POINTER(CArray))(_let_go)


class Spoilt:
    """A batch whose first column's struct is changed before anybody sees it."""

    def __init__(self, array: pa.Array, **fields: Any) -> None:
        self.batch, self.fields = pa.record_batch({"c": array}), fields

    def __arrow_c_array__(self, requested_schema: object = None) -> tuple[Any, Any]:
        schema, array = self.batch.__arrow_c_array__()
        get = ctypes.pythonapi.PyCapsule_GetPointer
        get.restype, get.argtypes = ctypes.c_void_p, [ctypes.py_object, ctypes.c_char_p]
        column = CArray.from_address(get(array, b"arrow_array")).children[0].contents
        for name, value in self.fields.items():
            setattr(column, name, value)
        column.release = ctypes.cast(let_go, ctypes.c_void_p).value
        return schema, array


class CSchema(ctypes.Structure):
    """The head of `struct ArrowSchema`, and its children."""


CSchema._fields_ = [
    ("format", ctypes.c_char_p),
    ("name", ctypes.c_char_p),
    ("metadata", ctypes.c_void_p),
    ("flags", ctypes.c_int64),
    ("n_children", ctypes.c_int64),
    ("children", ctypes.POINTER(ctypes.POINTER(CSchema))),
]

FORMATS = [
    b"",
    b"zz",
    b"\xff",
    b"w:-3",
    b"w:99999999999",
    b"d:99,1",
    b"d:1",
    b"d:5,2,77",
    b"tsx:",
    b"ts",
    b"+w:-1",
    b"+l",
    b"+m",
    b"+r",
    b"+ud:",
    b"U",
    b"vu",
    None,
]


@pytest.mark.parametrize("format", FORMATS)
def test_formats_that_are_unknown_or_of_another_array_do_no_harm(format: bytes | None) -> None:
    class Renamed(Spoilt):
        def __arrow_c_array__(self, requested_schema: object = None) -> tuple[Any, Any]:
            schema, array = super().__arrow_c_array__()
            get = ctypes.pythonapi.PyCapsule_GetPointer
            CSchema.from_address(get(schema, b"arrow_schema")).children[0].contents.format = format
            return schema, array

    # eight bytes a value, which is enough for whatever the format says of them
    for array in (pa.array([1, 2], pa.int64()), pa.array([[1], []], pa.list_(pa.int64()))):
        try:
            rows = Rows(Renamed(array))
            assert len(rows) == 2
            rows[0], rows[1]
        except ValueError as error:
            assert str(error).startswith(("an Arrow batch ", "field c: must be ", "batch: an Arrow batch")), error


def memory(*numbers: int, kind: Any = ctypes.c_int32) -> pa.Buffer:
    return pa.py_buffer(bytes((kind * len(numbers))(*numbers)))


@pytest.mark.parametrize(
    "fields",
    [
        {"length": -1},
        {"length": 2**62},
        {"offset": -1},
        {"offset": 2**62},
        {"n_buffers": 0},
        {"n_buffers": 2},
        {"n_buffers": -1},
        {"n_buffers": 2**40},
        {"n_children": 1},
        {"n_children": -1},
        {"length": 1},
        {"buffers": None},
    ],
)
def test_structs_that_cannot_be_are_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="an Arrow batch column c: "):
        Rows(Spoilt(pa.array(["a", "b"]), **fields))


def test_offsets_views_and_keys_that_lead_out_fail_their_row_alone() -> None:
    def of(
        kind: pa.DataType, length: int, buffers: list[pa.Buffer | None], children: list[pa.Array] | None = None
    ) -> Rows:
        return Rows(pa.record_batch({"c": pa.Array.from_buffers(kind, length, buffers, children=children)}))

    def outcome(rows: Rows) -> list[Any]:
        out: list[Any] = []
        for index in range(len(rows)):
            try:
                out.append(rows[index]["c"])
            except RowError as error:
                assert str(error).startswith("field c: must be "), error
                out.append("refused")
        return out

    text = pa.py_buffer(b"abcdef")
    assert outcome(of(pa.string(), 3, [None, memory(0, 5, 2, 6), text])) == ["abcde", "refused", "cdef"]
    assert outcome(of(pa.string(), 3, [None, memory(0, -3, 2, 6), text])) == ["refused", "refused", "cdef"]
    assert outcome(of(pa.string(), 2, [None, memory(0, 900, 6), text])) == ["refused", "refused"]
    assert outcome(of(pa.binary(), 2, [None, memory(0, 900, 6), text])) == ["refused", "refused"]
    assert outcome(of(pa.string(), 2, [None, memory(0, 1, 3), pa.py_buffer(b"a\xff\xfe")])) == ["a", "refused"]
    assert outcome(of(pa.list_(pa.int8()), 2, [None, memory(0, 3, 2)], [pa.array([1, 2], pa.int8())])) == [
        "refused",
        "refused",
    ]
    keys = pa.array([0, 1, -1, 5], pa.int8())
    wild = pa.DictionaryArray.from_arrays(keys, pa.array(["x", "y"]), safe=False)
    assert outcome(Rows(pa.record_batch({"c": wild}))) == ["x", "y", "refused", "refused"]
    view = b"".join(
        n.to_bytes(4, "little", signed=True)
        for n in (20, 0, 0, 0, 20, 0, 7, 0, 20, 0, 0, 90, -1, 0, 0, 0, 3, 0x636261, 0, 0)
    )
    held = pa.py_buffer(b"twenty bytes of text")
    assert outcome(of(pa.string_view(), 5, [None, pa.py_buffer(view), held])) == [
        "twenty bytes of text",
        "refused",
        "refused",
        "refused",
        "abc",
    ]
    ends = pa.Array.from_buffers(pa.int32(), 2, [None, memory(1, 2)])
    runs = pa.RunEndEncodedArray.from_arrays(ends, pa.array(["x", "y"]))
    assert outcome(Rows(pa.record_batch({"c": runs}))) == ["x", "y"]


def test_a_row_is_bounded_however_often_the_same_bytes_are_named() -> None:
    items = pa.array(["x" * 1000] * 1000)
    views = pa.ListViewArray.from_arrays(pa.array([0] * 10, pa.int32()), pa.array([1000] * 10, pa.int32()), items)
    outer = pa.ListViewArray.from_arrays(pa.array([0], pa.int32()), pa.array([10], pa.int32()), views)
    with pytest.raises(RowError, match="row is over the limit of 4194304 bytes") as failed:
        Rows(pa.record_batch({"c": outer}))[0]
    assert failed.value.code == "row-limit"
    deep: pa.DataType = pa.int8()
    for _ in range(70):
        deep = pa.list_(deep)
    with pytest.raises(ValueError, match="must be nested at most 64 deep"):
        Rows(pa.record_batch({"c": pa.array([None], deep)}))


def test_a_batch_is_not_made_by_hand() -> None:
    with pytest.raises(TypeError):
        RecordBatch()
