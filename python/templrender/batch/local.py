"""Parts on this machine: two at a time, so that one fetches or writes while the other draws. Each draws on all the renderer's threads."""

from __future__ import annotations

from collections.abc import Generator, Iterable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

from .counts import Counts
from .draw import Work, draw
from .parts import Part

_AT_ONCE = 2


def draw_all(work: Work, parts: Iterable[Part]) -> Generator[tuple[Part, Counts], None, None]:
    """Each part with its counts, as it is done. Where the caller stops early, what is under way is cancelled and leaves nothing behind."""
    waiting: dict[Future[Counts], Part] = {}
    with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="templrender-part") as pool:
        try:
            for part in parts:
                while len(waiting) >= _AT_ONCE:
                    yield from _done(waiting)
                waiting[pool.submit(draw, work, part)] = part
            while waiting:
                yield from _done(waiting)
        finally:
            for future in waiting:
                future.cancel()
            while not all(future.done() for future in waiting):
                work.renderer.cancel()
                wait(waiting, timeout=0.05)


def _done(waiting: dict[Future[Counts], Part]) -> Generator[tuple[Part, Counts], None, None]:
    for future in wait(waiting, return_when=FIRST_COMPLETED).done:
        yield waiting.pop(future), future.result()
