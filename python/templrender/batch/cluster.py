"""Parts on a Ray cluster: a task for each. A task whose node dies is run again elsewhere; a node that joins is given tasks.

The rows of a part, some hundred kilobytes, travel with its task, the template once for each process that draws. Pictures go from where they are drawn to the store and nowhere else.
Tasks and not Ray Data, for nothing is passed on between steps: its blocks, its lineage and its object store would carry what is already where it belongs.
"""

from __future__ import annotations

import functools
import pickle
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from .counts import Counts
from .draw import Work, draw
from .parts import Part

if TYPE_CHECKING:
    import ray

# A part that ends this many processes is not tried again.
_RETRIES = 10
# Parts that wait for a processor, for each that is drawn, so that none stands idle between two.
_WAITING = 2


def draw_all(
    work: Work, parts: Iterable[Part], *, address: str | None, at_once: int | None
) -> Iterator[tuple[Part, Counts]]:
    """Each part with its counts, as it is done.

    Args:
        address: Of the cluster. None: that of the program's own, of RAY_ADDRESS, or a new one on this machine.
        at_once: Parts that are drawn at the same time. None: one less than the cluster has processors, which is left to Ray itself and to who reads the feed.
    """
    import ray

    mine = not ray.is_initialized()
    if mine:
        ray.init(address=address, log_to_driver=False, configure_logging=False)
    try:
        # A failed write, as of a storage that is away for a moment, is tried again; an error of the program is not.
        task: Any = ray.remote(num_cpus=1, max_retries=_RETRIES, retry_exceptions=[OSError])(_draw)
        shared = ray.put(pickle.dumps(work))
        yield from _draw_all(task, shared, parts, at_once)
    finally:
        if mine:
            ray.shutdown()


def _draw_all(
    task: Any, shared: ray.ObjectRef[bytes], parts: Iterable[Part], at_once: int | None
) -> Iterator[tuple[Part, Counts]]:
    waiting: dict[Any, Part] = {}
    try:
        for part in parts:
            while len(waiting) >= (at_once or _processors()) * _WAITING:
                yield from _done(waiting)
            waiting[task.remote([shared], part)] = part
        while waiting:
            yield from _done(waiting)
    finally:
        import ray

        for ref in waiting:
            ray.cancel(ref)


def _done(waiting: dict[Any, Part]) -> Iterator[tuple[Part, Counts]]:
    import ray

    ready, _ = ray.wait(list(waiting), num_returns=1)
    for ref in ready:
        counts = ray.get(ref)
        yield waiting.pop(ref), counts


def _processors() -> int:
    import ray

    return max(1, int(ray.cluster_resources().get("CPU", 1)) - 1)


def _draw(shared: list[ray.ObjectRef[bytes]], part: Part) -> Counts:
    return draw(_opened(shared[0]), part)


@functools.lru_cache(maxsize=2)
def _opened(shared: ray.ObjectRef[bytes]) -> Work:
    import ray

    work: Work = pickle.loads(ray.get(shared))
    return work
