"""A few seconds of storm.py, without nginx's cache and its locks, and with them."""

import storm
from kitchen import Case


class Storm(Case):
    settings = {**storm.SETTINGS, "pictures": "0", "packs": "0"}

    def test_nothing_is_left_of_it(self):
        print("\n" + storm.blow(self.kitchen, 5))


class StormOverACache(Storm):
    settings = {**storm.SETTINGS, "pictures": "1s", "packs": "1s"}
