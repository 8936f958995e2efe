"""Who has to go away so that all others are served: templates with a slow origin, tenants that flood."""

import threading
import time

from kitchen import SLOWER, Case, at_once, quantile, template
from pictures import RED, png
from shop import Reply


class SlowTemplate(Case):
    settings = {
        "templates": {"slow": template("slow"), "quick": template("quick")},
        "pictures": "0",
        "threads": 2,
        "http": "templrender_slow 200ms; limit_conn_zone $templrender_slow_key zone=slow:1m; limit_conn_status 503;",
        "module": "limit_conn slow 2;",
    }

    def ask_all(self, name, first, count, threads):
        def one(i):
            began = time.monotonic()
            got = self.kitchen.picture(f"{name}.png", f"/{name}-{i}.png")
            return got, 1000 * (time.monotonic() - began)

        return at_once([lambda i=i: one(i) for i in range(first, first + count)], threads)

    def says(self, name, first, count, after):
        for i in range(first, first + count):
            self.shop.says(f"/{name}-{i}.png", Reply(png(6, 6, RED), after=after))

    def test_a_slow_origin_leaves_other_templates_alone_and_recovers(self):
        self.says("quick", 0, 200, 0)
        before = [took for got, took in self.ask_all("quick", 0, 50, 2) if self.served(got)]
        # It becomes known as slow.
        self.says("slow", 0, 100, 1.0)
        first = self.ask_all("slow", 0, 6, 6)
        self.assertTrue(all(got.status == 200 for got, _ in first), "nobody knew")
        slow = []
        asking = threading.Thread(target=lambda: slow.extend(self.ask_all("slow", 10, 40, 12)))
        asking.start()
        time.sleep(0.2)
        during = [took for got, took in self.ask_all("quick", 50, 100, 2) if self.served(got)]
        asking.join()
        refused = [(got, took) for got, took in slow if got.status == 503]
        served = [got for got, _ in slow if got.status == 200]
        self.assertGreater(len(refused), 10)
        self.assertGreater(len(served), 0, "its share goes on")
        self.assertEqual(len(served) + len(refused), len(slow))
        for got, took in refused:
            self.assertLess(took, 600 * SLOWER, "refused at once")
        self.assertLess(quantile(during, 0.99), max(2 * quantile(before, 0.99), 100 * SLOWER))
        # The origin is quick again: so is the template, by itself.
        self.says("slow", 200, 200, 0)
        recovered, first = None, 200
        began = time.monotonic()
        while recovered is None and time.monotonic() - began < 20:
            if all(got.status == 200 for got, _ in self.ask_all("slow", first, 8, 8)):
                recovered = time.monotonic() - began
            first = 200 + (first - 192) % 190
            time.sleep(0.1)
        self.assertIsNotNone(recovered, "it recovers by itself")
        print(
            f"\nslow template: other template p50/p99 {quantile(before, 0.5):.1f}/{quantile(before, 0.99):.1f} ms before, "
            f"{quantile(during, 0.5):.1f}/{quantile(during, 0.99):.1f} ms during "
            f"(100 of 100 served); slow one {len(served)} served, {len(refused)} x 503; recovered after {recovered:.1f} s"
        )


class Rate(Case):
    settings = {
        "templates": {"lenient": template("lenient", layer={"missing": "hide"})},
        "http": "templrender_rate 5 burst=10; templrender_rate 1000 burst=40 tenant=big;",
    }

    def ask_all(self, tenant, count, threads=10):
        return at_once([lambda i=i: self.kitchen.picture(f"/{tenant}/lenient.png", count=i) for i in range(count)], threads)

    def test_a_tenant_that_floods_is_refused_and_another_is_not(self):
        results = {}
        flood = threading.Thread(target=lambda: results.update(flood=self.ask_all("flood", 100)))
        began = time.monotonic()
        flood.start()
        others = []
        for i in range(5):
            others += self.ask_all("calm", 1, 1)
        flood.join()
        took = time.monotonic() - began
        served = [got for got in results["flood"] if got.status == 200]
        refused = [got for got in results["flood"] if got.status != 200]
        for got in refused:
            self.failed(got, 429, "too-many-requests", 704, "request")
            self.assertEqual(got.header("retry-after"), "1")
        self.assertGreaterEqual(len(served), 10)
        self.assertLessEqual(len(served), 10 + 5 * took + 1)
        self.assertEqual([got.status for got in others], [200] * 5)
        self.assertEqual({got.status for got in self.ask_all("big", 40)}, {200})
        self.assertEqual(self.kitchen.metric("templrender_throttled_total", reason="tenant"), len(refused))
        began = time.monotonic()
        time.sleep(1.1)
        again = sum(got.status == 200 for got in self.ask_all("flood", 30))
        self.assertTrue(5 <= again <= 5 * (time.monotonic() - began) + 2, again)

    def test_only_what_is_signed_counts(self):
        target = self.kitchen.target("/named/lenient.png")
        self.assertEqual(self.kitchen.get(target).status, 200)
        for _ in range(30):
            self.assertEqual(self.kitchen.get("/named/lenient.png").status, 403)
            self.assertEqual(self.kitchen.picture("/named/none.png").status, 404)
        self.assertEqual(self.kitchen.get(target).status, 200)
