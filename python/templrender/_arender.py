"""`render` for `asyncio`: pictures are gathered at once, everything that takes its time happens in threads, and nothing
waits in the event loop.
"""

from __future__ import annotations

import asyncio
import functools
import time
from datetime import datetime

from ._open import AnyPath
from ._render import AnyRow, AnyTemplate, begin, ordinary, wanted
from ._templrender import Cancel, Output, Rendered, Resources
from .loading import Loader


async def arender(
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
    """The same as `render` for `asyncio`: pictures are gathered at once, drawing happens in a thread, and a cancelled
    task ends both.

    >>> import asyncio, templrender as tr
    >>> card = tr.open("templates/og-card")
    >>> rows = [{"title": title, "author": "Mira Larch"} for title in ("One", "Two")]
    >>> async def both():
    ...     return await asyncio.gather(*(tr.arender(card, row) for row in rows))
    >>> [drawn.frame.size for drawn in asyncio.run(both())]
    [(1200, 630), (1200, 630)]
    """
    cancel = Cancel()
    try:
        work = await asyncio.to_thread(begin, template, loader, root, timeout)
        now = time.time() if now is None else now
        make_plan = functools.partial(
            work.renderer.plan,
            variant=variant,
            now=now,
            lang=lang,
            time_zone=time_zone,
            scale=scale,
            output=output,
            format=format,
        )
        plan = await asyncio.to_thread(make_plan, work.template, row)
        answers = work.resources(resources)
        while pending := plan.pending(answers):
            if found_by_host := ordinary(pending):
                found = await work.loader.aget(wanted(found_by_host), beside=work.folders, timeout=work.left())
                await asyncio.to_thread(work.answer, found_by_host, found, answers)
            else:
                fill = functools.partial(work.renderer.fill, timeout=work.left(), cancel=cancel)
                await asyncio.to_thread(fill, plan, answers)
        draw = functools.partial(work.renderer.render, timeout=work.left(), cancel=cancel)
        return await asyncio.to_thread(draw, plan, answers)
    except asyncio.CancelledError:
        cancel.set()
        raise
