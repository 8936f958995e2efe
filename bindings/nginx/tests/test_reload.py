"""Templates that change and configurations that are read again, under load: no answer is lost, and what is broken is refused."""

import itertools
import signal
import threading
import time

from kitchen import INNER, SLOWER, Case, ask, heavy, template
from pictures import BLUE, GREEN, RED, pixel, png
from shop import Reply, wait_for

CLIENTS, RELOADS = 20, 5


class Reload(Case):
    expected = ("template.json",)
    settings = {
        "templates": {"tinted": template("tinted", layer={"missing": "hide"}), "strict": template("strict"), "heavy": heavy("heavy", 2500)},
        "queue": 512,
        "pictures": "0",
        "workers": 2,
    }

    def paint(self, colour):
        self.kitchen.save("tinted", template("tinted", layer={"missing": "hide"}).replace("#ffffff", colour))

    def colour(self):
        return pixel(self.served(self.kitchen.picture("tinted.png")).body, 8, 8)

    def test_reloads_under_load_lose_nothing(self):
        """20 clients without a pause, each answer held to what it must be, while the configuration is read five times and the templates change."""
        self.shop.says("/slow.png", Reply(png(6, 6, RED), after=0.05))
        over, lost, served, number = threading.Event(), [], [0] * CLIENTS, itertools.count()

        def client(me):
            while not over.is_set():
                i = next(number)
                fetches = i % 2 == 0
                target = (
                    self.kitchen.target("strict.png", "/slow.png", tint=f"#0000{i % 256:02x}", count=i)
                    if fetches
                    else self.kitchen.target("tinted.png", tint="#00ff00", count=i)
                )
                try:
                    got = self.served(ask(INNER, target))
                    wanted = (RED, (0, 0, i % 256, 255)) if fetches else (GREEN, GREEN)
                    found = (pixel(got.body, 2, 2), pixel(got.body, 8, 8))
                    if found != wanted:
                        lost.append((target, found))
                    served[me] += 1
                except Exception as error:  # noqa: BLE001: whatever a client meets is a lost answer
                    lost.append((target, repr(error)))

        clients = [threading.Thread(target=client, args=(me,)) for me in range(CLIENTS)]
        for thread in clients:
            thread.start()
        first = self.kitchen.nginx.workers()
        before = []
        for round in range(RELOADS):
            time.sleep(0.4 * SLOWER)
            self.paint(f"#{round}{round}0000")
            came, old = self.kitchen.nginx.reload()
            self.assertTrue(came, "new workers came")
            before += old
        time.sleep(0.4 * SLOWER)
        over.set()
        for thread in clients:
            thread.join(30 * SLOWER)
        self.assertEqual(lost[:3], [], f"{len(lost)} of {sum(served) + len(lost)} lost")
        self.assertGreater(min(served), 0)
        gone = wait_for(lambda: not set(before) & set(self.kitchen.nginx.workers()), 10 * SLOWER)
        self.assertTrue(gone, "old workers end")
        self.assertFalse(set(first) & set(self.kitchen.nginx.workers()))
        self.assertEqual(len(self.kitchen.nginx.workers()), 2)
        self.assertEqual(self.colour(), (0x44, 0, 0, 255))
        print(f"\nreload: {sum(served)} answers of {CLIENTS} clients over {RELOADS} reloads, 0 lost")

    def test_a_request_that_is_being_drawn_outlives_a_reload(self):
        """Its worker has nothing but a thread's task to wait for."""
        results = []
        before = self.kitchen.nginx.workers()
        asking = threading.Thread(target=lambda: results.append(ask(INNER, self.kitchen.target("heavy.png", tint="#123456"))))
        asking.start()
        self.assertTrue(wait_for(lambda: self.kitchen.metric("templrender_tasks") == 1))
        self.assertTrue(self.kitchen.nginx.reload()[0])
        self.assertEqual(self.kitchen.metric("templrender_tasks"), 1, "it is still drawn; else the template is too light for this test")
        asking.join(30 * SLOWER)
        self.served(results[0])
        self.assertTrue(wait_for(lambda: not set(before) & set(self.kitchen.nginx.workers()), 10 * SLOWER), "then its worker ends")

    def test_a_request_that_is_being_fetched_outlives_a_reload(self):
        self.shop.says("/late.png", Reply(png(6, 6, RED), after=1.5))
        results = []
        asking = threading.Thread(target=lambda: results.append(ask(INNER, self.kitchen.target("strict.png", "/late.png"))))
        asking.start()
        wait_for(lambda: self.shop.count("/late.png"))
        self.assertTrue(self.kitchen.nginx.reload()[0])
        asking.join(30)
        self.assertEqual(pixel(self.served(results[0]).body, 2, 2), RED)

    def test_a_changed_template_shows_after_the_reload(self):
        self.paint("#0000ff")
        self.assertTrue(self.kitchen.nginx.reload()[0])
        self.assertEqual(self.colour(), BLUE)
        etag = self.kitchen.picture("tinted.png").header("etag")
        self.paint("#00ff00")
        self.assertEqual(self.colour(), BLUE, "until the reload nothing changes")
        self.assertTrue(self.kitchen.nginx.reload()[0])
        got = self.served(self.kitchen.picture("tinted.png", headers={"If-None-Match": etag}))
        self.assertEqual(pixel(got.body, 8, 8), GREEN, "and who has the old one gets the new one")

    def test_a_broken_template_is_refused_with_its_place_and_the_old_one_goes_on(self):
        nginx = self.kitchen.nginx
        self.paint("#0000ff")
        self.assertTrue(nginx.reload()[0])
        workers = nginx.workers()
        good = (self.kitchen.templates / "tinted" / "template.json").read_text()
        for broken, place in (
            (good[: len(good) // 2], "template.json:1:"),
            ('{\n  "templrender": 1, "name": "tinted", "size": [10, 10],\n  "layers": [ { "type": "txt" } ] }', "template.json:3:25"),
        ):
            self.kitchen.save("tinted", broken)
            status, said = nginx.check()
            self.assertNotEqual(status, 0)
            self.assertIn(f"tinted/{place}", said)
            self.assertIn("[emerg]", said)
            size = nginx.log.stat().st_size
            nginx.signal(signal.SIGHUP)
            self.assertTrue(wait_for(lambda: f"tinted/{place}" in nginx.log.read_text()[size:], 10 * SLOWER), "the log says where")
            time.sleep(0.3)
            self.assertEqual(nginx.workers(), workers, "the workers stay")
            self.assertEqual(self.colour(), BLUE)
        self.kitchen.save("tinted", good)
        self.assertEqual(nginx.check()[0], 0)
        self.assertTrue(nginx.reload()[0])

    def test_a_new_template_and_one_that_is_gone(self):
        import shutil

        self.kitchen.save("fresh", template("fresh", layer={"missing": "hide"}))
        self.assertEqual(self.kitchen.picture("fresh.png").status, 404)
        self.assertTrue(self.kitchen.nginx.reload()[0])
        self.assertEqual(self.kitchen.picture("fresh.png").status, 200)
        shutil.rmtree(self.kitchen.templates / "fresh")
        self.assertTrue(self.kitchen.nginx.reload()[0])
        self.assertTrue(wait_for(lambda: self.kitchen.picture("fresh.png").status == 404))

    def test_other_keys_after_a_reload(self):
        target = self.kitchen.target("tinted.png")
        new = "k9 another-example-that-everybody-knows\n"
        old = self.kitchen.keys.read_text()
        try:
            self.kitchen.keys.write_text(new)
            self.assertEqual(self.kitchen.get(target).status, 200)
            self.assertTrue(self.kitchen.nginx.reload()[0])
            self.assertTrue(wait_for(lambda: self.kitchen.get(target).status == 403), "a key that is gone opens nothing")
        finally:
            self.kitchen.keys.write_text(old)
            self.assertTrue(self.kitchen.nginx.reload()[0])
        self.assertTrue(wait_for(lambda: self.kitchen.get(target).status == 200))
