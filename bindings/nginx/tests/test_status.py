"""The status page: read strictly, and its counters never go back, whatever happens to the workers."""

import os
import signal
import unittest

from kitchen import INNER, Case, ask, at_once, plain_templates, template
from pictures import RED, png
from prometheus import Page
from shop import Reply, wait_for


class Strict(unittest.TestCase):
    """The reader itself: what the format does not allow, it does not let pass."""

    GOOD = (
        '# HELP a_total What.\n# TYPE a_total counter\na_total{x="1",y="a\\"b"} 1\na_total{x="2",y=""} 2\n# HELP h_seconds Long.\n# TYPE h_seconds histogram\n'
        'h_seconds_bucket{le="0.1"} 1\nh_seconds_bucket{le="+Inf"} 3\nh_seconds_sum 1.5\nh_seconds_count 3\n'
    )

    def test_what_is_right_passes(self):
        page = Page(self.GOOD)
        self.assertEqual((page.get("a_total"), page.get("a_total", x="2"), page.get("h_seconds_count")), (3, 2, 3))

    def test_what_is_wrong_does_not(self):
        for right, wrong in (
            ("3\n", "3"),
            ("# HELP a_total What.\n", ""),
            ("# TYPE a_total counter\n", ""),
            ("counter", "counters"),
            ('{x="2",y=""}', '{x="1",y="a\\"b"}'),
            ('{x="2",y=""}', "{x=2}"),
            ('{x="2",y=""}', '{x="2",x="3"}'),
            ('{x="2",y=""}', '{x="2",}'),
            ('"} 1\n', '"} -1\n'),
            (" 2\n", " two\n"),
            (" 2\n", "\n"),
            ('a_total{x="2"', 'a-total{x="2"'),
            ("h_seconds_sum 1.5\n", ""),
            ("h_seconds_count 3", "h_seconds_count 2"),
            ('le="+Inf"} 3', 'le="+Inf"} 0'),
            ('le="+Inf"', 'le="9"'),
            ("# TYPE h", "# COMMENT h"),
            ("h_seconds_count 3\n", 'h_seconds_count 3\na_total{x="9"} 1\n'),
            ("h_seconds_count 3\n", "h_seconds_count 3\n# TYPE a_total counter\n"),
        ):
            self.assertIn(right, self.GOOD)
            with self.assertRaises(ValueError, msg=f"{right!r} -> {wrong!r}"):
                Page(self.GOOD.replace(right, wrong, 1))


class Status(Case):
    settings = {
        "workers": 2,
        "pictures": "0",
        "templates": {**plain_templates(), "framed": template("framed", more={"background": "linear-gradient(red, blue)"})},
    }

    def test_the_format_is_the_one_of_prometheus(self):
        self.shop.says("/a.png", Reply(png(6, 6, RED)))
        for path, photo in (("strict.png", "/a.png"), ("plan-b.png", "/none.png"), ("none.png", None), ("strict.png", "/none.png")):
            self.kitchen.picture(path, photo)
        page = self.kitchen.page()
        for name in page.types:
            self.assertTrue(name.startswith("templrender_"), name)
            self.assertEqual(name.endswith("_total"), page.types[name] == "counter", name)
        for name, labels in page.samples:
            for label, value in labels:
                # What somebody who asks can invent is no label.
                self.assertNotIn(value, ("shop", "strict", "none", "acme"), (name, label))
        got, head = ask(INNER, "/status"), ask(INNER, "/status", "HEAD")
        self.assertEqual((head.status, head.body, got.header("cache-control")), (200, b"", "no-store"))
        self.assertEqual(ask(INNER, "/status", "POST").status, 405)

    def test_everything_is_counted_once(self):
        before = self.kitchen.page()
        self.shop.says("/b.png", Reply(png(6, 6, RED)))
        for _ in range(4):
            self.kitchen.picture("strict.png", "/b.png")
        etag = self.kitchen.picture("strict.png", "/b.png").header("etag")
        self.kitchen.picture("strict.png", "/b.png", headers={"If-None-Match": etag})
        self.kitchen.picture("plan-b.png", "/none.png")
        self.kitchen.picture("strict.png", "/none.png")
        self.kitchen.picture("none.png")
        self.kitchen.get("/shop/strict.png")
        after = self.kitchen.page()
        gained = lambda name, **labels: after.get(name, **labels) - before.get(name, **labels)
        self.assertEqual(gained("templrender_renders_total", result="drawn"), 6)
        self.assertEqual(gained("templrender_fallbacks_total"), 1)
        for status, count in ((200, 6), (304, 1), (404, 1), (403, 1), (502, 1)):
            self.assertEqual(gained("templrender_requests_total", status=str(status)), count, status)
        self.assertEqual(after.get("templrender_in_flight"), 0)

    def test_compiled_templates_take_bytes_and_change_none(self):
        self.shop.says("/d.png", Reply(png(6, 6, RED)))
        pictures = {self.kitchen.picture("framed.png", "/d.png").body for _ in range(12)}
        self.assertEqual(len(pictures), 1)
        self.assertTrue(0 < self.kitchen.metric("templrender_compiled_bytes") <= 2 * 64 << 20)

    def test_counters_never_go_back(self):
        def counters():
            # An answer is counted when its request has ended, which is a moment after its last byte.
            self.assertTrue(wait_for(lambda: self.kitchen.metric("templrender_in_flight") == 0))
            page = self.kitchen.page()
            return {key: value for key, value in page.samples.items() if page.types[page._family(key[0])] in ("counter", "histogram")}

        self.shop.says("/c.png", Reply(png(6, 6, RED)))
        self.kitchen.picture("strict.png", "/c.png")
        seen = [counters()]
        for _ in range(2):
            at_once([lambda: self.kitchen.picture("strict.png", "/c.png") for _ in range(10)])
            self.assertTrue(self.kitchen.nginx.reload()[0])
            seen.append(counters())
        at_once([lambda: self.kitchen.picture("strict.png", "/c.png") for _ in range(10)])
        seen.append(counters())
        for earlier, later in zip(seen, seen[1:]):
            for key, value in earlier.items():
                self.assertGreaterEqual(later.get(key, -1), value, key)
        key = ("templrender_requests_total", (("status", "200"),))
        self.assertEqual(seen[-1][key] - seen[0][key], 30)


class Killed(Case):
    expected = ("exited on signal 9",)
    settings = {"workers": 1}

    def test_a_worker_that_is_killed_leaves_the_shared_memory_whole(self):
        self.shop.says("/slow.png", Reply(png(6, 6, RED), after=1.0))
        self.shop.says("/a.png", Reply(png(6, 6, RED)))
        self.served(self.kitchen.picture("strict.png", "/a.png"))
        self.assertTrue(wait_for(lambda: self.kitchen.metric("templrender_requests_total", status="200") == 1))
        (worker,) = self.kitchen.nginx.workers()
        os.kill(worker, signal.SIGKILL)
        self.assertTrue(wait_for(lambda: self.kitchen.nginx.workers() not in ([], [worker])))
        self.served(self.kitchen.picture("strict.png", "/a.png"))
        self.assertEqual(self.kitchen.metric("templrender_requests_total", status="200"), 2)
