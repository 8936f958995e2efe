"""The examples of README.md and docs/: examples.py FOLDER writes those of each page to FOLDER/PAGE.py, for mypy.

A page's blocks of ```python are one program, read from top to bottom as its reader does; ```python no-run is type-checked and not run. Lines keep
their numbers, so that a complaint about FOLDER/PAGE.py:70 is about line 70 of the page.
"""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent


def pages() -> list[Path]:
    """README.md, and every page of docs/ that has an example in Python."""
    found = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
    return [page for page in found if program(page, all_blocks=True).strip()]


def program(page: Path, *, all_blocks: bool = False) -> str:
    """The page's Python with everything else as empty lines; `all_blocks`: also what is not to be run."""
    lines, inside = [], False
    for line in page.read_text(encoding="utf-8").splitlines():
        fence = line.strip()
        if fence.startswith("```"):
            inside = not inside and (fence == "```python" or (all_blocks and fence == "```python no-run"))
            lines.append("")
        else:
            lines.append(line if inside else "")
    return "\n".join(lines) + "\n"


def main() -> None:
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.py"):
        old.unlink()
    for page in pages():
        (folder / f"{page.stem.lower()}.py").write_text(program(page, all_blocks=True), encoding="utf-8")


if __name__ == "__main__":
    main()
