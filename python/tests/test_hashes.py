"""Every row of every shipped template in every variant: the pixels and the encoded bytes that the Rust library draws, by their hashes in tests/hashes.txt."""

import csv
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from blake3 import blake3

from templrender import Bundle, Fonts, Pack, Plan, Resources, Row

ROOT = Path(__file__).resolve().parent.parent.parent
NOW = 1_795_262_400  # 2026-11-21T12:00:00Z: sales of the shipped rows are on
FEED_ROWS = 8
FOLDERS = sorted(path.parent for path in (ROOT / "templates").glob("*/template.json"))


def test_every_shipped_template_is_in_the_list() -> None:
    listed = {name.split("/")[0] for name in wanted()}
    assert {folder.name for folder in FOLDERS} <= listed
    assert len(FOLDERS) >= 4


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_the_same_bytes_as_rust(folder: Path) -> None:
    bundle = opened(folder)
    jobs = [(name, row, variant) for name, row in rows(folder) for variant in (None, *bundle.template.variants)]

    def draw(job: tuple[str, Row, str | None]) -> list[tuple[str, str]]:
        name, row, variant = job
        plan = bundle.plan(row, variant=variant, now=NOW)
        rendered = bundle.renderer.render(plan, answers(folder, bundle, plan))
        label = f"{folder.name}/{name}/{variant or 'default'}"
        return [(label, digest(memoryview(rendered.frame).cast("B"))), (f"{label} encoded", digest(rendered.encode()))]

    with ThreadPoolExecutor(4) as threads:
        found = dict(pair for pairs in threads.map(draw, jobs) for pair in pairs)
    assert found == {name: text for name, text in wanted().items() if name.startswith(f"{folder.name}/")}


def wanted() -> dict[str, str]:
    lines = (ROOT / "tests/hashes.txt").read_text(encoding="utf-8").splitlines()
    return {name: text for text, _, name in (line.partition("  ") for line in lines)}


def digest(data: bytes | memoryview) -> str:
    return blake3(data).hexdigest()[:32]


def opened(folder: Path) -> Bundle:
    """The folder as a pack: what its template names, and no font but its own."""
    pack = Pack()
    pack.add("template.json", (folder / "template.json").read_bytes())
    for font in sorted((folder / "fonts").glob("*.ttf")):
        pack.add(f"fonts/{font.name}", font.read_bytes())
    if (folder / "fallback.json").exists():
        pack.add("fallback.json", (folder / "fallback.json").read_bytes())
    for path in pack.wanted(now=NOW):
        pack.add(path, (folder / path).read_bytes())
    return pack.open(fonts=Fonts(default=False), now=NOW)


def rows(folder: Path) -> Iterator[tuple[str, Row]]:
    """Every row of rows/*.json, and the first of each table there, whose cells are texts."""
    for path in sorted((folder / "rows").glob("*.json")):
        yield path.stem, Row.from_json(path.read_bytes())
    for path in sorted((folder / "rows").glob("*.tsv")):
        with path.open(encoding="utf-8", newline="") as lines:
            for number, cells in enumerate(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE), start=1):
                if number > FEED_ROWS:
                    break
                yield f"{path.stem}-{number}", Row({column: cell for column, cell in cells.items() if cell is not None})


def answers(folder: Path, bundle: Bundle, plan: Plan) -> Resources:
    """Pictures beside the row first, in the template's folder next; what is nowhere has failed."""
    resources = bundle.resources()
    while needs := plan.pending(resources):
        for need in needs:
            assert need.location is not None, f"{need}: a bundle has its own files"
            for place in (folder / "rows" / need.location, folder / need.location):
                if place.is_file():
                    resources.insert(need, place.read_bytes())
                    break
            else:
                resources.fail(need, "there is no such file")
    return resources
