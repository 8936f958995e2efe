"""The native half of `templrender`: templates, plans, pictures, and what failed.

The names and meanings are Rust's. Classes are immutable and may be used by several threads at the same time, unless they say otherwise; whatever takes long lets
the interpreter go meanwhile.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from os import PathLike
from types import MappingProxyType
from typing import Any, Self, TypeAlias, final

import numpy
import PIL.Image

from templrender._errors import ArgumentError as ArgumentError
from templrender._errors import BugError as BugError
from templrender._errors import Cancelled as Cancelled
from templrender._errors import DeadlineError as DeadlineError
from templrender._errors import Error as Error
from templrender._errors import HostError as HostError
from templrender._errors import ModelError as ModelError
from templrender._errors import RequestError as RequestError
from templrender._errors import ResourceError as ResourceError
from templrender._errors import RowError as RowError
from templrender._errors import TemplateError as TemplateError

__version__: str

# ---- native

_Buffer: TypeAlias = bytes | bytearray | memoryview | Any
"""Bytes: `bytes`, or an object with the buffer protocol whose items are bytes in one dimension (`bytearray`, `memoryview`, `mmap`, an Arrow buffer).

What nobody can write to (`bytes`, views of them, files mapped read-only, Arrow buffers) is borrowed and kept alive; anything else is copied.
"""
_Pixels: TypeAlias = Frame | Any
"""Decoded pixels: a `Frame`, a picture of Pillow's, or an array with the buffer protocol or `__array_interface__` (numpy): `uint8`, shape (height, width, 4) as straight
RGBA, (height, width, 3) as RGB, or (height, width) as grey. They are sRGB, the first row on top, and copied."""

@final
class Fault:
    """One thing that is wrong: a code, a place, and a sentence that says the rule and the found value.

    >>> from templrender import Fault
    >>> print(Fault("bad-field", "field price", 'a price must have a number, found "free"'))
    field price: a price must have a number, found "free"
    """

    def __new__(
        cls, code: str, place: str = "", message: str = "", *, line: int | None = None, column: int | None = None
    ) -> Self:
        """A fault of your own, for a host that raises this library's errors. `code` is one of docs/errors.md, else it is a `ValueError`."""
    @property
    def code(self) -> str:
        """What kind it is: `"bad-field"`."""
    @property
    def number(self) -> int:
        """The code as a number that is never given to another meaning: 202."""
    @property
    def cause(self) -> str:
        """Whose turn it is: `"template"`, `"row"`, `"resource"`, `"host"`, `"request"` or `"bug"`."""
    @property
    def http_status(self) -> int:
        """The status of an answer to a request that fails so: 400."""
    @property
    def place(self) -> str:
        """Where: `layers[2].font-size`, `field price`, `resource https://...`; empty where there is only one place."""
    @property
    def message(self) -> str:
        """The rule and the found value. It may quote the row, and a picture's URL with its query."""
    @property
    def line(self) -> int | None:
        """The line in the template's text, from 1, where it is known."""
    @property
    def column(self) -> int | None:
        """The column in the template's text, from 1, where it is known."""
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...
    def __getnewargs_ex__(self) -> tuple[tuple[str, str, str], dict[str, int | None]]: ...

def _error_json(faults: Sequence[Fault], request_id: str) -> str: ...
def _provoke_panic(message: str) -> None: ...

@final
class Limits:
    """What one call may take; every number is compared before memory is taken.

    >>> from templrender import Limits
    >>> small = Limits(max_pixels=4_000_000)
    >>> small
    Limits(max_pixels=4000000)
    >>> small.replace(max_layers=100) == Limits(max_pixels=4_000_000, max_layers=100)
    True
    """

    def __new__(
        cls,
        *,
        max_side_px: int = 16384,
        max_pixels: int = 64000000,
        max_input_bytes: int = 33554432,
        max_metadata_bytes: int = 4194304,
        max_scans: int = 1000,
        max_template_bytes: int = 4194304,
        max_depth: int = 64,
        max_layers: int = 10000,
        max_text_bytes: int = 65536,
        max_feed_row_bytes: int = 5242880,
        max_override_bytes: int = 268435456,
        max_group_bytes: int = 1073741824,
        max_pack_files: int = 1000,
        max_pack_bytes: int = 268435456,
        max_model_peak_mb: int = 1024,
        max_model_gmac: int = 500,
        max_model_bytes: int = 536870912,
    ) -> Self:
        """Limits with the library's defaults for what is not named. A negative or too large number is an `OverflowError`."""
    @property
    def max_side_px(self) -> int:
        """Longest side of a picture or canvas, in px."""
    @property
    def max_pixels(self) -> int:
        """Most pixels of one picture or canvas."""
    @property
    def max_input_bytes(self) -> int:
        """Most bytes of one encoded picture, font or SVG."""
    @property
    def max_metadata_bytes(self) -> int:
        """Most bytes of ICC, EXIF and text chunks in one picture."""
    @property
    def max_scans(self) -> int:
        """Most scans of one progressive JPEG."""
    @property
    def max_template_bytes(self) -> int:
        """Most bytes of one template's JSON."""
    @property
    def max_depth(self) -> int:
        """Deepest nesting of a template's JSON and of its layers."""
    @property
    def max_layers(self) -> int:
        """Most layers of one plan, repeated ones counted each time."""
    @property
    def max_text_bytes(self) -> int:
        """Most bytes of one text layer after its bindings are filled in."""
    @property
    def max_feed_row_bytes(self) -> int:
        """Most bytes of one record of a feed."""
    @property
    def max_override_bytes(self) -> int:
        """Most bytes of the rows that override a feed's, about."""
    @property
    def max_group_bytes(self) -> int:
        """Most bytes of a feed's rows that are kept to be grouped, about."""
    @property
    def max_pack_files(self) -> int:
        """Most files of one template's pack."""
    @property
    def max_pack_bytes(self) -> int:
        """Most bytes of one template's pack, its files together."""
    @property
    def max_model_peak_mb(self) -> int:
        """Most MB that one run of a model may take at its peak, by its manifest."""
    @property
    def max_model_gmac(self) -> int:
        """Most billions of multiplications of one run of a model, by its manifest."""
    @property
    def max_model_bytes(self) -> int:
        """Most bytes of a model's file."""
    def replace(self, **fields: int) -> Limits:
        """The same limits but for the named ones; an unknown name is a `TypeError`."""
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...
    def __getnewargs_ex__(self) -> tuple[tuple[()], dict[str, int]]: ...

@final
class Output:
    """What a frame is encoded to.

    >>> from templrender import Output
    >>> Output.jpeg(90, matte=(0, 0, 0))
    Output("jpeg", quality=90, matte=(0, 0, 0))
    >>> Output("jpg") == Output.jpeg()
    True
    >>> Output.webp().content_type, Output.jpeg().suffix
    ('image/webp', '.jpg')
    """

    def __new__(
        cls,
        format: str = "png",
        *,
        quality: int = 85,
        subsampling: str = "auto",
        effort: str = "fast",
        matte: tuple[int, int, int] = (255, 255, 255),
    ) -> Self:
        """`format` is `"png"`, `"jpeg"` (or `"jpg"`) or `"webp"`; a value out of its range is an `ArgumentError`."""
    @staticmethod
    def jpeg(quality: int = 85, *, subsampling: str = "auto", matte: tuple[int, int, int] = (255, 255, 255)) -> Output:
        """A baseline JPEG."""
    @staticmethod
    def png(*, effort: str = "fast") -> Output:
        """PNG, lossless; a palette where 256 colours are enough."""
    @staticmethod
    def webp() -> Output:
        """WebP, lossless."""
    @property
    def format(self) -> str:
        """`"png"`, `"jpeg"` or `"webp"`."""
    @property
    def quality(self) -> int:
        """Of a JPEG, 1 to 100, as libjpeg counts it; other formats are lossless."""
    @property
    def subsampling(self) -> str:
        """How much of its colour a JPEG keeps: `"444"` all of it, `"420"` a quarter, `"400"` nothing, `"auto"` all from quality 90 on."""
    @property
    def effort(self) -> str:
        """Time against size: `"fast"` while someone waits, `"small"` for what is made once and sent often."""
    @property
    def matte(self) -> tuple[int, int, int]:
        """What is put under transparent pixels in a format without transparency: sRGB, 0 to 255."""
    @property
    def content_type(self) -> str:
        """The media type: `"image/jpeg"`."""
    @property
    def suffix(self) -> str:
        """How such files end: `".jpg"`."""
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...
    def __getnewargs_ex__(self) -> tuple[tuple[str], dict[str, Any]]: ...

@final
class Fonts:
    """The fonts that texts are drawn with, in the order of their files; there are no system fonts.

    >>> from pathlib import Path
    >>> from templrender import Fonts
    >>> len(Fonts()), len(Fonts(default=False))
    (2, 0)
    >>> inter = Fonts([Path("templates/product-ad/fonts/Inter-Regular.ttf").read_bytes()])
    >>> inter.families
    ('Inter',)
    """

    def __new__(cls, files: Sequence[_Buffer] = (), *, default: bool = True) -> Self:
        """Fonts of TrueType and OpenType files or collections, which are copied; damaged ones are a `ResourceError`.

        `default` adds the embedded last fallback, Noto Sans Regular and Bold in Latin, Cyrillic and Greek: no family name reaches it, and where it stands in the
        report has the note `font-substituted`.
        """
    @property
    def families(self) -> tuple[str, ...]:
        """The family names that a template can use, sorted, each once."""
    def __len__(self) -> int:
        """How many faces there are, those of the last fallback included."""
    def __bool__(self) -> bool: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...
    def __getnewargs_ex__(self) -> tuple[tuple[list[bytes]], dict[str, bool]]: ...
    def __copy__(self) -> Self: ...
    def __deepcopy__(self, _memo: Any, /) -> Self: ...

@final
class Template:
    """A checked template: what to draw for any row. docs/template.md is the format.

    Two are equal if they say the same in the same order. It is pickled as its JSON and limits.

    >>> from templrender import Template
    >>> template = Template('{ "templrender": 1, "name": "badge", "size": [200, 80], "layers": [], "variants": { "wide": { "size": [400, 80] } } }')
    >>> template.name, template.variants
    ('badge', ('wide',))
    """

    def __new__(cls, json: str | _Buffer, *, limits: Limits | None = None) -> Self:
        """Reads and checks a template's JSON, as `str` or as UTF-8; `//` and `/* */` comments and trailing commas are allowed.

        Raises `TemplateError` with up to 100 faults, each with its JSON path, line and column.
        """
    @property
    def name(self) -> str:
        """Its `name`."""
    @property
    def variants(self) -> tuple[str, ...]:
        """The names of its variants, in the order of the template; the base is not among them."""
    @property
    def assets(self) -> MappingProxyType[str, str]:
        """Its own files: names and paths beside the template, sorted by name."""
    @property
    def fonts(self) -> tuple[str, ...]:
        """Its font families, in fallback order."""
    @property
    def warnings(self) -> tuple[Fault, ...]:
        """What is odd about it though it can be drawn: conditions that are the same for every row, names that nothing uses."""
    @property
    def json(self) -> str:
        """The template as JSON without its comments: what makes an equal template."""
    @property
    def limits(self) -> Limits:
        """The limits that it was read with."""
    def trim(self, row: Row | Mapping[str, Any]) -> Row:
        """The columns of a row that the template may read, in any variant: its picture is the picture of the whole row.

        >>> from templrender import Template
        >>> template = Template('{ "templrender": 1, "name": "a", "size": [9, 9], "layers": [{ "type": "text", "text": "{{ title }}" }] }')
        >>> sorted(template.trim({"title": "Aster honey", "description": "a long story"}))
        ['title']
        """
    def example(self) -> Row:
        """The row of its fields' first `examples`, for previews; fields without one are left out.

        >>> from templrender import Template
        >>> Template('{ "templrender": 1, "name": "a", "size": [9, 9], "layers": [], "fields": { "title": { "type": "text", "examples": ["Tea"] } } }').example()["title"]
        'Tea'
        """
    @staticmethod
    def schema() -> str:
        """The format's JSON Schema (2020-12), for editors."""
    def _repr_png_(self) -> bytes | None:
        """How a notebook shows it: drawn with its examples, with the embedded font and without its files; None where that makes no picture."""
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...
    def __getnewargs_ex__(self) -> tuple[tuple[str], dict[str, Limits]]: ...
    def __copy__(self) -> Self: ...
    def __deepcopy__(self, _memo: Any, /) -> Self: ...

@final
class Pack:
    """A template's files by path, without any I/O. It can be changed; calls of several threads are done one after another.

    >>> from templrender import Pack
    >>> pack = Pack()
    >>> pack.add("template.json", b'{ "templrender": 1, "name": "card", "size": [40, 20], "assets": { "logo": "assets/logo.svg" }, "layers": [] }')
    >>> pack.wanted()
    ['assets/logo.svg']
    >>> pack.add("assets/logo.svg", b"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 9 9'><path d='M0 0h9v9z'/></svg>")
    >>> bundle = pack.open()
    >>> Pack(pack.to_zip()).open() == bundle
    True
    """

    def __new__(cls, zip: _Buffer | None = None, *, limits: Limits | None = None) -> Self:
        """Without a file yet, or with those of a zip. Raises `ResourceError`: `bad-pack`, or `resource-limit` before memory is taken."""
    def add(self, path: str, data: _Buffer) -> None:
        """Adds a copy of a file under its path from the template's folder, in place of one that is there; `ResourceError` for a path that leads out of it."""
    def files(self) -> list[str]:
        """The paths of all files, sorted."""
    def get(self, path: str) -> bytes | None:
        """One of its files."""
    def wanted(self, *, now: datetime | float | None = None) -> list[str]:
        """The paths of assets, and of the pictures of the fallback at that time, that are not in it yet; fonts are all files in `fonts/`.

        Raises the errors of a template or a fallback that cannot be read.
        """
    def to_zip(self) -> bytes:
        """The files that the template uses as a zip: sorted and without times, so that the same files give the same bytes."""
    def open(
        self,
        *,
        fonts: Fonts | None = None,
        now: datetime | float | None = None,
        folder: str | None = None,
        models: Models | None = None,
    ) -> Bundle:
        """Makes it ready to draw, with its own fonts before `fonts` (`Fonts()` where there are none). `folder` is where it was read from, `models` those that it may name.

        Raises all that would fail later: a template or a font that cannot be read, an asset that is missing or damaged, a fallback that is not drawn in the base
        and in every variant at `now`. Places begin with the file: `fonts/a.ttf`, `fallback.json: variant story`.
        """
    def __len__(self) -> int:
        """How many files there are."""
    def __contains__(self, path: str, /) -> bool: ...

@final
class Bundle:
    """A template with its fonts, files and fallback, whole and valid: from `Pack.open`.

    It is pickled as its pack and the fonts of its host. Two are equal if they draw the same.

    >>> from templrender import Pack
    >>> pack = Pack()
    >>> pack.add("template.json", b'{ "templrender": 1, "name": "dot", "size": [9, 9], "background": "{{ tint }}", "layers": [] }')
    >>> pack.add("fallback.json", b'{ "tint": "navy" }')
    >>> bundle = pack.open()
    >>> plan = bundle.plan({"tint": "red"})
    >>> bundle.renderer.render(plan, bundle.resources()).frame.to_rgba()[:4].hex()
    'ff0000ff'
    >>> plan, resources = bundle.plan_fallback()
    >>> bundle.renderer.render(plan, resources).frame.to_rgba()[:4].hex()
    '000080ff'
    """

    @property
    def template(self) -> Template:
        """The template."""
    @property
    def renderer(self) -> Renderer:
        """A renderer with its fonts before those of its host; it is pickled with its bundle alone."""
    @property
    def version(self) -> str:
        """16 hex digits over the template, its assets and all fonts: what names this version in URLs."""
    @property
    def fallback(self) -> Row | None:
        """What is drawn where a row's own picture cannot be, where the template has that."""
    @property
    def folder(self) -> str | None:
        """Where it was read from, if that is a folder: pictures of rows may lie there too."""
    def file(self, path: str) -> bytes | None:
        """One of the files that it was opened from."""
    def _repr_png_(self) -> bytes | None:
        """How a notebook shows it: drawn with the first of `rows/` in its folder, its examples or its fallback; None where none of them makes a picture."""
    def resources(self) -> Resources:
        """Answers to start from: its own files are in them already, so that only a row's pictures are left to be found."""
    def plan(
        self,
        row: Row | Mapping[str, Any],
        *,
        variant: str | None = None,
        now: datetime | float | None = None,
        lang: str | None = None,
        time_zone: str | None = None,
        scale: float | None = None,
        output: Output | None = None,
        format: str | None = None,
    ) -> Plan:
        """Fills the template with a row, as `Renderer.plan` does."""
    def plan_fallback(
        self,
        *,
        variant: str | None = None,
        now: datetime | float | None = None,
        lang: str | None = None,
        time_zone: str | None = None,
        scale: float | None = None,
        output: Output | None = None,
        format: str | None = None,
    ) -> tuple[Plan, Resources] | None:
        """The plan of the fallback with all that it needs, where the template has one."""
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...
    def __copy__(self) -> Self: ...
    def __deepcopy__(self, _memo: Any, /) -> Self: ...

def _open_bundle(
    zip: bytes, limits: Limits, fonts: Fonts, now: int | None, folder: str | None, models: Models | None = None
) -> Bundle: ...

@final
class Renderer:
    """Fonts, limits and models. What it keeps between calls (shaped words, glyphs) never changes a byte of a picture.

    >>> from templrender import Renderer, Template
    >>> template = Template('''{ "templrender": 1, "name": "dot", "size": [16, 16], "background": "#fff", "layers": [
    ...     { "type": "box", "left": 4, "top": 4, "width": 8, "height": 8, "background": "#d0021b", "border-radius": "50%" } ] }''')
    >>> renderer = Renderer()
    >>> rendered = renderer.render(renderer.plan(template, {}))
    >>> rendered.frame
    <Frame 16x16>
    >>> rendered.encode()[1:4]
    b'PNG'
    """

    def __new__(cls, fonts: Fonts | None = None, *, limits: Limits | None = None, models: Models | None = None) -> Self:
        """Without `fonts` it has `Fonts()`, the embedded last fallback. `models` are those that templates may name, as they are now."""
    @property
    def limits(self) -> Limits:
        """The limits that it was made with."""
    @property
    def models(self) -> Models:
        """A copy of the models that it was made with."""
    def plan(
        self,
        template: Template,
        row: Row | Mapping[str, Any],
        *,
        variant: str | None = None,
        now: datetime | float | None = None,
        lang: str | None = None,
        time_zone: str | None = None,
        scale: float | None = None,
        output: Output | None = None,
        format: str | None = None,
    ) -> Plan:
        """Fills a template with a row.

        `variant` is one of the template's, else its base. `now` is the time for sale windows, a datetime with a zone or seconds since 1970; there is no clock in here, and
        a template that asks for a time that is not given is the error `evaluation`. `lang` (BCP 47), `time_zone` (IANA), `scale` (0.1 to 4), `output` and `format`
        stand instead of the template's own; `format` keeps the other settings of the output.

        Raises `RowError` where the row lacks a required field or holds what its field or a key cannot take, `TemplateError` for an unknown variant, `HostError` for a
        canvas beyond the limits, and `TypeError` for what is no mapping.
        """
    def render(
        self,
        plan: Plan,
        resources: Resources | None = None,
        *,
        timeout: float | None = None,
        cancel: Cancel | None = None,
        timings: bool = False,
    ) -> Rendered:
        """Draws a plan with what was found by now.

        It ends with `DeadlineError` after about `timeout` seconds, and with `Cancelled` once `cancel` is set. With `timings` the report says how long the steps took.

        Raises `ResourceError` where a picture that must be there is missing or damaged, `RowError` for a row that the template skips, `HostError` for a canvas beyond the
        limits.
        """
    def job(self, plan: Plan, need: Need | int, resources: Resources) -> Job:
        """What a generated need takes: its model and the picture that it is given, which must be there. A host that keeps answers looks for `Job.key` first.

        Raises `ArgumentError` for a need that is not generated or whose picture is not there, `ModelError` for a model that the renderer does not have.
        """
    def fill(
        self, plan: Plan, resources: Resources, *, timeout: float | None = None, cancel: Cancel | None = None
    ) -> None:
        """Runs the model of every generated need whose picture is there, and puts what it makes into `resources`; after it none is pending unless another picture is. `render` runs no
        model: `templrender.render` and its like call this.

        A model that fails is a need that failed: the layer's next choice is drawn, and the report has the note `model-failed`. Raises `DeadlineError` and `Cancelled`.
        """
    def report(self, plan: Plan, resources: Resources | None = None) -> Report:
        """Lays a plan out without drawing it; damaged pixels go unseen. Otherwise as `render`."""
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...
    def __getnewargs_ex__(self) -> tuple[tuple[Fonts], dict[str, Any]]: ...
    def __copy__(self) -> Self: ...
    def __deepcopy__(self, _memo: Any, /) -> Self: ...

def set_compiled_bytes(max_bytes: int) -> None:
    """Most bytes of compiled templates that the process keeps from now on, for all renderers together; what is more is let go, and 0 keeps none.

    What is the same in every picture of a template is painted once, when it is drawn for the second time, and kept: from then on the rest is drawn over it. No byte of
    a picture changes. Without this call it may take 64 MiB.

    >>> from templrender import compiled_stats, set_compiled_bytes
    >>> set_compiled_bytes(32 * 1024 * 1024)
    >>> compiled_stats()["max_bytes"]
    33554432
    >>> set_compiled_bytes(64 * 1024 * 1024)
    """

def compiled_stats() -> dict[str, int]:
    """What the process keeps of compiled templates, and what came of it so far.

    `max_bytes` may be kept and `bytes` are, of so many `templates` (one for each variant, size and encoding that is asked for often). `hits` pictures were drawn over
    one, `plain` without; templates were `compiled` and `dropped` again so many times.

    >>> from templrender import compiled_stats
    >>> sorted(compiled_stats())
    ['bytes', 'compiled', 'dropped', 'hits', 'max_bytes', 'plain', 'templates']
    """

@final
class Cancel:
    """A flag that ends pictures: one thread sets it, and every call that was given it stops.

    >>> from templrender import Cancel, Cancelled, Renderer, Template
    >>> renderer, cancel = Renderer(), Cancel()
    >>> plan = renderer.plan(Template('{ "templrender": 1, "name": "a", "size": [9, 9], "layers": [] }'), {})
    >>> cancel.set()
    >>> try:
    ...     renderer.render(plan, cancel=cancel)
    ... except Cancelled as error:
    ...     print(error)
    layout: a picture must be wanted until it is done, found it cancelled
    """

    def __new__(cls) -> Self: ...
    def set(self) -> None:
        """Ends what is under way, and what begins later."""
    def is_set(self) -> bool:
        """Whether it was set."""

@final
class Plan:
    """A template filled with a row: from `Renderer.plan`. It holds all that it needs of both.

    >>> from templrender import Renderer, Resources, Template
    >>> template = Template('''{ "templrender": 1, "name": "t", "size": [200, 100], "layers": [
    ...     { "type": "image", "src": ["{{ photo }}", "fallback.png"], "width": 80, "height": 60 } ] }''')
    >>> plan = Renderer().plan(template, {"photo": "https://example.com/a.jpg"})
    >>> resources = Resources()
    >>> plan.pending(resources)
    [<Need f39f4ea05c0ad0dd: https://example.com/a.jpg, useful to 80x60 px, optional>]
    >>> resources.fail(plan.pending(resources)[0], "status 404")
    >>> plan.pending(resources)[0].location
    'fallback.png'
    """

    @property
    def key(self) -> str:
        """Names the picture: 32 hex digits over everything that decides its pixels before download."""
    @property
    def valid_until(self) -> datetime | None:
        """The next instant, in UTC, at which the same row gives another picture, none, or an error."""
    @property
    def skipped(self) -> str | None:
        """Why the row gets no picture, where the template's `skip-if` says so; to draw such a plan is the error `row-skipped`."""
    @property
    def output(self) -> Output:
        """How the template, or the host, wants the picture encoded."""
    @property
    def needs(self) -> tuple[Need, ...]:
        """Everything the plan may draw, first choices and fallbacks."""
    def pending(self, resources: Resources) -> list[Need]:
        """What is to be answered now: for each picture its first choice that has neither arrived nor failed. When it is empty the plan can be drawn."""
    def resources_key(self, resources: Resources) -> str:
        """Names what was found: 32 hex digits over the pictures that are drawn. With `key` it names the answer's bytes without drawing it."""
    def __copy__(self) -> Self: ...
    def __deepcopy__(self, _memo: Any, /) -> Self: ...

@final
class Need:
    """One picture that a plan may draw: from `Plan.pending` or `Plan.needs`."""

    @property
    def id(self) -> int:
        """The name under which it is answered; the same source has the same id in every plan."""
    @property
    def kind(self) -> str:
        """`"location"`, `"asset"`, or `"generated"`: what `Renderer.fill` makes of another answer."""
    @property
    def model(self) -> str | None:
        """The id of the model that makes it; `None` of what is not generated."""
    @property
    def location(self) -> str | None:
        """A URL or a path, as the row or the template has it; `None` of an asset or what is generated."""
    @property
    def asset(self) -> str | None:
        """An asset's name among the template's `assets`."""
    @property
    def path(self) -> str | None:
        """An asset's path from the template's folder."""
    @property
    def is_asset(self) -> bool:
        """Whether it is one of the template's own files."""
    @property
    def useful_px(self) -> tuple[int, int]:
        """An upper bound of the box it is drawn in, px of the output: a host that can fetch a smaller picture may."""
    @property
    def optional(self) -> bool:
        """Whether the picture can be drawn without it."""
    @property
    def origin(self) -> str:
        """Scheme and host of a URL, for limits per origin; empty of anything else."""
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...
    def __copy__(self) -> Self: ...
    def __deepcopy__(self, _memo: Any, /) -> Self: ...

@final
class Resources:
    """What was found for the needs of plans. It can be changed; calls of several threads are done one after another.

    A render draws what was answered when it was called, whatever is inserted meanwhile.
    """

    def __new__(cls, *, limits: Limits | None = None) -> Self:
        """No answers yet, and limits for those to come."""
    def insert(self, need: Need | int, picture: _Buffer | _Pixels) -> None:
        """Answers a need with a picture: encoded bytes (JPEG, PNG, WebP, GIF, BMP, SVG), or pixels.

        Bytes that nobody can change are borrowed until the last copy of these answers is gone; others, and pixels, are copied at once.

        Raises `ResourceError` for bytes that are no picture, or one beyond the limits. The need then counts as failed with that reason, so that its layer's next choice
        becomes pending, and a host may go on. `TypeError` for what is neither bytes nor pixels.
        """
    def insert_made(self, need: Need | int, made: Made) -> None:
        """Answers a generated need with what a model made. Raises `ResourceError` for a picture beyond the limits, as `insert` does."""
    def fail(self, need: Need | int, why: str | BaseException) -> None:
        """Says that a need cannot be answered, and why: the reason appears in the report, or in the error where nothing else is there to draw."""
    def copy(self) -> Resources:
        """The same answers, to go on from on their own."""
    def __len__(self) -> int:
        """How many needs were answered, failures included."""
    def __bool__(self) -> bool:
        """Always true, however few answers there are."""
    def __copy__(self) -> Resources: ...
    def __deepcopy__(self, memo: Any, /) -> Resources: ...

@final
class Rendered:
    """A drawn picture and what happened on the way: from `Renderer.render`. A notebook shows it."""

    @property
    def frame(self) -> Frame:
        """The pixels."""
    @property
    def report(self) -> Report:
        """Boxes, lines, notes."""
    @property
    def output(self) -> Output:
        """How the plan wants it encoded."""
    def encode(
        self, output: Output | None = None, *, timeout: float | None = None, cancel: Cancel | None = None
    ) -> bytes:
        """The picture in an encoded format, without `output` the plan's. `timeout` and `cancel` as in `Renderer.render`."""
    def save(self, path: str | PathLike[str], output: Output | None = None) -> None:
        """Writes the picture into a file, whole or not at all: beside it, then in its place.

        Without `output` the suffix of the path says the format (`.jpg`, `.jpeg`, `.png`, `.webp`), with the plan's settings; another suffix gets the plan's format. Raises
        `OSError` as `open` does.
        """
    def _repr_png_(self) -> bytes: ...
    def __copy__(self) -> Self: ...
    def __deepcopy__(self, _memo: Any, /) -> Self: ...

@final
class Frame:
    """A picture in memory: premultiplied sRGB RGBA, 8 bits a channel, the first row on top. A notebook shows it.

    Its buffer (`memoryview(frame)`, `numpy.asarray(frame)`) is read-only, of shape (height, width, 4), and not a copy. Two are equal if all pixels are.

    >>> from templrender import Frame, Output
    >>> import numpy
    >>> pixels = numpy.zeros((2, 3, 4), numpy.uint8)
    >>> pixels[..., 0], pixels[..., 3] = 255, 128
    >>> frame = Frame(pixels)
    >>> frame.size, frame.is_opaque, memoryview(frame).shape
    ((3, 2), False, (2, 3, 4))
    >>> frame.to_rgba()[:4].hex(), bytes(frame)[:4].hex()
    ('ff000080', '80000080')
    >>> Frame.decode(frame.encode(Output.webp())) == frame
    True
    """

    def __new__(cls, pixels: _Pixels, *, limits: Limits | None = None) -> Self:
        """A copy of straight (not premultiplied) pixels. Raises `ResourceError` beyond the limits, `TypeError` for what are no pixels."""
    @staticmethod
    def decode(data: _Buffer, *, limits: Limits | None = None, at_least: tuple[int, int] | None = None) -> Frame:
        """The pixels of JPEG, PNG, WebP, GIF (its first frame) or BMP, upright and in sRGB.

        With `at_least`, a width and a height, they may be at 1/2, 1/4 or 1/8 of the picture's size, but no smaller than that, where the format gains by it. Raises
        `ResourceError` for what is no picture, damaged, or beyond the limits.
        """
    @property
    def width(self) -> int:
        """Width in px, at least 1."""
    @property
    def height(self) -> int:
        """Height in px, at least 1."""
    @property
    def size(self) -> tuple[int, int]:
        """Width and height in px."""
    @property
    def is_opaque(self) -> bool:
        """Whether no pixel lets anything through."""
    def encode(
        self, output: Output | None = None, *, timeout: float | None = None, cancel: Cancel | None = None
    ) -> bytes:
        """The picture in an encoded format, without `output` as PNG. `timeout` and `cancel` as in `Renderer.render`."""
    def to_rgba(self) -> bytes:
        """Straight RGBA, row after row without gaps; where alpha is 0, colour is 0."""
    def to_numpy(self) -> numpy.ndarray[tuple[int, int, int], numpy.dtype[numpy.uint8]]:
        """Straight RGBA as a read-only array of shape (height, width, 4): a view of an opaque frame, else a copy."""
    def to_pil(self) -> PIL.Image.Image:
        """A picture of Pillow's: `"RGB"` where it is opaque, else `"RGBA"`."""
    def save(self, path: str | PathLike[str], output: Output | None = None) -> None:
        """As `Rendered.save`, without a plan's settings: a path of another suffix gets a PNG."""
    def _repr_png_(self) -> bytes: ...
    def __buffer__(self, flags: int, /) -> memoryview: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...
    def __copy__(self) -> Self: ...
    def __deepcopy__(self, _memo: Any, /) -> Self: ...

def _frame_of_png(png: bytes) -> Frame: ...

@final
class Report:
    """What happened while a picture was laid out and drawn: from `Rendered.report` or `Renderer.report`.

    >>> from templrender import Renderer, Template
    >>> template = Template('''{ "templrender": 1, "name": "t", "size": [20, 10], "layers": [
    ...     { "id": "far", "type": "box", "left": 50, "width": 5, "height": 5, "background": "red" } ] }''')
    >>> renderer = Renderer()
    >>> report = renderer.render(renderer.plan(template, {})).report
    >>> report.layers[0].layer, report.layers[0].rect
    ('far', (50.0, 0.0, 5.0, 5.0))
    >>> print(report.notes[0])
    far: box at 50, 0 lies outside the canvas
    """

    @property
    def template(self) -> str:
        """The template's name."""
    @property
    def variant(self) -> str | None:
        """The variant that was drawn."""
    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the picture, px."""
    @property
    def key(self) -> str:
        """The plan's key, 32 hex digits."""
    @property
    def valid_until(self) -> datetime | None:
        """The instant, in UTC, at which the same row would give another picture."""
    @property
    def layers(self) -> tuple[LayerReport, ...]:
        """Every layer that was drawn, parents before their children."""
    @property
    def notes(self) -> tuple[Note, ...]:
        """What a careful reader should know."""
    @property
    def timings_us(self) -> MappingProxyType[str, int] | None:
        """How long `layout`, `decode` and `paint` took, in microseconds; only of a render with `timings`."""
    def to_json(self) -> str:
        """The report as one JSON object, the same text as from every host."""
    def __eq__(self, other: object, /) -> bool: ...
    def __copy__(self) -> Self: ...
    def __deepcopy__(self, _memo: Any, /) -> Self: ...

@final
class LayerReport:
    """One layer's part of a report, in canvas px before transforms."""

    @property
    def layer(self) -> str:
        """Its `id`, or its place: `layers[3]`, `card[0].name`."""
    @property
    def rect(self) -> tuple[float, float, float, float]:
        """Left, top, width, height of the border box."""
    @property
    def font_size(self) -> float | None:
        """Of a text: the font size it came to, px."""
    @property
    def lines(self) -> tuple[LineReport, ...]:
        """Of a text: the visible lines, top to bottom."""
    @property
    def source(self) -> str | None:
        """Of a picture: where it came from."""
    @property
    def scale(self) -> float | None:
        """Of a picture: canvas px per px of the picture."""
    @property
    def model(self) -> ModelReport | None:
        """Of a picture that a model made: which one."""
    @property
    def cutout(self) -> ModelReport | None:
        """Of a picture that was cut out: by which model."""
    @property
    def face(self) -> tuple[float, float, float, float] | None:
        """Of a picture that is placed by its face or made of it: left, top, width and height of that face, px of the picture that arrived."""
    def __eq__(self, other: object, /) -> bool: ...
    def __copy__(self) -> Self: ...
    def __deepcopy__(self, _memo: Any, /) -> Self: ...

@final
class ModelReport:
    """A model that a picture went through."""

    @property
    def id(self) -> str:
        """Its id, with the variant behind a colon."""
    @property
    def engine(self) -> str:
        """What ran it."""
    @property
    def us(self) -> int | None:
        """Microseconds that the run took, its whole batch; None where the answer came from a cache."""
    def __eq__(self, other: object, /) -> bool: ...
    def __copy__(self) -> Self: ...
    def __deepcopy__(self, _memo: Any, /) -> Self: ...

@final
class LineReport:
    """A visible line of text."""

    @property
    def text(self) -> str:
        """What it says."""
    @property
    def rect(self) -> tuple[float, float, float, float]:
        """Left, top, width, height of the line box."""
    def __eq__(self, other: object, /) -> bool: ...
    def __copy__(self) -> Self: ...
    def __deepcopy__(self, _memo: Any, /) -> Self: ...

@final
class Note:
    """Trouble that was met and survived: a text shrunk, a picture enlarged, a glyph missing."""

    @property
    def code(self) -> str:
        """What kind it is: `"text-shrunk"`."""
    @property
    def layer(self) -> str:
        """The layer it is about; empty where it is about the row."""
    @property
    def message(self) -> str:
        """One sentence."""
    def __eq__(self, other: object, /) -> bool: ...
    def __copy__(self) -> Self: ...
    def __deepcopy__(self, _memo: Any, /) -> Self: ...

# ---- models

@final
class Models:
    """The models that templates may name, for `Renderer(models=...)` and `open(models=...)`. It can be changed; calls of several threads are done one after another, and who was
    given it draws with what was in it then. docs/models.md says what a manifest is.

    It is pickled as its folders, its manifests and its functions, if pickle takes those; another process opens the folders itself.

    >>> from templrender import Models, Renderer
    >>> def inverted(pictures):
    ...     return [255 - picture.to_numpy()[..., :3] for picture in pictures]
    >>> models = Models()
    >>> models.add_generator({"id": "inverted", "version": "1", "kind": "generator", "licence": "MIT"}, inverted, identity="inverted 1")
    >>> models
    <Models: inverted>
    >>> Renderer(models=models).models["inverted"].kind
    'generator'
    """

    def __new__(
        cls,
        folder: str | PathLike[str] | Sequence[str | PathLike[str]] | None = None,
        *,
        engine: str = "auto",
        ort_library: str | PathLike[str] | None = None,
        cuda: bool = False,
        threads: int = 1,
        limits: Limits | None = None,
    ) -> Self:
        """None, or those of a folder or several: every `NAME.json` there is a manifest, and the file that it names must have its sha256.

        `engine` runs them: `"rten"` and `"tract"` are compiled in where the build says so, `"ort"` is ONNX Runtime, out of the Python package `onnxruntime`, or `ort_library`
        (the shared library or its folder); `"auto"` is ONNX Runtime where `ort_library` or `cuda` is given, else what is compiled in. `threads` are those of one run.

        Raises `ResourceError` (`bad-manifest`) with file, rule and found value; `ArgumentError` for an engine that this build lacks.
        """
    def add(
        self,
        manifest: Mapping[str, Any] | str | PathLike[str],
        function: Callable[[list[Any]], Sequence[Any]],
        *,
        identity: str | None = None,
    ) -> None:
        """A network behind its manifest (a dict, JSON, or the path of a file), run by a function of yours instead of an engine.

        The function gets the inputs in the manifest's order as a list of numpy arrays (without numpy: of memoryviews with shape and format), which are its own to change, and gives
        a list of the outputs: `float32` or `uint8`, whatever has the buffer protocol or `__array__`. All checks of shapes and numbers are those of any other engine.

        `identity` names the function and its version, `"my-torch-net 2"`; without it the function's attribute of that name is taken. It is part of every key, so change it when
        the function changes. It is called on whichever thread runs the model, several at once, with none of the library's locks held; it may call the library. What it raises
        becomes a `ModelError` whose `__cause__` it is from `Job.run`, and the layer's fallback with a note from `fill`; an error of this library with a code of models
        (`model-failed`, `model-output`, `model-limit`, `missing-model`, `face-missing`) keeps its code. `KeyboardInterrupt` and what else is no `Exception` ends the call and is raised as
        it is.
        """
    def add_generator(
        self,
        manifest: Mapping[str, Any] | str | PathLike[str],
        function: Callable[[list[Frame]], Sequence[Any]],
        *,
        identity: str | None = None,
    ) -> None:
        """A function from a list of `Frame`s to a list of pictures, one for each, in any size: `Frame`s, pictures of Pillow's, or arrays as `Frame` takes them.

        An exception in the place of a picture is that picture's failure alone. Otherwise as `add`.
        """
    def add_detector(
        self,
        manifest: Mapping[str, Any] | str | PathLike[str],
        function: Callable[[list[Frame]], Sequence[Any]],
        *,
        identity: str | None = None,
    ) -> None:
        """A function from a list of `Frame`s to a list of lists of faces: `Face`s, or left, top, width and height in px. Otherwise as `add_generator`."""
    def add_matte(
        self,
        manifest: Mapping[str, Any] | str | PathLike[str],
        function: Callable[[list[Frame]], Sequence[Any]],
        *,
        identity: str | None = None,
    ) -> None:
        """A function from a list of `Frame`s to a list of masks in any size: `uint8`, `float32` from 0 to 1, or `bool`, of shape (height, width); or grey pictures of Pillow's.

        The largest number stands in front. Otherwise as `add_generator`.
        """
    def declare(self, manifest: Mapping[str, Any] | str | PathLike[str], *, identity: str) -> None:
        """A model that runs elsewhere, on what `identity` says: plans have keys and needs of it, and the host brings the answers."""
    def copy(self) -> Models:
        """The same models, to add others to."""
    def __getitem__(self, id: str, /) -> Model: ...
    def __contains__(self, id: object, /) -> bool: ...
    def __iter__(self) -> Iterator[Model]:
        """All of them, by id."""
    def __len__(self) -> int: ...
    def __bool__(self) -> bool:
        """Always true, however few models there are."""
    def __copy__(self) -> Models: ...

def _models_of(sources: list[tuple[Any, ...]], limits: Limits) -> Models: ...

@final
class Model:
    """A manifest and what runs it: from `Models`."""

    @property
    def id(self) -> str:
        """The name that templates use."""
    @property
    def version(self) -> str:
        """Of the weights."""
    @property
    def kind(self) -> str:
        """`"generator"`, `"matte"`, `"detector"` or `"upscaler"`."""
    @property
    def engine(self) -> str:
        """Name and version of what runs it: `"rten 0.24.0"`."""
    @property
    def identity(self) -> str:
        """64 hex digits that tell two models apart that may give other pixels: part of every key."""
    @property
    def sha256(self) -> str | None:
        """Of its file."""
    @property
    def licence(self) -> str:
        """Of the weights: an SPDX expression."""
    @property
    def noncommercial(self) -> bool:
        """Whether the weights may not be used to earn money."""
    @property
    def attribution(self) -> str | None:
        """What is to be said of who made it."""
    @property
    def manifest(self) -> str:
        """Its JSON."""
    @property
    def variants(self) -> tuple[str, ...]:
        """What may stand behind its id and a colon: `"paint:mosaic"`."""
    def cost(self, width: int, height: int) -> tuple[float, float]:
        """What one run on a picture of that size is expected to take: billions of multiplications, and MB at the peak."""
    @property
    def runs(self) -> bool:
        """Whether it can be run here; one that was declared cannot."""
    def __copy__(self) -> Self: ...
    def __deepcopy__(self, _memo: Any, /) -> Self: ...

@final
class Face:
    """A face in a picture, in px of it.

    >>> from templrender import Face
    >>> face = Face((40, 30, 90, 90), score=0.75, points=[(70, 60), (100, 60)])
    >>> face.center, face.points[0]
    ((85.0, 75.0), (70.0, 60.0))
    """

    def __new__(
        cls, rect: tuple[float, float, float, float], score: float = 1.0, points: Sequence[tuple[float, float]] = ()
    ) -> Self: ...
    @property
    def rect(self) -> tuple[float, float, float, float]:
        """Left, top, width, height."""
    @property
    def score(self) -> float:
        """0 to 1: how sure the detector is."""
    @property
    def points(self) -> tuple[tuple[float, float], ...]:
        """Eyes, nose, mouth, ears: what the detector gives."""
    @property
    def center(self) -> tuple[float, float]:
        """The middle of its box."""
    def __eq__(self, other: object, /) -> bool: ...
    def __copy__(self) -> Self: ...
    def __deepcopy__(self, _memo: Any, /) -> Self: ...
    def __getnewargs_ex__(
        self,
    ) -> tuple[tuple[tuple[float, float, float, float], float, tuple[tuple[float, float], ...]], dict[str, Any]]: ...

@final
class Job:
    """A generated need as work: from `Renderer.job`. It holds its model and its picture and nothing of the plan, so that it may wait, or be run together with jobs of other plans."""

    @property
    def need(self) -> int:
        """The id of the need that it answers, for `Resources.insert_made`."""
    @property
    def model(self) -> str:
        """The model's id."""
    @property
    def key(self) -> str:
        """Names what it makes, by content (model, picture, crop, strength), for caches: jobs of equal keys are answered alike. 32 hex digits."""
    @property
    def cost(self) -> tuple[float, float]:
        """What it is expected to take: billions of multiplications, and MB at the peak."""
    def run(self, *, timeout: float | None = None, cancel: Cancel | None = None) -> Made:
        """Runs the model.

        Raises `ModelError` with what a function of yours raised as its `__cause__`, `ResourceError` (`model-output`) for an answer of the wrong shape or with NaN in it,
        `DeadlineError` and `Cancelled`.
        """
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...
    def __copy__(self) -> Self: ...
    def __deepcopy__(self, _memo: Any, /) -> Self: ...

def run_jobs(jobs: Sequence[Job], *, timeout: float | None = None, cancel: Cancel | None = None) -> list[Made | Error]:
    """Runs many jobs, those of one model and shape in batches as large as the manifest allows; one answer for each in their order, the exception of what failed.

    >>> from templrender import run_jobs
    >>> run_jobs([])
    []
    """

@final
class Made:
    """What a model made, a picture or faces: from `Job.run`, for `Resources.insert_made`. Two are equal if what was made is.

    >>> from templrender import Made
    >>> made = Made.from_bytes(b'{"faces": [{"box": [40, 30, 90, 90], "score": 0.5}]}')
    >>> made.faces
    (<Face 90x90 px at 40, 30, score 0.5>,)
    >>> made.to_bytes()
    b'{"faces":[{"box":[40,30,90,90],"score":0.5,"points":[]}]}'
    """

    @staticmethod
    def from_bytes(data: _Buffer, *, limits: Limits | None = None) -> Made:
        """What `to_bytes` wrote, or a picture in any format that is read. Raises `ResourceError`."""
    @property
    def frame(self) -> Frame | None:
        """The picture."""
    @property
    def faces(self) -> tuple[Face, ...] | None:
        """The faces, largest score first; none of a picture."""
    @property
    def elapsed_us(self) -> int | None:
        """How long its batch ran, in microseconds; None of one that came out of a cache."""
    def to_bytes(self) -> bytes:
        """A PNG, or JSON of faces: for caches and other machines. `Resources.insert` takes them as the answer of a generated need."""
    def __eq__(self, other: object, /) -> bool: ...
    def __copy__(self) -> Self: ...
    def __deepcopy__(self, _memo: Any, /) -> Self: ...

def _made_of(data: bytes) -> Made: ...

@final
class _Array:
    def __buffer__(self, flags: int, /) -> memoryview: ...

# ---- rows

@final
class Money:
    """An exact amount of one currency.

    >>> from decimal import Decimal
    >>> from templrender import Money
    >>> price = Money("6.90", "eur")
    >>> price, str(price), price == Money(Decimal("6.9"), "EUR")
    (Money('6.9', 'EUR'), '6.9 EUR', True)
    """

    def __new__(cls, amount: Decimal | float | str, currency: str) -> Self:
        """A price of at most 28 digits in a currency by its ISO 4217 code, in any case. A float is its shortest digits: 6.9 is 6.9.

        Anything else is an `ArgumentError`.
        """
    @property
    def amount(self) -> Decimal:
        """How much."""
    @property
    def currency(self) -> str:
        """Of what: `"EUR"`."""
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...
    def __getnewargs__(self) -> tuple[str, str]: ...

@final
class Interval:
    """A span of time from a first instant up to, not including, an end; either may be open. A day as the end belongs to it.

    Days, and times without a zone, lie in the zone of the template that reads them.

    >>> from datetime import date
    >>> from templrender import Interval
    >>> str(Interval(date(2026, 11, 24), date(2026, 11, 29)))
    '2026-11-24/2026-11-29'
    """

    def __new__(cls, start: date | datetime | None, end: date | datetime | None) -> Self: ...
    @property
    def start(self) -> date | datetime | None:
        """Its first instant or day; None is open."""
    @property
    def end(self) -> date | datetime | None:
        """The first instant after it, or its last day; None is open."""
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...
    def __getnewargs__(self) -> tuple[date | datetime | None, date | datetime | None]: ...

@final
class Row(Mapping[str, Any]):
    """What a template is filled with: a mapping of values by their columns' names, which nobody can change.

    Wherever a row is asked for, a dict does as well; a `Row` is read once for all its plans. Values are

    * None, and what means it: a blank text, NaN, `pandas.NA`, `NaT`
    * bool; int, float and Decimal of at most 28 digits, a float as its shortest digits
    * str, members of an `Enum` by their value, paths
    * `date`, and `datetime`: with a zone its instant, without one what clocks show in the template's zone; fractions of a second are cut
    * `Money`, `Interval`
    * lists, tuples and mappings of values, at most 64 deep and together at most 4 MiB of texts
    * pictures: encoded in bytes (borrowed where nobody can write to them), or decoded as a `Frame`, a picture of Pillow's, or an array of `uint8`
    * numpy's scalars and flat arrays of such values

    Whatever else is a `RowError` that names the place: `field photos[3].url`.

    >>> from decimal import Decimal
    >>> from templrender import Row
    >>> row = Row({"title": "Aster honey", "note": " "}, price=Decimal("6.90"), photos=("a.jpg", "b.jpg"))
    >>> row
    Row({'note': None, 'photos': ['a.jpg', 'b.jpg'], 'price': Decimal('6.9'), 'title': 'Aster honey'})
    >>> row["photos"], row.get("brand"), {**row, "price": 7}["price"]
    (['a.jpg', 'b.jpg'], None, 7)
    >>> Row(photo=[{"url": 1j}])
    Traceback (most recent call last):
    templrender.RowError: field photo[0].url: must be None, a bool, a number, a str, ..., found complex
    """

    def __new__(cls, columns: Mapping[str, Any] | None = None, /, **more: Any) -> Self:
        """The columns of a mapping, and over them those that are named."""
    @staticmethod
    def from_json(json: str | bytes) -> Row:
        """Reads a JSON object: numbers exactly, a blank text as None.

        >>> from templrender import Row
        >>> Row.from_json('{ "price": 6.90, "sizes": [250, 500] }') == {"price": 6.9, "sizes": [250, 500]}
        True
        """
    def to_json(self) -> str:
        """JSON that `from_json` and a template's fields read to the same: prices, dates and intervals are texts there. Pictures are left out.

        >>> from datetime import date
        >>> from templrender import Money, Row
        >>> Row(price=Money(6.9, "EUR"), until=date(2026, 7, 1), photo=b"...").to_json()
        '{"price":"6.9 EUR","until":"2026-07-01"}'
        """
    def __getitem__(self, name: str, /) -> Any:
        """A column's value: None, bool, int or Decimal, str, `Money`, date or datetime, `Interval`, list, dict, or a picture's bytes or `Frame`."""
    def __iter__(self) -> Iterator[str]:
        """The columns' names, sorted."""
    def __len__(self) -> int: ...
    def __contains__(self, name: object, /) -> bool: ...
    def get(self, name: object, default: Any = None, /) -> Any:
        """A column's value as `[]` gives it, or the default where there is no such column."""
    def __eq__(self, other: object, /) -> bool:
        """Whether the other one is a row or a mapping of the same values."""

# ---- origins

@final
class OriginPolicy:
    """Which origins pictures may come from, for hosts that fetch them themselves; `Loader` has one.

    Whatever the patterns: only `http` and `https`, no user names, no host in digits unless `ip_literals`, and no port other than 80 and 443 unless a pattern names it.

    >>> from templrender import OriginPolicy
    >>> policy = OriginPolicy(["example.com", "*.example.com", "https://photos.example:8443"])
    >>> url = policy.check("HTTPS://CDN.Example.com:443/weiße Tasse.jpg?w=900#top")
    >>> url.url, url.host, url.port
    ('https://cdn.example.com/wei%C3%9Fe%20Tasse.jpg?w=900', 'cdn.example.com', 443)
    >>> print(url)
    https://cdn.example.com/wei%C3%9Fe%20Tasse.jpg?…
    >>> policy.check("https://evil-example.com/")
    Traceback (most recent call last):
    templrender.RowError: a picture must come from an origin on the tenant's list, found "https://evil-example.com"
    """

    def __new__(cls, patterns: Sequence[str] | None = None, *, ip_literals: bool = False) -> Self:
        """Origins that one of the patterns names (`cdn.example.com`, `*.example.com`, with a scheme, a port or both), and none of an empty list. None: all of them.

        `ip_literals` lets addresses in digits and all ports through, too. Raises `ArgumentError` for a text that is no pattern.
        """
    def check(self, url: str) -> PictureUrl:
        """A picture's URL in its normal form. Raises `RowError` (`refused-origin`) if it is malformed or its origin is not allowed.

        Names are not resolved here: whoever connects asks `is_public_address` of the address.
        """
    def __eq__(self, other: object, /) -> bool: ...

def _origin_policy(patterns: Sequence[str] | None, ip_literals: bool) -> OriginPolicy: ...

@final
class PictureUrl:
    """A picture's URL that a policy let through, in its one normal form. `str` leaves out the query, which may hold secrets."""

    @property
    def url(self) -> str:
        """The whole URL."""
    @property
    def scheme(self) -> str:
        """`http` or `https`."""
    @property
    def host(self) -> str:
        """The host in lower case; an IPv6 address stands in brackets."""
    @property
    def port(self) -> int:
        """The port, also where it is the scheme's own."""
    @property
    def origin(self) -> str:
        """Scheme, host, and the port where it is not the scheme's own."""
    def resolve(self, reference: str) -> str:
        """What a reference in an answer from here means, such as the `Location` of a redirect: a URL for `OriginPolicy.check`.

        >>> from templrender import OriginPolicy
        >>> OriginPolicy().check("https://example.com/shop/a.jpg").resolve("../b.jpg")
        'https://example.com/shop/../b.jpg'
        """
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

def is_public_address(address: str) -> bool:
    """Whether an IP address belongs to the public internet: none of IANA's special-purpose blocks does, nor what wraps an address of one.

    >>> from templrender import is_public_address
    >>> [is_public_address(ip) for ip in ("1.1.1.1", "127.0.0.1", "169.254.169.254", "::ffff:10.0.0.1", "2606:4700:4700::1111")]
    [True, False, False, False, True]
    """

# ---- feeds

@final
class FeedReader:
    """Reads a feed: bytes are pushed, rows are taken. Calls of several threads are done one after another. docs/feeds.md says what is read.

    What lies in memory is what was pushed and not taken yet, and 16 bytes for each id.

    >>> from templrender import FeedReader
    >>> reader, titles = FeedReader(), []
    >>> for piece in (b"id;Title\\n1;Aster ho", b"ney\\n2\\n", None):
    ...     reader.finish() if piece is None else reader.push(piece)
    ...     while row := reader.next_row():
    ...         titles.append(str(row.error) if row.row is None else row.row["title"])
    >>> titles
    ['Aster honey', 'a row must have 2 cells as the header has, found 1']
    >>> reader.format, reader.delimiter, reader.encoding, reader.columns
    ('delimited', ';', 'utf-8', ('id', 'Title'))
    """

    def __new__(
        cls,
        format: str | None = None,
        *,
        encoding: str | None = None,
        repeated_ids: bool = False,
        limits: Limits | None = None,
    ) -> Self:
        """A reader of one feed.

        `format` is `"delimited"` (CSV, TSV and their like), `"jsonl"` or `"xml"` (RSS, Atom), `encoding` is `"utf-8"`, `"utf-16-le"`, `"utf-16-be"` or
        `"windows-1252"`; None: the first bytes tell. `repeated_ids` takes ids that stand twice.
        """
    def push(self, data: _Buffer) -> None:
        """The next bytes of the feed, which are copied. Rows are best taken before more is pushed."""
    def finish(self) -> None:
        """No more bytes follow: a last row without a line end is whole now."""
    def next_row(self) -> FeedRow | None:
        """The next row; None when more bytes are wanted, when the feed is over, or when there is a `fault`."""
    def next_batch(self, max_rows: int = 1024) -> RecordBatch:
        """The rows that are there by now, at most so many, as Arrow: none of them when more bytes are wanted, or when the feed is over.

        The columns: `line: int64`, `id: string`, `row: string` (a JSON object, for `row_column` of `BatchJob` and others), `error: struct<code, cause, place,
        message: string>`. Of each row one of `row` and `error` is null. A batch also ends with the row at which its texts have 64 MiB.
        """
    @property
    def columns(self) -> tuple[str, ...] | None:
        """The names of a header's columns, once it is read; feeds without a header have none."""
    @property
    def fault(self) -> Error | None:
        """Why the feed as a whole, or what is left of it, cannot be read."""
    @property
    def format(self) -> str | None:
        """The format, once it is known."""
    @property
    def encoding(self) -> str | None:
        """The encoding as it is known by now; a feed of ASCII is `"utf-8"`."""
    @property
    def delimiter(self) -> str | None:
        """What parts cells, once the header is read."""

@final
class FeedRow:
    """One record of a feed: a row, or why it is none."""

    @property
    def line(self) -> int:
        """The line where the record starts, from 1."""
    @property
    def id(self) -> str | None:
        """What the record calls itself, where the feed has ids."""
    @property
    def row(self) -> Row | None:
        """The row; None where there is an `error`."""
    @property
    def error(self) -> Error | None:
        """Why the record is no row; the next one may be."""

@final
class Overrides:
    """A second feed laid over the first: what a country or a language has of its own, joined on `id`. It can be changed.

    >>> from templrender import FeedReader, Overrides
    >>> reader = FeedReader()
    >>> reader.push(b"id,title,price\\na,Asternhonig,\\n")
    >>> german = Overrides()
    >>> german.add(reader.next_row())
    >>> german.apply({"id": "a", "title": "Aster honey", "price": "6.90 EUR"})
    Row({'id': 'a', 'price': '6.90 EUR', 'title': 'Asternhonig'})
    """

    def __new__(cls, *, limits: Limits | None = None) -> Self: ...
    def add(self, row: FeedRow) -> None:
        """Takes a row of the second feed. Raises why it is no row, or that it has no id, or that all would be over `max_override_bytes`; the next may be taken."""
    def apply(self, row: Row | Mapping[str, Any]) -> Row:
        """The row with the values that stand for its id, where there are some that are not empty."""
    def __len__(self) -> int:
        """How many ids have values."""

@final
class Checker:
    """Checks a feed without drawing a pixel: rows one after another are laid out as if all their pictures were there. docs/check.md says what is found.

    Calls of several threads are done one after another.

    >>> from templrender import Checker, Template
    >>> template = Template('''{ "templrender": 1, "name": "t", "size": [200, 100], "fonts": ["Noto Sans"], "layers": [
    ...     { "id": "title", "type": "text", "text": "{{ title }}", "width": 200, "height": 30, "font-size": 20, "line-clamp": 1 } ] }''')
    >>> checker = Checker(template)
    >>> checker.row({"title": "Aster honey"}, line=2, id="a")
    >>> checker.row({"title": "Aster honey out of the hills, 340 g"}, line=3, id="b")
    >>> report = checker.finish()
    >>> report, report.count("text-cut")
    (<CheckReport: 2 rows, 0 failed, 0 skipped>, 1)
    >>> [(worst.layer, worst.reason, worst.id) for worst in report.worst][0]
    ('title', 'longest-text', 'b')
    """

    def __new__(
        cls,
        template: Bundle | Template,
        *,
        renderer: Renderer | None = None,
        variants: Sequence[str | None] | None = None,
        channel: str | None = None,
        now: datetime | float | None = None,
        lang: str | None = None,
        time_zone: str | None = None,
    ) -> Self:
        """A checker that has seen no row.

        `renderer` has the fonts and limits; by default those of the bundle, or of a template the embedded fonts. Each row is laid out in every one of
        `variants`, where None among them, or instead of them, is the template as it stands. `channel` (`"google"`, `"meta"`, `"tiktok"`, `"pinterest"`, `"microsoft"`) holds rows
        and template to its rules, too. An unknown or repeated variant or channel is a `HostError`.
        """
    def row(self, row: Row | Mapping[str, Any], *, line: int | None = None, id: str = "") -> None:
        """Lays a row out in every variant and counts what happens: what fails is counted, not raised. `line` is by default the row's number, from 1."""
    def failed(self, error: Error, *, line: int | None = None, id: str = "") -> None:
        """Counts a record of the feed that is no row."""
    def finish(self) -> CheckReport:
        """What all rows came to; the checker cannot be used after it."""

@final
class CheckReport:
    """What a check found; its text is the program's page."""

    @property
    def rows(self) -> int:
        """Rows that were read, those that failed among them."""
    @property
    def failed(self) -> int:
        """Rows that cannot be drawn in at least one variant."""
    @property
    def skipped(self) -> int:
        """Rows that the template skips."""
    def count(self, code: str) -> int:
        """How many rows have an error, a note or a finding of this code, each row once. An unknown code is an `ArgumentError`."""
    @staticmethod
    def codes() -> tuple[str, ...]:
        """Every code that `count` can be asked for."""
    @property
    def refused(self) -> tuple[str, ...]:
        """What the channel refuses of the template itself, a line each."""
    @property
    def worst(self) -> tuple[WorstRow, ...]:
        """The worst rows of each layer, the worst first."""
    def to_json(self) -> str:
        """The report as JSON, the same from every host."""

@final
class WorstRow:
    """A row that is among the worst of a layer."""

    @property
    def variant(self) -> str | None:
        """The variant; None is the template as it stands."""
    @property
    def layer(self) -> str:
        """The layer, as reports name it; of a repeated one `card[].name`."""
    @property
    def reason(self) -> str:
        """`"longest-text"` (characters), `"widest"` (px), `"most-lines"`, `"smallest-font"` (px) or `"missing"`."""
    @property
    def line(self) -> int:
        """Where the row stands."""
    @property
    def id(self) -> str:
        """What it is called."""
    @property
    def value(self) -> float:
        """How bad it is."""
    def __eq__(self, other: object, /) -> bool: ...

@final
class Request:
    """One picture that is asked for by its URL: the tenant, the template, the format and the row. docs/urls.md is the URL.

    >>> from templrender import Request
    >>> Request("shop", "og-card", "jpeg", row={"title": "Aster honey", "stock": 3}, variant="wide").canonical()
    '/shop/og-card/wide.jpg?title=Aster%20honey&~j=%7B%22stock%22%3A3%7D'
    >>> request = Request.parse("https://img.shop.example/shop/og-card.png?title=Aster+honey&note=")
    >>> request.template, request.format, request.row
    ('og-card', 'png', Row({'note': None, 'title': 'Aster honey'}))
    """

    def __new__(
        cls,
        tenant: str,
        template: str,
        format: str = "png",
        *,
        row: Row | Mapping[str, Any] | None = None,
        variant: str | None = None,
        digest: str | None = None,
        lang: str | None = None,
        version: str | None = None,
        expires: datetime | float | None = None,
    ) -> Self:
        """A request. What cannot stand in a URL is told by `canonical` and `Keyring.sign`: a picture, a name that begins with `~`, more than 2,000 characters."""
    @staticmethod
    def parse(target: str) -> Request:
        """Reads a path with its query, or a whole http(s) URL, whose host is ignored. Nothing is verified: that is `Keyring.verify`. Raises `RequestError`."""
    @property
    def tenant(self) -> str:
        """Whose picture it is."""
    @property
    def template(self) -> str:
        """The template's name."""
    @property
    def format(self) -> str:
        """`"png"`, `"jpeg"` or `"webp"`."""
    @property
    def row(self) -> Row:
        """The data."""
    @property
    def variant(self) -> str | None:
        """One of the template's variants; None is its base."""
    @property
    def digest(self) -> str | None:
        """Which version of the template, as `Bundle.version` names it; None is the newest."""
    @property
    def lang(self) -> str | None:
        """The language, BCP 47, instead of the template's."""
    @property
    def version(self) -> str | None:
        """Any text of who made the URL; another one is another URL for the same picture."""
    @property
    def expires(self) -> datetime | None:
        """From when on the URL is refused."""
    @property
    def key_id(self) -> str | None:
        """The key that a URL which was read names; that it signed it is not verified."""
    def canonical(self) -> str:
        """The one spelling of the request, path and query, without a signature. Raises `RequestError`, such as `url-too-long`."""
    def __eq__(self, other: object, /) -> bool: ...

@final
class Keyring:
    """The keys that sign URLs and verify them: two while one takes the other's place. It can be changed; secrets are never shown.

    >>> from templrender import Keyring, Request
    >>> keys = Keyring()
    >>> keys.add("2026-11", "an example's secret, which everybody knows")
    >>> url = keys.sign(Request("shop", "og-card", row={"title": "Aster honey"}))
    >>> url.split("&~s=")[0]
    '/shop/og-card.png?title=Aster%20honey&~k=2026-11'
    >>> keys.verify("https://img.shop.example" + url).row["title"]
    'Aster honey'
    >>> keys.verify(url.replace("honey", "money"))
    Traceback (most recent call last):
    templrender.RequestError: url: a signature must be that of the URL, found another
    """

    def __new__(cls, secrets: str | None = None) -> Self:
        """The keys of a file of secrets, lines of `ID SECRET`, `ID SECRET TENANT` or a secret alone; without one, none. Raises `bad-secret`."""
    def add(self, id: str, secret: str | bytes, *, tenant: str | None = None) -> None:
        """Adds a key of 32 to 1,024 characters, for one tenant's URLs or for all. The first that may sign for a tenant does; all verify."""
    def sign(self, request: Request) -> str:
        """The path and query of the URL with its signature; the host is yours to put before it."""
    def verify(self, url: str | Request, *, now: datetime | float | None = None) -> Request:
        """The request of a URL that one of the keys signed and whose time is not over at `now` (None: by the clock). Raises `RequestError`: `bad-signature`, `url-expired`."""
    def __bool__(self) -> bool:
        """Whether it has keys. Without any, nothing can be verified."""

# ---- arrow

_Batch: TypeAlias = Any
"""Arrow data: an object with `__arrow_c_array__` (one batch: `pyarrow.RecordBatch`, `RecordBatch`) or `__arrow_c_stream__` (many: `pyarrow.Table`,
`pyarrow.RecordBatchReader`, `polars.DataFrame`, a relation of DuckDB's).

Columns are borrowed, not copied, and what a template does not read is not looked at. As values of a row they are:

| Arrow | row |
|---|---|
| null | null |
| bool | bool |
| int8 to int64, uint8 to uint64, decimal32 to decimal256 | number, exactly; decimals that do not fit into 28 digits are rounded |
| float16, float32, float64 | number, by the shortest digits of its width; nan is null, an infinite one is an error |
| string, large_string, string_view | text; a blank one is null |
| binary, large_binary, binary_view, fixed_size_binary | an encoded picture; an empty one is null |
| date32, date64 | day |
| timestamp with a zone | instant, seen from that zone |
| timestamp without | what clocks show in the template's time zone |
| list, large_list, fixed_size_list, list_view, large_list_view | list |
| struct, map | map; a map's keys are texts, numbers, bools or dates |
| dictionary, run_end_encoded | its values |
| extension arrow.uuid | text |
| time, duration, interval, union | an error of each row that reads it |

A row is refused, not the batch, where a value cannot be read: text that is not UTF-8, an offset or a key that leads out of its buffer, a number of more than 28 digits,
a date beyond the years 0 to 9999, more than 4 MiB in one row. A batch is refused where its columns cannot be what its schema says.
"""

@final
class RecordBatch:
    """What comes out: an Arrow record batch for whoever speaks the Arrow PyCapsule interface, without a copy.

    >>> import pyarrow as pa
    >>> from templrender import FeedReader
    >>> reader = FeedReader()
    >>> reader.push(b"id,title\\n1,Honey\\n2\\n")
    >>> batch = reader.next_batch()
    >>> batch.num_rows, batch.column_names
    (2, ('line', 'id', 'row', 'error'))
    >>> pa.record_batch(batch)["row"][0].as_py()
    '{"id":"1","title":"Honey"}'
    """

    @property
    def num_rows(self) -> int:
        """How many rows it has."""
    @property
    def num_columns(self) -> int:
        """How many columns it has."""
    @property
    def column_names(self) -> tuple[str, ...]:
        """Their names, in order."""
    @property
    def nbytes(self) -> int:
        """Bytes of the values, about."""
    def __len__(self) -> int: ...
    def __arrow_c_schema__(self) -> object:
        """The capsule `arrow_schema`."""
    def __arrow_c_array__(self, requested_schema: object | None = None) -> tuple[object, object]:
        """The capsules `arrow_schema` and `arrow_array`. Another schema that is asked for is not given: whoever wants one casts."""

@final
class Rows:
    """The rows of Arrow data, each read when it is asked for: a sequence of `Row`.

    Args:
        batch: Arrow data; of a stream all batches are taken, and kept in memory.
        row_column: A column of JSON objects (texts) or of structs that is the row. None: every column is one of the row.

    Raises:
        ArgumentError: Data that is not what its schema says, or has no such column.

    >>> import pyarrow as pa
    >>> from decimal import Decimal
    >>> from templrender import Rows
    >>> batch = pa.record_batch({"title": ["Honey", None], "price": pa.array([Decimal("6.90"), None])})
    >>> rows = Rows(batch)
    >>> len(rows), rows[0]["price"], rows[-1]["title"]
    (2, Decimal('6.9'), None)
    """

    def __new__(cls, batch: _Batch, *, row_column: str | None = None) -> Self: ...
    def __len__(self) -> int: ...
    def __getitem__(self, index: int, /) -> Row:
        """The row of a number, negative ones from the end.

        Raises:
            IndexError: There is no such row.
            RowError: A value that cannot be read, with its place: `field photos[3].url`.
        """

@final
class BatchJob:
    """Arrow data on its way to pictures: planned at once, then answered, then drawn range by range.

    It is what `templrender.arrow.BatchRenderer` is made of, for hosts that find pictures in their own way. Rows fail alone, in the column `error`; exceptions are for
    arguments. Pictures are numbered: a row's variants one after another, rows in the order of the batch.

    Args:
        bundle: What is drawn.
        batch: Arrow data. What of it is read stays borrowed until the job is gone.
        variants: What is drawn of each row, in this order; None is the template as it stands.
        row_column: A column of JSON objects or structs that is the row. None: every column is one of the row.
        id_column: The column that names a row, by default `"id"`; where the batch has none, that name of the row. None, or nothing of that name: there is no `id`.
        keep: Columns that come out as they came in.
        now, lang, time_zone, scale, output, format: As of `Renderer.plan`.
        threads: That plan, and draw where `render` says nothing else. None: one for each processor.
        cancel: Ends the planning, with `Cancelled`.

    Raises:
        ArgumentError: Data that is not what its schema says; an unknown column or variant.

    >>> import pyarrow as pa
    >>> from templrender import BatchJob, Pack
    >>> pack = Pack()
    >>> pack.add("template.json", b'''{ "templrender": 1, "name": "dot", "size": [8, 4], "background": "{{ tint }}", "layers": [] }''')
    >>> job = BatchJob(pack.open(), pa.record_batch({"id": ["a", "b"], "tint": ["red", "reddish"]}))
    >>> len(job), job.pending()
    (2, [])
    >>> batch, stopped = job.render()
    >>> drawn = pa.record_batch(batch).to_pylist()
    >>> drawn[0]["id"], drawn[0]["width"], drawn[0]["picture"][:4]
    ('a', 8, b'\\x89PNG')
    >>> drawn[1]["error"]["code"], drawn[1]["error"]["place"]
    ('bad-bound-value', 'background')
    """

    def __new__(
        cls,
        bundle: Bundle,
        batch: _Batch,
        *,
        variants: Sequence[str | None] | None = None,
        row_column: str | None = None,
        id_column: str | None = ...,
        keep: Sequence[str] | None = None,
        now: datetime | float | None = None,
        lang: str | None = None,
        time_zone: str | None = None,
        scale: float | None = None,
        output: Output | None = None,
        format: str | None = None,
        threads: int | None = None,
        cancel: Cancel | None = None,
    ) -> Self: ...
    @property
    def num_rows(self) -> int:
        """Rows that came in."""
    def __len__(self) -> int:
        """Pictures: rows times variants."""
    def pending(self, start: int = 0, stop: int | None = None) -> list[str]:
        """The locations that the pictures of a range ask for now, each once, in the order of their first use.

        They are URLs and paths as the rows have them; the template's own files are there already. When a first choice has failed, its next one is asked for: ask
        again after answering, until the list is empty.
        """
    def answer(self, location: str, picture: _Buffer) -> None:
        """Gives a picture's encoded bytes, once for all rows. They are borrowed where nobody can write to them.

        Bytes that are no picture count as failed, with the reason.
        """
    def fail(self, location: str, why: str) -> None:
        """Says that a location cannot be had, and why: the reports and errors of its rows say so."""
    def fill(self, *, threads: int | None = None, cancel: Cancel | None = None) -> tuple[int, int]:
        """Runs the models of all pictures whose photos are there, each once however many rows and variants draw it; how many needs that answered, and the bytes of the pictures that
        were made. What fails is a failed answer: ask for `pending` again, until it is empty and this answers nothing.
        """
    def forget(self, locations: Sequence[str]) -> None:
        """Lets the bytes of answers go, when no picture that is still to be drawn needs them. They become pending again."""
    def render(
        self,
        start: int = 0,
        stop: int | None = None,
        *,
        max_bytes: int = ...,
        threads: int | None = None,
        timeout: float | None = None,
        cancel: Cancel | None = None,
        reports: bool = True,
    ) -> tuple[RecordBatch, int]:
        """Draws a range of pictures and encodes them. Gives the batch, and the number of the first picture that is not in it.

        The columns: those that are kept, `id` (if there is one), `variant: string`, `picture: large_binary`, `content_type: string`, `key: string`,
        `width: int32`, `height: int32` (px), `valid_until: timestamp[us, UTC]`, `skipped: string`, `report: string` (JSON),
        `error: struct<code, cause, place, message: string>`. What does not apply is null; the batch is the same for any number of threads.

        Ctrl-C ends it within the pace of one picture's loops.

        Args:
            start, stop: The range; the default is all.
            max_bytes: The batch ends with the picture at which pictures and reports together have so many bytes, by default 256 MiB, though never before its first. Memory holds
                these and what the threads have in hand.
            threads: That draw. None: as many as planned.
            timeout: Seconds that one picture may take; beyond it its error is `deadline-exceeded`.
            cancel: Ends the call, with `Cancelled`.
            reports: Whether `report` is filled.

        Raises:
            Cancelled: The flag was set.
        """
    def plans(self) -> RecordBatch:
        """What would be drawn: `id` (if there is one), `variant`, `content_type`, `key`, `valid_until`, `skipped`, `needs: list<string>` and `error`, as in `render`."""

def check_batches(
    bundle: Bundle | Template,
    stream: _Batch,
    *,
    variants: Sequence[str | None] | None = None,
    channel: str | None = None,
    row_column: str | None = None,
    id_column: str | None = ...,
    first_line: int = 1,
    now: datetime | float | None = None,
    lang: str | None = None,
    time_zone: str | None = None,
    threads: int | None = None,
    cancel: Cancel | None = None,
) -> CheckReport:
    """Every row of Arrow data planned and laid out on all processors, without pixels and without pictures: the report of `templrender check`.

    A stream is read while its rows are checked, and nothing is kept for a row but 16 bytes for its id: a row with an id that stood before fails, as one of a feed does.

    Args:
        bundle: A bundle, or a template with the embedded fonts.
        stream: Arrow data.
        variants: What every row is laid out in; None among them is the template as it stands, which is also the default.
        channel: `"google"` or `"meta"`: the channel whose rules rows and template are held to.
        row_column, id_column: As of `BatchJob`.
        first_line: What the report calls the first row; 2 is what a feed with a header line has.
        now, lang, time_zone: As of `Renderer.plan`.
        threads: That check, beside one that reads. None: one for each processor.
        cancel: Ends the check, with `Cancelled`.

    Raises:
        ArgumentError: A batch that is not what its schema says; an unknown column, variant or channel.
        RowError: The stream itself failed; the message is the producer's.
        Cancelled: The flag was set.

    >>> import pyarrow as pa
    >>> from templrender import Pack, check_batches
    >>> pack = Pack()
    >>> pack.add("template.json", b'''{ "templrender": 1, "name": "dot", "size": [8, 4], "background": "{{ tint }}", "layers": [] }''')
    >>> report = check_batches(pack.open(), pa.table({"id": ["a", "b", "b"], "tint": ["red", "reddish", "blue"]}))
    >>> report.rows, report.failed, report.count("duplicate-row-id")
    (3, 2, 1)
    """
