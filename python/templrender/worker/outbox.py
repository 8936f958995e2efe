"""Mails that are to be sent: jobs' ends come in by `Jobs.settle`; whoever sends takes those that are due for the length of a lease, and says what became of each.

A mail leaves the outbox when the server has taken it, when it refused it for good, or when it was tried for `give_up` seconds. While the server limits or is away nobody sends:
that is one pause for all senders, which doubles, and after it one mail goes ahead of the others.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from .backoff import delay
from .job import Job, JobError
from .jobs import Jobs


@dataclass(frozen=True)
class Pace:
    """How mails are sent."""

    per_second: float = 0.0
    """Most mails a second, all senders together; 0 is no bound.

    Default: 0"""
    burst: int = 10
    """How many may go at once after a quiet time.

    Default: 10"""
    lease: float = 600.0
    """Seconds after which a mail is sent by another, where its sender has died.

    Default: 600"""
    pause: float = 5.0
    """Seconds of the first pause.

    Default: 5"""
    most_pause: float = 300.0
    """Seconds of the longest pause.

    Default: 300"""
    give_up: float = 3 * 86400.0
    """Seconds after the job's end until a mail is given up.

    Default: 259200"""


@dataclass(frozen=True)
class Mail:
    """One mail: of which job, about what, to whom."""

    id: str
    job: Job
    state: str
    """The job's: `done`, `no-face` or `refused`."""
    message: str
    result: str
    content_type: str
    tries: int


@dataclass(frozen=True)
class Due:
    """What may be sent now, and if nothing may, when to ask again."""

    mails: list[Mail]
    wait: float
    """Seconds; 0 where there are mails."""
    failures: int
    """How often in a row the server refused."""


class Outbox:
    """The mails of a queue. Safe to share between threads; `sender` is unique among all senders."""

    def __init__(self, jobs: Jobs, sender: str, pace: Pace | None = None) -> None:
        self._jobs = jobs
        self.sender = sender
        self.pace = pace or Pace()
        # Claims whose answers, or the mails that they named, were lost: made again, they give the same mails, which would else wait for the end of their lease.
        self._lost: list[str] = []

    def claim(self, most: int) -> Due:
        """Takes mails that are due."""
        pace = self.pace
        interval = int(1_000_000 / pace.per_second) if pace.per_second else 0
        try:
            claim = self._lost.pop()
        except IndexError:
            claim = secrets.token_hex(8)
        try:
            wait, failures, *ids = self._jobs.call(
                "mail_claim", most, interval, pace.burst, int(pace.lease * 1000), self.sender, claim
            )
            mails = [mail for mail in map(self._mail, ids) if mail is not None]
        except Exception:
            self._lost.append(claim)
            raise
        # Nothing in it at all: somebody may put something in at any time.
        return Due(mails, 0.0 if mails else 0.01 if ids else 1.0 if int(wait) < 0 else int(wait) / 1000, int(failures))

    def _mail(self, id: str) -> Mail | None:
        names = ("json", "state", "message", "result", "content_type", "mail_tries")
        found = self._jobs.client.hmget(f"{self._jobs.prefix}:job:{id}", names)
        if found[0] is None:
            return None
        try:
            job = Job.from_json(found[0])
        except JobError as error:  # filed by a version that took more
            self._jobs.call("mail_over", id, "refused", str(error), int(self._jobs.keep.results * 1000))
            return None
        return Mail(id, job, found[1], found[2] or "", found[3] or "", found[4] or "", int(found[5] or 0))

    def sent(self, mail: Mail) -> bool:
        """The server has taken it. What is kept for the job has its end from now on."""
        return self._over(mail, "sent", "")

    def refused(self, mail: Mail, why: str) -> bool:
        """It will never be taken."""
        return self._over(mail, "refused", why)

    def _over(self, mail: Mail, state: str, why: str) -> bool:
        return bool(self._jobs.call("mail_over", mail.id, state, why, int(self._jobs.keep.results * 1000)))

    def later(self, mail: Mail, why: str) -> str:
        """This mail alone is to be tried later: its recipient's server is full or unknown for a while. The state that it has now."""
        after = delay(mail.tries + 1, base=self.pace.pause, most=max(self.pace.pause, 12 * self.pace.most_pause))
        return self._later(mail, after, why, charged=True)

    def untried(self, mail: Mail, why: str) -> str:
        """The server takes none now: it is due as it was, and nobody counts that as a try of its own. The state that it has now."""
        return self._later(mail, 0.0, why, charged=False)

    def _later(self, mail: Mail, after: float, why: str, charged: bool) -> str:
        keep = int(self._jobs.keep.results * 1000)
        give_up = int(self.pace.give_up * 1000)
        return str(
            self._jobs.call("mail_later", mail.id, self.sender, int(after * 1000), why, int(charged), give_up, keep)
            or ""
        )

    def pause(self, failures: int) -> float:
        """Nobody sends for a while, after so many refusals in a row before this one; how many seconds."""
        seconds = delay(failures + 1, base=self.pace.pause, most=self.pace.most_pause)
        self._jobs.call("mail_pause", int(seconds * 1000))
        return seconds
