"""Compiled templates: the bytes of pictures that are drawn without them, from every thread, within the bytes that a host allows."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

import templrender as t

AD = "templates/product-ad"
PHOTO = "templates/product-ad/rows/photos/bee.webp"
ALLOWED = 64 * 1024 * 1024


@pytest.fixture(autouse=True)
def allowed() -> Iterator[None]:
    t.set_compiled_bytes(0)
    t.set_compiled_bytes(ALLOWED)
    yield
    t.set_compiled_bytes(ALLOWED)


def row(number: int) -> dict[str, str]:
    return {"name": f"Aster honey {number}", "price": f"{number}.90 EUR", "photo": PHOTO}


def plain(bundle: t.Bundle, numbers: range) -> list[tuple[bytes, bytes]]:
    t.set_compiled_bytes(0)
    try:
        return [drawn(bundle, number) for number in numbers]
    finally:
        t.set_compiled_bytes(ALLOWED)


def drawn(bundle: t.Bundle, number: int) -> tuple[bytes, bytes]:
    rendered = t.render(bundle, row(number))
    return bytes(memoryview(rendered.frame)), rendered.encode()


def test_the_same_pixels_and_bytes_as_without() -> None:
    bundle = t.open(AD)
    # whatever was drawn with this template before: now it is compiled, and `plain` lets it go
    [drawn(bundle, number) for number in range(2)]
    expected = plain(bundle, range(6))
    before = t.compiled_stats()
    assert before["templates"] == before["bytes"] == 0
    assert [drawn(bundle, number) for number in range(6)] == expected
    after = t.compiled_stats()
    assert (after["templates"], after["hits"] - before["hits"], after["compiled"] - before["compiled"]) == (1, 5, 1)
    assert 0 < after["bytes"] <= after["max_bytes"] == ALLOWED


def test_a_template_that_is_opened_again_is_known() -> None:
    expected = plain(t.open(AD), range(3))
    before = t.compiled_stats()["hits"]
    assert [drawn(t.open(AD), number) for number in range(3)] == expected
    assert t.compiled_stats()["hits"] - before == 2


def test_without_bytes_nothing_is_kept() -> None:
    bundle = t.open(AD)
    [drawn(bundle, number) for number in range(3)]
    assert t.compiled_stats()["templates"] == 1
    t.set_compiled_bytes(0)
    assert t.compiled_stats()["templates"] == t.compiled_stats()["bytes"] == 0
    before = t.compiled_stats()
    [drawn(bundle, number) for number in range(3)]
    assert t.compiled_stats() == {**before, "plain": before["plain"] + 3}
    with pytest.raises(OverflowError):
        t.set_compiled_bytes(-1)


def test_many_threads_draw_the_same() -> None:
    bundle = t.open(AD)
    expected = plain(bundle, range(4))
    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(lambda number: drawn(bundle, number % 4), range(40)))
    assert all(found[number] == expected[number % 4] for number in range(40))


def test_changing_the_pixels_changes_the_bytes() -> None:
    """A frame knows what it was drawn over only as long as nobody could write into it."""
    bundle = t.open(AD)
    rendered = [t.render(bundle, row(number)) for number in range(3)][-1]
    same = t.Frame(rendered.frame.to_numpy())
    output = t.Output("jpeg", quality=85)
    assert same.encode(output) == rendered.frame.encode(output)
