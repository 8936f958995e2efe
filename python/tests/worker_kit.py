"""What the tests of the queue share: one Redis for all of them, a queue of its own for each, and workers that are killed at any step."""

from __future__ import annotations

import sys
import uuid
from pathlib import Path
from typing import Any

from batch_kit import template_file

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "deploy"))

from mailbox_server import Mailbox  # noqa: E402
from queue_kit import Redis, Room, end, waited  # noqa: E402

from templrender.worker import files  # noqa: E402
from templrender.worker.draw import Studio  # noqa: E402
from templrender.worker.job import Job  # noqa: E402
from templrender.worker.jobs import Jobs, Keep, Taken, connect  # noqa: E402
from templrender.worker.options import parse  # noqa: E402
from templrender.worker.run import Worker  # noqa: E402

__all__ = ["Killed", "Mailbox", "Redis", "Room", "Shop", "end", "honey", "waited"]


class Killed(BaseException):
    """What kill -9 does to a worker: nothing after it is done, not even what `except Exception` would do."""


def honey(number: int, **more: Any) -> Job:
    """A job that is drawn in a millisecond."""
    given = {
        "key": f"honey-{number}",
        "template": "tag",
        "row": {"title": f"Honey {number}"},
        "to": f"u{number}@example.org",
    }
    return Job(**{**given, **more})


class Shop:
    """A queue of its own on the tests' server, with templates, files and a mail server."""

    def __init__(self, redis: Redis, folder: Path, mailbox: Mailbox) -> None:
        self.redis, self.folder, self.mailbox = redis, folder, mailbox
        template_file(folder)
        self.prefix = f"{{{uuid.uuid4().hex}}}"
        self.client = connect(redis.url)
        self.jobs = Jobs(self.client, self.prefix)
        self.jobs.prepare()
        self.store = files.open_store(str(folder / "files"))
        self.studio = Studio(folder, self.store)
        self.workers: list[Worker] = []

    def close(self) -> None:
        self.studio.close()
        for worker in self.workers:
            worker.jobs.client.close()
        self.client.close()

    def worker(self, *more: object, keep: Keep | None = None) -> Worker:
        """A worker that does nothing by itself."""
        given = [
            "--redis",
            self.redis.url,
            "--prefix",
            self.prefix,
            "--templates",
            self.folder,
            "--files",
            self.folder / "files",
        ]
        given += ["--smtp", f"smtp://127.0.0.1:{self.mailbox.port}", "--from", "cards@example.org", *more]
        options = parse(list(map(str, given))).work
        assert options is not None
        worker = Worker(options)
        worker.jobs = Jobs(worker.jobs.client, self.prefix, keep or options.keep)
        self.workers.append(worker)
        return worker

    def take(self, worker: Worker, most: int = 16, dead_after: float = 0.0) -> list[Taken]:
        """What a worker would draw next."""
        worker.jobs.promote()
        return worker.jobs.claim(worker.name, dead_after) or worker.jobs.read(worker.name, most, 0.001)

    def pass_time(self, seconds: float) -> None:
        """What was to happen in so many seconds is due now."""
        for name in ("expire", "later", "outbox"):
            for member, when in self.client.zrange(f"{self.prefix}:{name}", 0, -1, withscores=True):
                self.client.zadd(f"{self.prefix}:{name}", {member: when - seconds * 1000})

    def draw_all(self, worker: Worker, dead_after: float = 0.0) -> None:
        """Draws until nothing is to be taken."""
        while batch := self.take(worker, dead_after=dead_after):
            worker._batch(self.studio, batch)
