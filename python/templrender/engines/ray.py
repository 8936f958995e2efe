"""Ray Data: a dataset of rows goes in, a dataset of pictures comes out.

For pipelines that go on in Ray (a model, another join). To draw a feed into files, `python -m templrender.batch --engine ray` needs no object store for the pictures and survives more.
"""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa
import ray
from ray.data import ActorPoolStrategy, Dataset

from ..arrow import BatchRenderer

__all__ = ["render"]


def render(
    rows: Dataset,
    renderer: BatchRenderer,
    *,
    actors: int | tuple[int, int] = 1,
    num_cpus: float = 1,
    batch_size: int = 256,
) -> Dataset:
    """Draws on so many actors, each of which opens the template once; (1, 8) lets their number follow the work.

    Leave a processor to Ray: with all of them taken by actors, what reads and writes waits. A dataset of one block goes to one actor: `rows.repartition(...)` it first.
    """
    size = actors if isinstance(actors, tuple) else (actors, actors)
    pool = ActorPoolStrategy(min_size=size[0], max_size=size[1])
    # By reference: an actor whose arguments are large cannot always be started again after its node has died.
    shared = [ray.put(renderer)]
    return rows.map_batches(
        _Draw,
        fn_constructor_args=(shared,),
        batch_format="pyarrow",
        batch_size=batch_size,
        compute=pool,
        num_cpus=num_cpus,
    )


class _Draw:
    def __init__(self, shared: list[ray.ObjectRef[BatchRenderer]]) -> None:
        self._renderer = ray.get(shared[0])

    def __call__(self, rows: pa.Table) -> Iterator[pa.Table]:
        for batch in self._renderer.iter(rows):
            yield pa.table(pa.record_batch(batch))
