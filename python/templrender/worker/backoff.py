"""How long to wait before the next try: twice as long each time, up to a most, and a part of it by chance so that what failed together does not come back together."""

from __future__ import annotations

import random


def delay(failures: int, *, base: float, most: float, chance: float | None = None) -> float:
    """Seconds to wait after so many failures in a row: between half of `base * 2 ** (failures - 1)` and all of it, where `base` is at most `most`.

    `chance`, 0 to 1, says where between; None draws it.

    >>> [delay(failures, base=2, most=60, chance=1) for failures in (1, 2, 3, 10, 10_000)]
    [2.0, 4.0, 8.0, 60.0, 60.0]
    >>> delay(1, base=2, most=60, chance=0)
    1.0
    """
    if failures < 1 or not 0 < base <= most:
        raise ValueError(
            f"a delay needs at least 1 failure and 0 < base <= most, found {failures} failures, {base} and {most}"
        )
    # The exponent is bounded before it is one: 2.0 ** 1024 is an OverflowError.
    whole = min(most, base * 2.0 ** min(failures - 1, 64))
    return whole * (0.5 + 0.5 * (random.random() if chance is None else chance))
