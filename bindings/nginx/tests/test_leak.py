"""Two thousand requests of all kinds: a worker's memory and its descriptors are what they were."""

import os

import many
from kitchen import Case, rig

WARM, MANY = 1_000, 2_000
LIMIT_KB = 2 << 10


class Leak(Case):
    settings = many.SETTINGS

    def test_memory_and_descriptors_are_what_they_were(self):
        kinds = many.kinds(self.kitchen)
        (worker,) = self.kitchen.nginx.workers()
        state = lambda: (rig._status(worker, "VmRSS"), len(os.listdir(f"/proc/{worker}/fd")))
        many.run(kinds, WARM)
        before = state()
        many.run(kinds, MANY, 10_000)
        after = state()
        self.assertEqual([worker], self.kitchen.nginx.workers())
        print(f"\nleak: RSS {before[0]} kB after {WARM} requests, {after[0]} kB after {MANY} more; descriptors {before[1]} and {after[1]}")
        self.assertLess(after[0] - before[0], LIMIT_KB)
        self.assertLessEqual(after[1], before[1] + 1)
