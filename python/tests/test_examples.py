"""The examples of README.md and docs/ run, each page in a folder of its own that has the shipped templates."""

import shutil
import subprocess
import sys
from pathlib import Path

import examples
import pytest


@pytest.mark.parametrize("page", examples.pages(), ids=lambda page: page.name)
def test_the_examples_of_a_page_run(page: Path, tmp_path: Path) -> None:
    # Not a link: a picture that a row names must lie in its folder after links are followed.
    shutil.copytree(examples.ROOT / "templates", tmp_path / "templates")
    example = tmp_path / f"{page.stem.lower()}.py"
    example.write_text(examples.program(page), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-W", "error", example.name],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=100,
    )
    assert done.returncode == 0, done.stdout


def test_readme_has_a_python_example() -> None:
    assert examples.ROOT / "README.md" in examples.pages()
