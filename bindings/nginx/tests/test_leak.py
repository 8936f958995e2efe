"""Two thousand requests of all kinds: a worker's memory and its descriptors are what they were."""
import os
import random

import rig
from kitchen import Case, ask, at_once
from pictures import RED, padded, png
from shop import Reply

WARM, MANY = 600, 2_000
LIMIT_KB = 2 << 10


class Leak(Case):
    settings = {"pictures": "0", "shipped": True}

    def kinds(self):
        shop, target = self.shop, self.kitchen.target
        shop.says("/red.png", Reply(padded(png(6, 6, RED), 60_000)))
        shop.says("/chunks.png", Reply(padded(png(6, 6, RED), 60_000), chunks=9))
        shop.says("/page.png", Reply(b"<!doctype html>"))
        shop.says("/cut.png", Reply(bytes(9_000), cut=4_000))
        etag = self.kitchen.picture("strict.png", "/red.png").header("etag")
        return [(200, lambda i: (target("strict.png", "/red.png", tint=f"#0000{i % 256:02x}"), {})), (200, lambda i: (target("lenient.jpg", "/chunks.png", tint=f"#00{i % 256:02x}00"), {})),
                (304, lambda i: (target("strict.png", "/red.png"), {"If-None-Match": etag})), (200, lambda i: (target("plan-b.webp", "/page.png"), {})),
                (502, lambda i: (target("strict.png", "/cut.png"), {})), (200, lambda i: (target("choices.png", "/none.png", second=shop.url("/page.png"), third=shop.url("/red.png")), {})),
                (400, lambda i: (target("strict.png", "/red.png", tint="nocolour", count="many"), {})), (403, lambda i: ("/shop/strict.png?tint=a", {})),
                (404, lambda i: (target("none.png"), {})), (400, lambda i: (target("strict.png", "http://127.0.0.1:1/a.png"), {})),
                (200, lambda i: (target("price-tag.png", title=f"Aster honey, number {i}", price="15.95 USD"), {}))]

    def run_many(self, kinds, count, first):
        def client(me):
            draw = random.Random(first + me)
            for i in range(count // 4):
                status, make = draw.choice(kinds)
                target, headers = make(first + i)
                got = ask(18111, target, headers=headers)
                if got.status != status:
                    raise AssertionError(f"{target}: {status} wanted, {got}")

        at_once([lambda me=me: client(me) for me in range(4)])

    def test_memory_and_descriptors_are_what_they_were(self):
        kinds = self.kinds()
        (worker,) = self.kitchen.nginx.workers()
        state = lambda: (rig._status(worker, "VmRSS"), len(os.listdir(f"/proc/{worker}/fd")))
        self.run_many(kinds, WARM, 0)
        before = state()
        self.run_many(kinds, MANY, 10_000)
        after = state()
        self.assertEqual([worker], self.kitchen.nginx.workers())
        print(f"\nleak: RSS {before[0]} kB after {WARM} requests, {after[0]} kB after {MANY} more; descriptors {before[1]} and {after[1]}")
        self.assertLess(after[0] - before[0], LIMIT_KB)
        self.assertLessEqual(after[1], before[1] + 1)
