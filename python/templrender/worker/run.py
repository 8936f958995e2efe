"""A worker: options come in; it draws, mails and deletes until it is stopped, and holds nothing when it ends.

Each role is a loop in a thread of its own; drawing has the main thread. What a loop has begun it ends after SIGTERM: a batch is drawn, a mail is said to its end. While the queue is
away every loop waits for it; what was done meanwhile is told to it when it is back, for each step may be said twice.
"""

from __future__ import annotations

import logging
import math
import os
import secrets
import signal
import socket
import threading
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import ParamSpec, TypeVar

from .. import Models
from ..loading import Loader
from . import files, letter
from .backoff import delay
from .draw import Outcome, Studio
from .jobs import Depth, Jobs, Taken, connect, unreachable
from .metrics import Metrics, serve
from .options import Options
from .outbox import Mail, Outbox
from .smtp import Sender, Server, Verdict
from .sweep import sweep

log = logging.getLogger("templrender.worker")
P = ParamSpec("P")
T = TypeVar("T")

# Mails that one sender takes at a time: few, so that several share the work and a dead one leaves little.
_MAILS = 8
_SWEEP_EVERY = 5.0
# For how long a stopped worker waits for a queue that is away.
_GRACE = 30.0


class Stopped(Exception):
    """The queue is away, and the worker is to end."""


class Worker:
    """One worker. `run` returns when it was stopped and has nothing left in its hands."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self.name = f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(3)}"
        self.metrics = Metrics()
        self.stopping = threading.Event()
        self._stopped_at = 0.0
        # Of the batch that is worked on.
        self._began = math.inf
        self.jobs = Jobs(connect(options.redis), options.prefix, options.keep)
        self.store = files.open_store(options.files, owner=self.name)
        self._unreachable = unreachable()
        # What is wrong with the options is said now, and not by a loop that tries again.
        self._loops: dict[str, Callable[[], None]] = {}
        self._studio: Studio | None = None
        if "draw" in options.roles:
            self._studio = _studio(options, self.store)
            self._loops["draw"] = partial(self._draw, self._studio)
        if "mail" in options.roles:
            server = Server.at(options.smtp or "", os.environ.get("TEMPLRENDER_SMTP_PASSWORD"))
            paper = letter.Stationery(options.sender, options.sender_name, options.link)
            self._loops["mail"] = partial(self._mail, server, paper)
        if "sweep" in options.roles:
            self._loops["sweep"] = self._sweep

    def stop(self) -> None:
        """Ends it as soon as what is begun is done."""
        self._stopped_at = time.monotonic()
        self.stopping.set()

    def run(self) -> None:
        """Works until it is stopped."""
        self.patiently(self.jobs.prepare)
        address = self.options.metrics
        server = serve(address, self._text, self._is_well) if address else None
        others = [
            threading.Thread(target=self._forever, args=(loop,), name=f"templrender-{role}")
            for role, loop in self._loops.items()
            if role != "draw"
        ]
        for thread in others:
            thread.start()
        log.info("%s: %s", self.name, ", ".join(sorted(self.options.roles)))
        try:
            if "draw" in self._loops:
                self._forever(self._loops["draw"])
            else:
                self.stopping.wait()
        finally:
            self.stop()
            for thread in others:
                thread.join()
            if server is not None:
                server.shutdown()
                server.server_close()
            if self._studio is not None:
                self._studio.close()
            self.store.clean()
            self.jobs.client.close()
        log.info("%s: stopped", self.name)

    def patiently(self, call: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> T:
        """Makes a call to the queue, again and again while it is away."""
        failures = 0
        while True:
            try:
                return call(*arguments, **named)
            except self._unreachable as error:
                failures += 1
                self.metrics.add("queue_errors")
                if failures == 1:
                    log.warning("the queue is away: %s", error)
                if self.stopping.is_set() and time.monotonic() - self._stopped_at > _GRACE:
                    raise Stopped from error
                time.sleep(delay(failures, base=0.1, most=2.0))

    def _forever(self, loop: Callable[[], None]) -> None:
        """Runs a loop until the worker is stopped, whatever happens in it."""
        failures = 0
        while not self.stopping.is_set():
            began = time.monotonic()
            try:
                loop()
            except Stopped:
                return
            except Exception as error:
                self.metrics.add("errors")
                if type(error).__name__ == "ResponseError" and "NOGROUP" in str(error):
                    # A queue that began anew.
                    self.patiently(self.jobs.prepare)
                failures = 1 if time.monotonic() - began > 60 else failures + 1
                log.exception("%s failed", threading.current_thread().name)
                self.stopping.wait(delay(failures, base=0.2, most=10.0))

    # ---- drawing

    def _draw(self, studio: Studio) -> None:
        options = self.options
        look_at = 0.0
        while not self.stopping.is_set():
            self.patiently(self.jobs.promote)
            taken: list[Taken] = []
            if time.monotonic() >= look_at:
                taken = self.patiently(self.jobs.claim, self.name, options.dead_after)
                self.metrics.add("claimed", len(taken))
                # One that died leaves more than one.
                look_at = 0.0 if taken else time.monotonic() + options.dead_after / 4
            if not taken:
                wait = min(1.0, options.dead_after / 4)
                taken = self.patiently(self.jobs.read, self.name, options.batch, wait)
            if taken:
                self._batch(studio, taken)
        self.patiently(self.jobs.leave, self.name)

    def _batch(self, studio: Studio, batch: Sequence[Taken]) -> None:
        began = self._began = time.monotonic()
        with Alive(self, batch):
            for taken, outcome in studio.draw(batch):
                try:
                    became = self._finish(taken, outcome)
                except Stopped:
                    raise
                except Exception as error:  # each object storage has its own
                    log.exception("%s cannot be stored", taken.id)
                    became = self._finish(taken, Outcome("later", f"the picture cannot be written now: {error}"[:1000]))
                self.metrics.add("jobs", outcome=became)
                self.metrics.seconds("job", time.monotonic() - began)
        self._began = math.inf
        self.metrics.add("batches")
        self.metrics.seconds("batch", time.monotonic() - began)

    def _finish(self, taken: Taken, outcome: Outcome) -> str:
        """The picture is stored; then one step says the job's end, that a mail is to be sent, and that the entry is done with."""
        options = self.options
        if outcome.state == "later":
            wait = delay(taken.tries + 1, base=options.retry, most=options.most_retry)
            log.warning("%s failed, try %d of %d: %s", taken.id, taken.tries + 1, options.max_tries, outcome.message)
            return self.patiently(self.jobs.later, self.name, taken, wait, outcome.message, options.max_tries)
        name = ""
        if outcome.data:
            name = files.result_name(taken.id, outcome.data, outcome.content_type)
            if self.patiently(self.jobs.reserve, f"r:{name}", taken.id):
                files.write_result(self.store, name, outcome.data)
        state = outcome.state
        first = self.patiently(
            self.jobs.settle,
            taken.entry,
            taken.id,
            state,
            result=name,
            content_type=outcome.content_type,
            message=outcome.message,
            mail=taken.job.to is not None,
        )
        return state if first else "twice"

    # ---- mailing

    def _mail(self, server: Server, paper: letter.Stationery) -> None:
        outbox = Outbox(self.jobs, self.name, self.options.pace)
        sender = Sender(server)
        try:
            while not self.stopping.is_set():
                due = self.patiently(outbox.claim, _MAILS)
                if not due.mails:
                    sender.close()
                    self.stopping.wait(min(due.wait, 1.0))
                    continue
                self._post(outbox, sender, paper, due.mails, due.failures)
        finally:
            sender.close()

    def _post(
        self, outbox: Outbox, sender: Sender, paper: letter.Stationery, mails: Sequence[Mail], failures: int
    ) -> None:
        """Sends these, and gives back those that it has not come to."""
        lease = outbox.pace.lease
        until = time.monotonic() + lease / 2
        limited = ""
        for mail in mails:
            if limited or self.stopping.is_set() or time.monotonic() > until:
                self.patiently(outbox.untried, mail, limited)
                continue
            try:
                verdict = self._say(sender, paper, mail, seconds=lease / 4)
            except Exception as error:  # of this mail alone
                log.exception("the mail of %s cannot be written", mail.id)
                self.metrics.add("errors")
                verdict = Verdict("later", f"it cannot be written now: {error}"[:300])
            self.metrics.add("mails", outcome=verdict.kind)
            match verdict.kind:
                case "sent":
                    self.patiently(outbox.sent, mail)
                    failures = 0
                case "refused":
                    log.warning("the mail of %s was refused: %s", mail.id, _hidden(verdict.why, mail))
                    self.patiently(outbox.refused, mail, verdict.why)
                case "later":
                    self.patiently(outbox.later, mail, verdict.why)
                case "limited":
                    limited = verdict.why
                    pause = self.patiently(outbox.pause, failures)
                    log.warning("mails pause for %.1f s: %s", pause, _hidden(limited, mail))
                    self.patiently(outbox.untried, mail, limited)

    def _say(self, sender: Sender, paper: letter.Stationery, mail: Mail, seconds: float) -> Verdict:
        picture = None
        if mail.result and paper.link is None:
            try:
                picture = files.read_result(self.store, mail.result)
            except FileNotFoundError:
                return Verdict("refused", "its picture is not there any more")
        message = letter.write(mail, paper, picture, time.time())
        return sender.send(paper.sender, mail.job.to or "", message.as_bytes(), seconds=seconds)

    # ---- deleting

    def _sweep(self) -> None:
        tidy_at = 0.0
        while not self.stopping.is_set():
            deleted = self.patiently(sweep, self.jobs, self.store)
            self.metrics.add("swept", deleted)
            if time.monotonic() >= tidy_at:
                self.patiently(self.jobs.tidy)
                tidy_at = time.monotonic() + 600
            if not deleted:
                self.stopping.wait(_SWEEP_EVERY)

    def _is_well(self) -> bool:
        """Not in a batch for so long that others have taken it over."""
        return time.monotonic() - self._began < self.options.batch_timeout

    def _text(self) -> str:
        depth: Depth | None = None
        try:
            depth = self.jobs.depth()
        except self._unreachable:
            self.metrics.add("queue_errors")
        return self.metrics.text(depth)


class Alive:
    """While a batch is worked on, says so, until `batch_timeout`: what hangs for longer is left to others."""

    def __init__(self, worker: Worker, batch: Sequence[Taken]) -> None:
        self._worker = worker
        self._entries = [taken.entry for taken in batch]
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._say, name="templrender-alive", daemon=True)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()

    def _say(self) -> None:
        options = self._worker.options
        until = time.monotonic() + options.batch_timeout
        while not self._done.wait(options.dead_after / 4) and time.monotonic() < until:
            try:
                self._worker.jobs.alive(self._worker.name, self._entries)
            except Exception:
                # While the queue is away nobody hears of anybody. Whatever else it is, the next time may be better.
                self._worker.metrics.add("queue_errors")


def _studio(options: Options, store: files.Store) -> Studio:
    if not Path(options.templates).is_dir():
        raise NotADirectoryError(f"templates must be in a folder, found none at {options.templates}")
    return Studio(
        options.templates,
        store,
        loader=Loader(root=None, allow_private=options.allow_private),
        models=Models(options.models) if options.models else None,
        threads=options.threads,
        timeout=options.timeout,
        max_tries=options.max_tries,
    )


def work(options: Options) -> None:
    """Runs a worker until SIGTERM or ctrl-c, and lets it end what it has begun."""
    worker = Worker(options)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: worker.stop())
    worker.run()


def _hidden(why: str, mail: Mail) -> str:
    """What a server said, without the recipient: logs are read by others."""
    return why.replace(mail.job.to or "\0", "(recipient)")
