"""What the drills, the bench and the tests of the queue share: a Redis, workers and a mail server of their own, and what the queue says of them."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from mailbox_server import Mailbox

from templrender.worker.job import Job
from templrender.worker.jobs import Jobs, Status, connect, unreachable

ROOT = Path(__file__).resolve().parents[1]
SERVERS = ("redis-server", "valkey-server")


def server_program() -> str:
    """Redis or Valkey, whichever is installed; the tests need one."""
    for name in SERVERS:
        if found := shutil.which(name):
            return found
    raise RuntimeError(f"none of {', '.join(SERVERS)} is installed: tools/packages.sh redis-server")


def waited(until: Callable[[], object], seconds: float, every: float = 0.05) -> bool:
    """Whether it came true in time."""
    end = time.monotonic() + seconds
    while not until():
        if time.monotonic() > end:
            return False
        time.sleep(every)
    return True


class Redis:
    """A server of its own, on a socket in a folder, with the settings of deploy/redis.conf."""

    def __init__(self, folder: Path, *more: str) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        # A socket's path has at most 107 bytes, and a test's folder may have more.
        self._short = tempfile.TemporaryDirectory(prefix="trq-")
        self.socket = Path(self._short.name) / "redis.sock"
        self._more = more
        self.process: subprocess.Popen[bytes] | None = None
        self.start()

    @property
    def url(self) -> str:
        return f"unix://{self.socket}"

    def start(self) -> None:
        """Starts it on what it had."""
        with (self.folder / "redis.log").open("ab") as log:
            settings = [
                str(ROOT / "deploy" / "redis.conf"),
                "--dir",
                str(self.folder),
                "--unixsocket",
                str(self.socket),
                *self._more,
            ]
            self.process = subprocess.Popen(
                [server_program(), *settings], stdout=log, stderr=log, start_new_session=True
            )
        if not waited(self._answers, 20):
            raise RuntimeError(f"the server does not start:\n{(self.folder / 'redis.log').read_text()[-2000:]}")

    def _answers(self) -> bool:
        with contextlib.closing(connect(self.url)) as client:
            try:
                return bool(client.ping())
            except unreachable():
                return False

    def kill(self) -> None:
        """Ends it as a power cut would."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def stop(self) -> None:
        """Ends it."""
        if self.process is not None:
            self.process.terminate()
            self.process.wait(20)
        self._short.cleanup()


class Room:
    """A queue with all that belongs to it, in a folder: `redis`, `files`, `logs`."""

    def __init__(self, folder: Path, templates: Path, *settings: str) -> None:
        self.folder = folder
        self.templates = templates
        self.files = folder / "files"
        (folder / "logs").mkdir(parents=True, exist_ok=True)
        self.redis = Redis(folder / "redis", *settings)
        self.jobs = Jobs(connect(self.redis.url))
        self.jobs.prepare()
        self.mailbox = Mailbox().start()
        self.workers: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> Room:
        return self

    def __exit__(self, *_: object) -> None:
        for worker in self.workers:
            if worker.poll() is None:
                worker.kill()
            worker.wait()
        self.mailbox.stop()
        self.jobs.client.close()
        self.redis.stop()

    def worker(self, do: str = "draw,mail,sweep", *more: object) -> subprocess.Popen[bytes]:
        """Starts a worker: `--do draw`, and what is given."""
        import templrender

        command = [
            sys.executable,
            "-m",
            "templrender.worker",
            "work",
            "--redis",
            self.redis.url,
            "--templates",
            self.templates,
        ]
        command += [
            "--files",
            self.files,
            "--do",
            do,
            "--smtp",
            f"smtp://127.0.0.1:{self.mailbox.port}",
            "--from",
            "cards@example.org",
        ]
        command += ["--retry", 0.2, "--most-retry", 2, "--mail-pause", 0.2, "--most-mail-pause", 2, *more]
        path = str(Path(templrender.__file__).parent.parent)
        with (self.folder / "logs" / f"worker-{len(self.workers)}.log").open("ab") as log:
            process = subprocess.Popen(
                list(map(str, command)),
                env={**os.environ, "PYTHONPATH": path},
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self.workers.append(process)
        return process

    def logs(self) -> str:
        """What all workers have said."""
        return "".join(path.read_text() for path in sorted((self.folder / "logs").iterdir()))

    def file(self, jobs: Sequence[Job]) -> None:
        """Files them all."""
        for at in range(0, len(jobs), 100):
            self.jobs.file_all(jobs[at : at + 100])

    def statuses(self, jobs: Sequence[Job]) -> list[Status | None]:
        """How far they are, also while the queue is being restarted."""
        return [self.jobs.status(job.id) for job in jobs]

    def states(self, jobs: Sequence[Job]) -> Counter[str]:
        """How many are how far."""
        return Counter("unknown" if status is None else status.state for status in self.statuses(jobs))

    def mails(self, jobs: Sequence[Job]) -> Counter[str]:
        """How many mails are how far."""
        return Counter("unknown" if status is None else status.mail for status in self.statuses(jobs))

    def redis_appends(self) -> str:
        """What the server says of its log."""
        found = self.jobs.client.info("persistence")
        return f"AOF of {found['aof_current_size']:,} bytes"

    def pictures(self) -> list[Path]:
        """The files of results."""
        folder = self.files / "results"
        return sorted(path for path in folder.rglob("*") if path.is_file()) if folder.exists() else []


def end(process: subprocess.Popen[Any], number: int = signal.SIGTERM, seconds: float = 30) -> int:
    """Sends a signal and waits; the exit status."""
    process.send_signal(number)
    return process.wait(seconds)
