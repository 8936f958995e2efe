"""The examples in the docstrings of `_templrender.pyi` run: each docstring by itself, with `templrender` and its names imported."""

import ast
import doctest
from collections.abc import Iterator
from pathlib import Path

import pytest

import templrender

STUB = Path(templrender.__file__).with_name("_templrender.pyi")
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


def documented(node: ast.Module | ast.ClassDef, prefix: str) -> Iterator[tuple[str, int, str]]:
    """Every docstring of the stub with the name and the line of what it documents."""
    text = ast.get_docstring(node)
    if text is not None and isinstance(node.body[0], ast.Expr):
        yield prefix, node.body[0].lineno, text
    for child in node.body:
        name = f"{prefix}.{getattr(child, 'name', '')}"
        if isinstance(child, ast.ClassDef):
            yield from documented(child, name)
        elif isinstance(child, ast.FunctionDef):
            text = ast.get_docstring(child)
            if text is not None:
                yield name, child.body[0].lineno, text


DOCSTRINGS = list(documented(ast.parse(STUB.read_text(encoding="utf-8")), "_templrender"))


@pytest.mark.parametrize(("name", "line", "text"), DOCSTRINGS, ids=[name for name, _, _ in DOCSTRINGS])
def test_the_example_of(name: str, line: int, text: str) -> None:
    # An example's `open` is Python's own.
    names = {public: getattr(templrender, public) for public in templrender.__all__ if public != "open"}
    example = doctest.DocTestParser().get_doctest(
        text, {"templrender": templrender, **names}, name, str(STUB), line - 1
    )
    told: list[str] = []
    doctest.DocTestRunner(optionflags=FLAGS).run(example, out=told.append)
    assert not told, "".join(told)
