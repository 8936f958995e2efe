"""Parts on a Ray cluster: a task for each. A task whose node dies is run again elsewhere; a node that joins is given tasks.

The rows of a part, some hundred kilobytes, travel with its task, the template once for each process that draws. Pictures go from where they are drawn to the store and nowhere else.
Tasks and not Ray Data, for nothing is passed on between steps: its blocks, its lineage and its object store would carry what is already where it belongs.
"""

from __future__ import annotations

import functools
import importlib
import time
from collections.abc import Callable, Generator, Iterable
from typing import Any

from .counts import Counts
from .draw import Work, draw
from .parts import Part

# A part that ends this many processes is not tried again.
_RETRIES = 10
# Parts that are drawn or wait for a processor, for each processor, so that none stands idle between two.
_WAITING = 2
# Seconds between two looks how many processors there are.
_LOOK_S = 2.0


def draw_all(
    work: Work,
    parts: Iterable[Part],
    *,
    address: str | None,
    at_once: int | None,
    draw: Callable[[Work, Part], Counts] = draw,
) -> Generator[tuple[Part, Counts], None, None]:
    """Each part with its counts, as it is done.

    Args:
        address: Of the cluster. None: the one that the program is connected to, that of RAY_ADDRESS, or a new one on this machine.
        at_once: Parts that are drawn at the same time. None: one less than the cluster has processors; that one is left to Ray itself and to who reads the feed.
        draw: What a task does.
    """
    ray = importlib.import_module("ray")
    mine = not ray.is_initialized()
    if mine:
        ray.init(
            address=address, log_to_driver=False, configure_logging=False, include_dashboard=None if address else False
        )
    try:
        # A failed write, as of a storage that is away for a moment, is tried again; an error of the program is not.
        task = ray.remote(num_cpus=1, max_retries=_RETRIES, retry_exceptions=[OSError])(_run)
        shared = [ray.put((draw, work))]
        yield from _draw_all(ray, functools.partial(task.remote, shared), parts, at_once)
    finally:
        if mine:
            ray.shutdown()


def _draw_all(
    ray: Any, start: Callable[[Part], Any], parts: Iterable[Part], at_once: int | None
) -> Generator[tuple[Part, Counts], None, None]:
    waiting: dict[Any, Part] = {}
    most, looked = 0, -_LOOK_S
    try:
        for part in parts:
            if time.monotonic() - looked >= _LOOK_S:
                most = _WAITING * (at_once or max(1, int(ray.cluster_resources().get("CPU", 1)) - 1))
                looked = time.monotonic()
            while len(waiting) >= most:
                yield from _done(ray, waiting)
            waiting[start(part)] = part
        while waiting:
            yield from _done(ray, waiting)
    finally:
        for task in waiting:
            ray.cancel(task)


def _done(ray: Any, waiting: dict[Any, Part]) -> Generator[tuple[Part, Counts], None, None]:
    ready, _ = ray.wait(list(waiting), num_returns=1)
    for task in ready:
        counts = ray.get(task)
        yield waiting.pop(task), counts


def _run(shared: list[Any], part: Part) -> Counts:
    """A task, in a process of a node."""
    draw, work = _opened(shared[0])
    return draw(work, part)


@functools.lru_cache(maxsize=2)
def _opened(shared: Any) -> tuple[Callable[[Work, Part], Counts], Work]:
    """The template is opened once for each process, however many parts that draws."""
    opened: tuple[Callable[[Work, Part], Counts], Work] = importlib.import_module("ray").get(shared)
    return opened
