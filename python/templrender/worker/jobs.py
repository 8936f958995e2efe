"""The queue itself: jobs go in; a worker takes some, and says of each that it is done, is to be tried later, or is given up.

An entry of the stream is acknowledged in the same atomic step that writes the job's end, or its next try, into the job's hash (`scripts`). So a job is in exactly one place at
any time, and a worker that is killed between two steps leaves an unacknowledged entry, which another one takes over when it has been silent for `dead_after` seconds.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from . import scripts
from .job import Job, JobError

GROUP = "workers"
PREFIX = "{templrender}"

State = Literal["done", "no-face", "refused"]


@dataclass(frozen=True)
class Keep:
    """How long what belongs to somebody is kept, in seconds."""

    uploads: float = 3600.0
    """A photo, after its job's end.

    Default: 3600"""
    results: float = 86400.0
    """A picture and what is known of its job, after its mail was sent, or after its end where nobody gets one.

    Default: 86400"""
    dead: float = 7 * 86400.0
    """A job that was given up, with its photo.

    Default: 604800"""
    unfiled: float = 3600.0
    """A photo that was stored and whose job was never filed.

    Default: 3600"""


@dataclass(frozen=True)
class Taken:
    """A job that this worker has to bring to an end."""

    entry: str
    id: str
    job: Job
    filed: float
    """When it was filed, seconds since 1970: the time of its picture, whoever draws it and however often."""
    tries: int
    """How often it has failed."""


@dataclass(frozen=True)
class Status:
    """What a user may know of a job."""

    id: str
    state: str
    """`waiting`, `working`, `later`, `done`, `no-face`, `refused` or `dead`."""
    ahead: int
    """How many are before it, of a job that waits."""
    message: str
    filed: float
    finished: float | None
    result: str
    """The name of its picture, where there is one."""
    content_type: str
    tries: int
    mail: str
    """`pending`, `sending`, `sent`, `refused`, `given-up`, or empty where nobody gets one."""
    mail_message: str


@dataclass(frozen=True)
class Depth:
    """How much there is to do, all workers together."""

    waiting: int
    working: int
    later: int
    dead: int
    outbox: int
    oldest: float
    """Seconds since the oldest of those in the stream was put there."""
    mail_pause: float
    """Seconds until mails may be sent again."""
    expiring: int

    @property
    def depth(self) -> int:
        """Jobs that are not at their end: the number to scale on."""
        return self.waiting + self.working + self.later


def connect(url: str) -> Any:
    """A client of Redis or Valkey at `redis://`, `rediss://` or `unix://`."""
    try:
        import redis
    except ImportError as error:
        raise ImportError("the queue needs redis: pip install 'templrender[worker]'", name=error.name) from error
    # A lost connection is tried again by whoever called, who knows how long that makes sense.
    return redis.Redis.from_url(
        url, decode_responses=True, protocol=2, socket_timeout=15, socket_connect_timeout=5, health_check_interval=30
    )


def unreachable() -> tuple[type[Exception], ...]:
    """What a client raises while its server is away, starting or out of memory."""
    import redis

    return (
        redis.ConnectionError,
        redis.TimeoutError,
        redis.BusyLoadingError,
        redis.OutOfMemoryError,
        redis.ReadOnlyError,
    )


class Jobs:
    """The queue under a prefix of a server. Safe to share between threads."""

    def __init__(self, client: Any, prefix: str = PREFIX, keep: Keep | None = None) -> None:
        self.client = client
        self.prefix = prefix
        self.keep = keep or Keep()
        self._scripts = {name: client.register_script(text) for name, text in scripts.ALL.items()}

    def call(self, name: str, *arguments: object) -> Any:
        """Runs one of `scripts`."""
        return self._scripts[name](keys=[self.prefix], args=[str(argument) for argument in arguments])

    def prepare(self) -> None:
        """Makes the stream and its group where they are not there. Entries of before are in it."""
        import redis

        try:
            self.client.xgroup_create(f"{self.prefix}:jobs", GROUP, id="0", mkstream=True)
        except redis.ResponseError as error:
            if "BUSYGROUP" not in str(error):
                raise

    # ---- for whoever has jobs

    def file(self, job: Job) -> bool:
        """Puts a job into the queue. False: one with its key is known already, and nothing was changed."""
        return bool(self.call("file", job.id, job.to_json(), job.upload or "")[0])

    def file_all(self, jobs: Sequence[Job]) -> list[bool]:
        """Puts many into the queue at once, for one fsync of its log; which of them were not known. Where the connection is lost, filing them all again is right."""
        with self.client.pipeline(transaction=False) as pipe:
            for job in jobs:
                self._scripts["file"](keys=[self.prefix], args=[job.id, job.to_json(), job.upload or ""], client=pipe)
            return [bool(found[0]) for found in pipe.execute()]

    def status(self, id: str) -> Status | None:
        """How far a job is; None of one that is not known, or not any more."""
        found = self.call("status", id)
        if not found:
            return None
        state, number, message, filed, finished, result, content_type, tries, mail, mail_message, taken = found
        return Status(
            id=id,
            state=state,
            ahead=max(0, int(number) - int(taken) - 1) if state == "waiting" else 0,
            message=message or "",
            filed=int(filed) / 1000,
            finished=int(finished) / 1000 if finished else None,
            result=result or "",
            content_type=content_type or "",
            tries=int(tries),
            mail=mail or "",
            mail_message=mail_message or "",
        )

    def dead(self, most: int = 100) -> list[tuple[str, str]]:
        """Jobs that were given up, the oldest first: their ids and why."""
        ids = self.client.zrange(f"{self.prefix}:dead", 0, most - 1)
        return [(id, self.client.hget(f"{self.prefix}:job:{id}", "message") or "") for id in ids]

    def again(self, id: str) -> bool:
        """Lets a dead job wait again, as if it were new; False of one that is not dead."""
        return bool(self.call("again", id))

    def may(self, who: str, most: int, period: float) -> float:
        """Whether somebody may once more, of so many times in so many seconds: 0, or the seconds to wait."""
        return int(self.call("rate", who, most, int(period * 1000))) / 1000

    # ---- for workers

    def read(self, worker: str, most: int, wait: float) -> list[Taken]:
        """Takes up to so many jobs that nobody has taken, and waits so many seconds for the first."""
        found = self.client.xreadgroup(
            GROUP, worker, {f"{self.prefix}:jobs": ">"}, count=most, block=max(1, int(wait * 1000))
        )
        return self._begin(worker, found[0][1], claimed=False) if found else []

    def claim(self, worker: str, dead_after: float) -> list[Taken]:
        """Takes over one job of a worker that was silent for so long. One alone: it may be the job that killed it."""
        _, found, *_ = self.client.xautoclaim(f"{self.prefix}:jobs", GROUP, worker, int(dead_after * 1000), count=1)
        return self._begin(worker, found, claimed=True) if found else []

    def _begin(self, worker: str, entries: Sequence[tuple[str, dict[str, str]]], claimed: bool) -> list[Taken]:
        named = [(entry, fields.get("id", "")) for entry, fields in entries if fields is not None]
        flat = [part for pair in named for part in pair]
        begun = self.call("begin", GROUP, worker, int(claimed), MAX_DEATHS, _ms(self.keep.dead), *flat)
        taken = []
        for (entry, id), found in zip(named, begun, strict=True):
            if not found:
                continue
            try:
                job = Job.from_json(found[0])
            except JobError as error:
                self.settle(entry, id, "refused", message=str(error), mail=False)
                continue
            taken.append(Taken(entry, id, job, int(found[1]) / 1000, int(found[2])))
        return taken

    def alive(self, worker: str, entries: Iterable[str]) -> int:
        """Says that a worker is still at these; how many of them are still its own."""
        return int(self.call("alive", GROUP, worker, *entries))

    def reserve(self, what: str, id: str = "") -> bool:
        """Says that a file is about to be written, so that it is deleted if nothing comes of it. False: its job has its end, and the file is not wanted.

        `what` is `u:` and the name of an upload, or `r:` and that of a result.
        """
        keep = self.keep.unfiled if what.startswith("u:") else max(self.keep.results, 3600.0)
        return bool(self.call("reserve", what, _ms(keep), id))

    def settle(
        self,
        entry: str,
        id: str,
        state: State,
        *,
        result: str = "",
        content_type: str = "",
        message: str = "",
        mail: bool,
    ) -> bool:
        """The job's end, with a mail to be sent where somebody gets one. False: it had its end already, and this changed nothing."""
        keep = self.keep
        return bool(
            self.call(
                "settle",
                GROUP,
                entry,
                id,
                state,
                result,
                content_type,
                message,
                int(mail),
                _ms(keep.uploads),
                _ms(keep.results),
            )
        )

    def later(self, worker: str, taken: Taken, delay: float, message: str, max_tries: int) -> str:
        """Has it tried again after so many seconds, or gives it up; the state that it has now."""
        found = self.call(
            "later", GROUP, taken.entry, taken.id, worker, _ms(delay), message, max_tries, _ms(self.keep.dead)
        )
        return str(found or "")

    def promote(self, most: int = 100) -> int:
        """Puts jobs whose next try is due back into the stream; how many."""
        return int(self.call("promote", most))

    def depth(self) -> Depth:
        """How much there is to do."""
        waiting, working, later, dead, outbox, oldest, pause, expiring = map(int, self.call("depth", GROUP))
        return Depth(waiting, working, later, dead, outbox, oldest / 1000, pause / 1000, expiring)

    def counts(self) -> dict[str, int]:
        """How many there were since the queue began: filed, done, retried, claimed, dead, sent, deleted."""
        return {name: int(value) for name, value in self.client.hgetall(f"{self.prefix}:counts").items()}

    def tidy(self, idle: float = 3600.0) -> int:
        """Forgets workers that are long gone and hold nothing."""
        return int(self.call("tidy", GROUP, _ms(idle)))

    def leave(self, worker: str) -> None:
        """Forgets this worker, where it holds nothing."""
        held = self.client.xpending_range(f"{self.prefix}:jobs", GROUP, "-", "+", 1, consumername=worker)
        if not held:
            self.client.xgroup_delconsumer(f"{self.prefix}:jobs", GROUP, worker)


# A job may take that many workers with it.
MAX_DEATHS = 3


def _ms(seconds: float) -> int:
    return int(seconds * 1000)
