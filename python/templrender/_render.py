"""One call from a template and a row to a picture: planned by the core, its pictures found by a loader, drawn by the
core.
"""

from __future__ import annotations

import functools
import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ._load_error import LoadError
from ._open import AnyPath
from ._open import open as open_template
from ._templrender import Bundle, Fonts, Need, Output, Rendered, Renderer, ResourceError, Resources, Row, Template
from .loading import Found, Loader

AnyTemplate = AnyPath | Bundle | Template
AnyRow = Row | Mapping[str, Any]


def render(
    template: AnyTemplate,
    row: AnyRow,
    *,
    variant: str | None = None,
    now: datetime | float | None = None,
    lang: str | None = None,
    time_zone: str | None = None,
    scale: float | None = None,
    output: Output | None = None,
    format: str | None = None,
    resources: Resources | None = None,
    loader: Loader | None = None,
    root: AnyPath | None = None,
    timeout: float | None = None,
) -> Rendered:
    """Draws one picture, and finds what it needs: files, and URLs if `templrender[http]` is installed.

    >>> import templrender as tr
    >>> photo = "templates/product-ad/rows/photos/bee.webp"
    >>> ad = tr.render("templates/product-ad", {"name": "Aster honey", "price": "€6.90", "photo": photo})
    >>> ad.frame.size
    (1080, 1080)
    >>> ad.save("ad.jpg")  # doctest: +SKIP

    Args:
        template: What `open` takes, or what it gave: open it once to draw many.
        row: The values by name. A picture in it may be a path, a URL, encoded bytes, a PIL image or a numpy array.
        variant: One of the template's variants.
        now: The time of the picture. None: the clock.
        lang: The language of prices, dates and texts. None: the template's.
        time_zone: Such as `Europe/London`. None: the template's.
        scale: Pixels for one px. None: 1.
        output: What it is encoded to. None: what the template says.
        format: `"jpeg"`, `"png"` or `"webp"` with the template's other settings.
        resources: Answers that are known already; they are copied.
        loader: Who finds files and URLs, for other bounds or private addresses, or to keep connections. None: one with
            the defaults, for all calls.
        root: The folder that the row's paths are taken from and must lie in; they may lie in the template's folder too.
            None: the current folder, or the loader's.
        timeout: Seconds for all of it.

    Raises:
        TemplateError: What is wrong with the template.
        RowError: What is wrong with the row, or a row that the template skips.
        ResourceError: A picture that the template cannot do without and that is not to be had.
        DeadlineError: The time is over.
    """
    work = begin(template, loader, root, timeout)
    now = time.time() if now is None else now
    plan = work.renderer.plan(
        work.template,
        row,
        variant=variant,
        now=now,
        lang=lang,
        time_zone=time_zone,
        scale=scale,
        output=output,
        format=format,
    )
    answers = work.resources(resources)
    while pending := plan.pending(answers):
        if found_by_host := ordinary(pending):
            found = work.loader.get(wanted(found_by_host), beside=work.folders, timeout=work.left())
            work.answer(found_by_host, found, answers)
        else:
            work.renderer.fill(plan, answers, timeout=work.left())
    return work.renderer.render(plan, answers, timeout=work.left())


@dataclass(frozen=True, slots=True)
class Work:
    """What a call draws with."""

    template: Template
    renderer: Renderer
    bundle: Bundle | None
    loader: Loader
    folders: tuple[AnyPath, ...]
    deadline: float | None

    def left(self) -> float | None:
        """Seconds."""
        return None if self.deadline is None else max(0.0, self.deadline - time.monotonic())

    def resources(self, given: Resources | None) -> Resources:
        """Answers to start from."""
        if given is not None:
            return given.copy()
        return Resources() if self.bundle is None else self.bundle.resources()

    def answer(self, pending: Sequence[Need], found: Found, answers: Resources) -> None:
        """Answers each need, or says why not: the core then asks for the next choice, where there is one."""
        for need in pending:
            answer = found.get(need.location or "")
            if not isinstance(answer, bytes):
                answer = self._packed(need) or answer or LoadError("a template without a folder has no files")
            if isinstance(answer, LoadError):
                answers.fail(need, answer.reason)
                continue
            try:
                answers.insert(need, answer)
            except ResourceError:
                # Bytes that are no picture count as a failure with its reason, which the core has kept.
                continue

    def _packed(self, need: Need) -> bytes | None:
        """A file of the template's own, which is in memory."""
        path = need.path if need.is_asset else need.location
        return self.bundle.file(path) if self.bundle is not None and path is not None else None


def begin(template: AnyTemplate, loader: Loader | None, root: AnyPath | None, timeout: float | None) -> Work:
    deadline = None if timeout is None else time.monotonic() + timeout
    if loader is None:
        loader, root = _default_loader(), os.curdir if root is None else root
    rooted = () if root is None else (root,)
    if isinstance(template, Template):
        return Work(template, _default_renderer(), None, loader, rooted, deadline)
    bundle = template if isinstance(template, Bundle) else open_template(template)
    folders = rooted if bundle.folder is None else (*rooted, bundle.folder)
    return Work(bundle.template, bundle.renderer, bundle, loader, folders, deadline)


def ordinary(pending: Sequence[Need]) -> list[Need]:
    """What a loader finds; models make the rest of it."""
    return [need for need in pending if need.kind != "generated"]


def wanted(pending: Sequence[Need]) -> list[str]:
    return [need.location for need in pending if need.location is not None and not need.is_asset]


@functools.cache
def _default_loader() -> Loader:
    return Loader(root=None)


@functools.cache
def _default_renderer() -> Renderer:
    """Of templates without a folder: the embedded font."""
    return Renderer(Fonts())
