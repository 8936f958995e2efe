"""What tests share: they run from the repository's root, as the documentation's examples do."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from origin import Origin, running

TYPE_CHECKING = False
if TYPE_CHECKING:
    from worker_kit import Mailbox, Redis, Room, Shop

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


@pytest.fixture(scope="session")
def queue_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Redis]:
    """A Redis for all tests of the queue; each has a queue of its own in it."""
    from worker_kit import Redis

    server = Redis(tmp_path_factory.mktemp("redis"), "--appendfsync", "no")
    yield server
    server.stop()


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    """A mail server that limits and refuses when it is told to."""
    from worker_kit import Mailbox

    server = Mailbox().start()
    yield server
    server.stop()


@pytest.fixture
def shop(queue_server: Redis, tmp_path: Path, mailbox: Mailbox) -> Iterator[Shop]:
    """A queue, and workers that make one step at a time."""
    from worker_kit import Shop

    it = Shop(queue_server, tmp_path, mailbox)
    yield it
    it.close()


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    """A queue whose workers are programs, and whose Redis may be killed."""
    from batch_kit import template_file
    from worker_kit import Room

    template_file(tmp_path)
    with Room(tmp_path, tmp_path) as it:
        yield it
