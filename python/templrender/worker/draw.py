"""A batch of jobs goes in, an `Outcome` for each comes out, in the order in which they are done.

All jobs are planned, the photos of all are found together, what models make is made for all of them together, and then each is drawn: so that a model that takes sixteen pictures
at a time gets sixteen. Whatever is wrong with one of them is
that one's outcome: a fault of the row or the photo ends it, since nothing would be different another time, and anything else has it tried again.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from .. import Bundle, Error, Job, LoadError, Made, Models, Need, Plan, ResourceError, Resources, run_jobs
from .. import open as open_template
from ..loading import Loader
from . import files
from .job import UPLOAD
from .jobs import Taken

log = logging.getLogger("templrender.worker")

NO_FACE = "no face was found in your photo"
_FACE_MISSING = "face-missing"


@dataclass(frozen=True)
class Outcome:
    """What became of a job: its picture, or why there is none."""

    state: Literal["done", "no-face", "refused", "later"]
    message: str = ""
    """What its user is told; of one that is to be tried again, what the operator is told."""
    data: bytes = b""
    content_type: str = ""


@dataclass
class _Work:
    """A job on its way."""

    taken: Taken
    bundle: Bundle
    plan: Plan
    answers: Resources
    failed: dict[str, LoadError] = field(default_factory=dict)
    faceless: bool = False
    unmade: str = ""
    """Why a model made nothing of it, where that may be different another time."""


class Studio:
    """Draws jobs with the templates of a folder."""

    def __init__(
        self,
        templates: str | Path,
        store: files.Store,
        *,
        loader: Loader | None = None,
        models: Models | None = None,
        threads: int = 1,
        timeout: float = 60.0,
        max_tries: int = 6,
        max_bytes: int = 32 << 20,
    ) -> None:
        """`models` are those of templates without some of their own. `threads` draw at the same time, and none of them for more than `timeout` seconds at one picture; models have
        as long for a batch. The last of `max_tries` does without a model that fails, where the template can.
        """
        self._templates = Path(templates)
        self._store = store
        # A row names no files of this machine; those of its template lie beside it.
        self._loader = loader or Loader(root=None)
        self._models = models
        self._timeout = timeout
        self._max_tries = max_tries
        self._max_bytes = max_bytes
        self._opened: dict[str, Bundle] = {}
        self._lock = threading.Lock()
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="templrender-draw")

    def draw(self, batch: Sequence[Taken]) -> Iterator[tuple[Taken, Outcome]]:
        """Each job with what became of it; every job is there once."""
        works: list[_Work] = []
        for taken in batch:
            try:
                works.append(self._plan(taken))
            except Exception as error:
                yield taken, outcome_of(error)
        ready: list[_Work] = []
        for work, problem in self._answer(works):
            if problem is None:
                ready.append(work)
            else:
                yield work.taken, problem
        drawing = {self._pool.submit(self._draw, work): work for work in ready}
        for done in as_completed(drawing):
            yield drawing[done].taken, done.result()

    def close(self) -> None:
        """Ends its threads and connections."""
        self._pool.shutdown()
        self._loader.close()

    def _plan(self, taken: Taken) -> _Work:
        job = taken.job
        bundle = self._bundle(job.template)
        row = dict(job.row)
        if job.picture is not None:
            row[job.field] = job.picture
        plan = bundle.plan(row, variant=job.variant, now=taken.filed, lang=job.lang, format=job.format)
        return _Work(taken, bundle, plan, bundle.resources())

    def _bundle(self, name: str) -> Bundle:
        with self._lock:
            if name not in self._opened:
                place = self._templates / name
                place = place if place.is_dir() else place.with_suffix(".zip")
                self._opened[name] = open_template(place, models=self._models)
            return self._opened[name]

    def _answer(self, works: Sequence[_Work]) -> Iterator[tuple[_Work, Outcome | None]]:
        """Answers all needs of all jobs, the same round of each together; a job comes out when nothing of it is pending."""
        waiting = list(works)
        while waiting:
            pending = {id(work): work.plan.pending(work.answers) for work in waiting}
            for work in waiting:
                if not pending[id(work)]:
                    yield work, self._unloaded(work)
            waiting = [work for work in waiting if pending[id(work)]]
            if not waiting:
                return
            try:
                self._round(waiting, pending)
                continue
            except Exception:
                log.exception("a batch of %d jobs could not be answered together", len(waiting))
            # Whichever of them it was: each alone.
            for work in list(waiting):
                try:
                    self._round([work], pending)
                except Exception as error:
                    waiting.remove(work)
                    yield work, outcome_of(error)

    def _round(self, works: Sequence[_Work], pending: Mapping[int, Sequence[Need]]) -> None:
        """One step of each: what is to be found first, so that models get what they need of all of them at once."""
        asked = [(work, need) for work in works for need in pending[id(work)]]
        if found := [(work, need) for work, need in asked if need.kind != "generated"]:
            self._find(found)
        else:
            self._make(asked)

    def _find(self, asked: Sequence[tuple[_Work, Need]]) -> None:
        """One answer to each of these needs, or why there is none."""
        locations: dict[str, None] = {}
        for _, need in asked:
            if need.location is not None and not need.is_asset and not need.location.startswith(UPLOAD):
                locations[need.location] = None
        beside = list(dict.fromkeys(work.bundle.folder for work, _ in asked if work.bundle.folder is not None))
        found = self._loader.get(locations, beside=beside) if locations else {}
        for work, need in asked:
            answer = (
                self._upload(need.location)
                if (need.location or "").startswith(UPLOAD)
                else found.get(need.location or "")
            )
            if not isinstance(answer, bytes):
                path = need.path if need.is_asset else need.location
                answer = (
                    (work.bundle.file(path) if path else None)
                    or answer
                    or LoadError("it is not among the template's files")
                )
            if isinstance(answer, LoadError):
                work.failed[need.location or ""] = answer
                work.answers.fail(need, answer.reason)
                continue
            try:
                work.answers.insert(need, answer)
            except ResourceError as error:
                # The core has kept the reason, and asks for the layer's next choice.
                work.failed[need.location or ""] = LoadError(error.faults[0].message)

    def _make(self, asked: Sequence[tuple[_Work, Need]]) -> None:
        """What models make for all of these jobs, in batches as large as the models take; what is the same is made once."""
        given: list[tuple[_Work, Need, Job]] = []
        for work, need in asked:
            try:
                given.append((work, need, work.bundle.renderer.job(work.plan, need, work.answers)))
            except Error as error:
                _unmade(work, need, error)
        answers = run_jobs([job for *_, job in given], timeout=self._timeout * max(1, len(given)))
        for (work, need, _), made in zip(given, answers, strict=True):
            if isinstance(made, Made):
                work.answers.insert_made(need, made)
            else:
                _unmade(work, need, made)

    def _upload(self, location: str | None) -> bytes | LoadError:
        name = (location or "").removeprefix(UPLOAD)
        try:
            return files.read_upload(self._store, name, self._max_bytes)
        except FileNotFoundError:
            return LoadError("the photo is not there any more")
        except ValueError as error:
            return LoadError(str(error))
        except OSError as error:
            return LoadError(
                f"the photo cannot be read now: {error.strerror or type(error).__name__}", is_transient=True
            )

    def _unloaded(self, work: _Work) -> Outcome | None:
        """Why it is not drawn with what was found: its own photo is missing, or something may arrive another time."""
        if work.unmade and work.taken.tries + 1 < self._max_tries:
            return Outcome("later", f"a model failed: {work.unmade}"[:1000])
        passing = [why for why in work.failed.values() if why.is_transient]
        if passing:
            return Outcome("later", f"a picture could not be loaded: {passing[0].reason}")
        own = work.failed.get(work.taken.job.picture or "")
        return None if own is None else Outcome("refused", f"your photo could not be read: {own.reason}")

    def _draw(self, work: _Work) -> Outcome:
        try:
            rendered = work.bundle.renderer.render(work.plan, work.answers, timeout=self._timeout)
            faceless = work.faceless or any(note.code == _FACE_MISSING for note in rendered.report.notes)
            if faceless and work.taken.job.needs_face:
                return Outcome("no-face", NO_FACE)
            data = rendered.encode(timeout=self._timeout)
            return Outcome("done", NO_FACE if faceless else "", bytes(data), rendered.output.content_type)
        except Exception as error:
            # A picture that is missing because its model failed is not its owner's fault.
            return outcome_of(error) if not work.unmade else Outcome("later", f"a model failed: {work.unmade}"[:1000])


def _unmade(work: _Work, need: Need, error: Error) -> None:
    """A model made nothing of it: the layer's next choice is drawn, or the job is tried again."""
    work.answers.fail(need, error)
    if error.code == _FACE_MISSING:
        work.faceless = True
    elif error.cause in ("host", "bug"):
        work.unmade = str(error.faults[0])


def outcome_of(error: Exception) -> Outcome:
    """What an exception means for its job: an end where the row or a picture is wrong, another try where anything else is.

    >>> from templrender import Fault, HostError, RowError
    >>> outcome_of(RowError(Fault("bad-field", "field price", 'a price must have a number, found "free"'))).state
    'refused'
    >>> outcome_of(HostError(Fault("deadline-exceeded", "layout", "over"))).state
    'later'
    """
    if isinstance(error, Error):
        if error.code == _FACE_MISSING:
            return Outcome("no-face", NO_FACE)
        if error.cause in ("row", "resource", "request"):
            return Outcome("refused", str(error.faults[0])[:1000])
        return Outcome("later", str(error.faults[0])[:1000])
    if not isinstance(error, (OSError, LoadError)):
        log.error("a job failed", exc_info=error)
    return Outcome("later", f"{type(error).__name__}: {error}"[:1000])
