"""What a type checker knows of the package: read by mypy --strict, not run.

Each line that is wrong on purpose says so with the error that it must give: without the error the comment itself is one.
"""

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, assert_type

import numpy
from PIL import Image

import templrender as tr


def from_folder_to_file(folder: Path) -> None:
    bundle = tr.open(folder)
    assert_type(bundle, tr.Bundle)
    assert_type(bundle.template.variants, tuple[str, ...])
    rendered = tr.render(
        bundle, {"title": "Aster honey", "price": tr.Money(Decimal("6.90"), "EUR"), "photo": Path("bee.webp")}
    )
    assert_type(rendered, tr.Rendered)
    assert_type(rendered.frame.encode(tr.Output.jpeg(85)), bytes)
    assert_type(rendered.report.notes, tuple[tr.Note, ...])
    rendered.save("ad.jpg")
    rendered.save(folder / "ad.png", tr.Output.png(effort="small"))
    tr.render(bundle)  # type: ignore[call-arg]
    tr.Output.jpeg("85")  # type: ignore[arg-type]
    bundle.version = "2"  # type: ignore[misc]


async def for_asyncio(folder: str) -> bytes:
    rendered = await tr.arender(folder, {"title": "Aster honey"}, variant="story", timeout=1.5)
    assert_type(rendered, tr.Rendered)
    return rendered.encode()


def step_by_step(json: str, row: Mapping[str, Any], pictures: Mapping[str, bytes]) -> Iterator[bytes]:
    renderer = tr.Renderer(tr.Fonts([Path("a.ttf").read_bytes()]), limits=tr.Limits(max_side_px=2000))
    plan = renderer.plan(
        tr.Template(json), tr.Row(row, on=date(2026, 11, 21)), now=datetime(2026, 11, 21), lang="de", scale=2
    )
    assert_type(plan.valid_until, datetime | None)
    resources = tr.Resources()
    for need in plan.pending(resources):
        assert_type(need, tr.Need)
        if need.location is not None and need.location in pictures:
            resources.insert(need, pictures[need.location])
        else:
            resources.fail(need, "status 404")
    stop = tr.Cancel()
    yield renderer.render(plan, resources, timeout=0.5, cancel=stop).encode()
    renderer.plan(row, json)  # type: ignore[arg-type]
    renderer.render(plan, pictures)  # type: ignore[arg-type]


def pixels(array: "numpy.ndarray[tuple[int, int, int], numpy.dtype[numpy.uint8]]", picture: Image.Image) -> None:
    for frame in (tr.Frame(array), tr.Frame(picture), tr.Frame.decode(b"")):
        assert_type(frame, tr.Frame)
        assert_type(frame.to_pil(), Image.Image)
        assert_type(frame.to_numpy(), "numpy.ndarray[tuple[int, int, int], numpy.dtype[numpy.uint8]]")
        assert_type(frame.size, tuple[int, int])


def failures() -> None:
    try:
        tr.Template("{")
    except tr.TemplateError as error:
        assert_type(error.faults, tuple[tr.Fault, ...])
        assert_type(error.faults[0].line, int | None)
        assert_type(error.code, str)
    except (tr.DeadlineError, tr.Cancelled, tr.BugError) as error:
        assert_type(error.http_status, int)


class Sub(tr.Frame):  # type: ignore[misc]
    """Native classes are final."""
