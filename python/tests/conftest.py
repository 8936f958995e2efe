"""What tests share: they run from the repository's root, as the documentation's examples do."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from origin import Origin, running

ROOT = Path(__file__).resolve().parents[2]

# What a shell starts in the background ignores Ctrl-C, and so do its children: the tests that press it could not.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def at_the_root(monkeypatch: pytest.MonkeyPatch) -> None:
    """Paths in examples begin at the repository's root."""
    if Path(os.getcwd()) != ROOT:
        monkeypatch.chdir(ROOT)


@pytest.fixture
def origin() -> Iterator[Origin]:
    """A web server on this machine, which only `allow_private=True` may ask."""
    with running() as server:
        yield server
