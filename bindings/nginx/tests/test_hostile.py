"""Origins that fail, lie or stall: each has its status and its JSON, and never is a broken picture sent as a whole one."""

import gzip
import json
import struct
import time
import zlib

from kitchen import SLOWER, Case, at_once, plan_b, rig, template
from pictures import BLUE, MAGIC, RED, chunk, noise, padded, pixel, png
from shop import Reply, wait_for


class Hostile(Case):
    settings = {
        "fetch": "proxy_read_timeout 400ms;",
        "module": "templrender_timeout 1s; templrender_max_picture_size 200k; templrender_max_pictures_size 400k;",
        "pictures": "0",
        "templates": {
            "strict": template("strict"),
            "choices": template("choices", ("{{ photo }}", "{{ second }}", "{{ third }}")),
            "plan-b": plan_b("plan-b"),
            "three": json.dumps(
                {
                    "templrender": 1,
                    "name": "three",
                    "size": [10, 10],
                    "fields": {n: {"type": "image"} for n in ("photo", "second", "third")},
                    "layers": [{"type": "image", "src": "{{ %s }}" % n, "width": 3, "height": 3} for n in ("photo", "second", "third")],
                }
            ),
        },
    }

    def answers(self, path, status, code, number, within=5.0):
        began = time.monotonic()
        got = self.kitchen.picture("strict.png", path)
        took = time.monotonic() - began
        error = self.failed(got, status, code, number, "resource")
        self.assertLess(took, within * SLOWER, path)
        self.assertTrue(error["place"].endswith(path), error)
        # The same origin, and a template with a fallback.
        fallback = self.kitchen.picture("plan-b.png", path)
        self.served(fallback)
        self.assertEqual((pixel(fallback.body, 2, 2), fallback.header("templrender-fallback"), fallback.age), (BLUE, code, 10), path)
        # And nothing of it harms the next one.
        self.shop.says("/well.png", Reply(png(6, 6, RED)))
        self.assertEqual(pixel(self.served(self.kitchen.picture("strict.png", "/well.png")).body, 2, 2), RED)
        return error["message"]

    def test_a_body_that_breaks_off(self):
        whole = padded(png(6, 6, RED), 20_000)
        self.shop.says("/cut.png", Reply(whole, cut=10_000))
        self.answers("/cut.png", 502, "missing-resource", 301)
        self.shop.says("/cut-at-once.png", Reply(whole, cut=0))
        self.answers("/cut-at-once.png", 502, "missing-resource", 301)
        self.shop.says("/cut-chunks.png", Reply(whole, chunks=10, cut=10_000))
        self.answers("/cut-chunks.png", 502, "missing-resource", 301)

    def test_a_length_that_is_none(self):
        picture = noise(60, 60)
        self.shop.says("/short.png", Reply(picture, length=2_000))
        got = self.kitchen.picture("strict.png", "/short.png")
        self.assertIn((got.status, got.code), ((502, "damaged-resource"), (502, "unknown-format"), (502, "missing-resource")), got)
        picture = padded(png(6, 6, RED), 5_000)
        self.shop.says("/long.png", Reply(picture, length=6_000))
        self.answers("/long.png", 502, "missing-resource", 301)

    def test_chunks_are_no_harm(self):
        self.shop.says("/chunks.png", Reply(padded(png(6, 6, RED), 150_000), chunks=37))
        self.assertEqual(pixel(self.served(self.kitchen.picture("strict.png", "/chunks.png")).body, 2, 2), RED)
        self.shop.says("/chunked-large.png", Reply(padded(png(6, 6, RED), 300_000), chunks=37))
        self.answers("/chunked-large.png", 413, "resource-limit", 304)

    def test_a_length_at_the_limit_and_beyond(self):
        self.shop.says("/limit.png", Reply(padded(png(6, 6, RED), 200 << 10)))
        self.assertEqual(pixel(self.served(self.kitchen.picture("strict.png", "/limit.png")).body, 2, 2), RED)
        self.shop.says("/beyond.png", Reply(padded(png(6, 6, RED), (200 << 10) + 1)))
        self.answers("/beyond.png", 413, "resource-limit", 304)

    def test_all_pictures_of_a_request_have_a_limit(self):
        for name in "abc":
            self.shop.says(f"/{name}.png", Reply(padded(png(6, 6, RED), 150_000)))
        url = self.shop.url
        got = self.kitchen.picture("three.png", "/a.png", second=url("/b.png"), third=url("/c.png"))
        self.failed(got, 413, "resource-limit", 304, "resource")
        got = self.kitchen.picture("three.png", "/a.png", second=url("/b.png"), third=url("/b.png"))
        self.served(got)

    def test_compressed_though_nobody_asked(self):
        bomb = gzip.compress(bytes(20 << 20), 9)
        for encoding, body in (
            ("gzip", bomb),
            ("gzip", gzip.compress(png(6, 6, RED))),
            ("br", b"\x0b\x02\x80ok\x03"),
            ("deflate", zlib.compress(bytes(1 << 20))),
        ):
            self.shop.says("/coded.png", Reply(body, headers={"Content-Encoding": encoding}))
            got = self.kitchen.picture("strict.png", "/coded.png")
            self.assertEqual((got.status, got.error["cause"]), (502, "resource"), got)
        self.assertTrue(all(not asked.header("accept-encoding") for asked in self.shop.asked))

    def test_a_hundred_megabytes(self):
        (worker,) = self.kitchen.nginx.workers()
        before = rig._status(worker, "VmRSS")
        body = bytes(100 << 20)
        for path, reply in (("/announced.png", Reply(body)), ("/unannounced.png", Reply(body, chunks=1600))):
            self.shop.says(path, reply)
            self.answers(path, 413, "resource-limit", 304)
            wait_for(lambda: self.shop.open == 0)
            self.assertEqual(self.shop.open, 0, "the connection to the origin is closed")
            # What is in the buffers of the sockets was sent, too; a fallback was tried as well.
            self.assertLess(self.shop.told(path), 40 << 20, path)
        grown = (rig._status(worker, "VmHWM") - before) / 1024
        self.assertLess(grown, 16, "MiB more memory than before")

    def test_a_body_that_drips(self):
        """Never long enough without a byte for nginx to give up: the request's own time ends it."""
        self.shop.says("/drip.png", Reply(padded(png(6, 6, RED), 6_000), piece=100, pause=0.1))
        began = time.monotonic()
        got = self.kitchen.picture("strict.png", "/drip.png")
        took = time.monotonic() - began
        self.failed(got, 504, "deadline", 707, "resource")
        self.assertTrue(0.9 <= took <= 1.6 * SLOWER, took)
        fallback = self.served(self.kitchen.picture("plan-b.png", "/drip.png"))
        self.assertEqual((pixel(fallback.body, 2, 2), fallback.header("templrender-fallback"), fallback.age), (BLUE, "deadline", 10))
        wait_for(lambda: self.shop.open == 0, 3 * SLOWER)
        self.assertEqual(self.shop.open, 0, "who drips is not waited for when nobody is there any more")

    def test_a_head_that_does_not_come(self):
        self.shop.says("/late.png", Reply(png(6, 6, RED), after=3))
        self.answers("/late.png", 504, "missing-resource", 301, within=1.5)
        wait_for(lambda: self.shop.open == 0, 5)

    def test_what_is_no_picture(self):
        for path, body, kind in (
            ("/html.jpg", b"<!doctype html><title>x</title>", "image/jpeg"),
            ("/text.jpg", b"no picture\n", "image/jpeg"),
            ("/gif.jpg", b"GIF89a" + bytes(30), "image/gif"),
            ("/zeros.jpg", bytes(5_000), "image/jpeg"),
            ("/json.jpg", b'{"error": "no"}', "application/json"),
        ):
            self.shop.says(path, Reply(body, headers={"Content-Type": kind}))
            got = self.kitchen.picture("strict.png", path)
            self.assertIn((got.status, got.code), ((502, "unknown-format"), (502, "damaged-resource")), (path, got))
        self.shop.says("/html.jpg", Reply(b"<!doctype html><title>x</title>", headers={"Content-Type": "image/jpeg"}))
        self.assertIn("HTML", self.answers("/html.jpg", 502, "unknown-format", 302))
        # A picture is one by its bytes, whatever it calls itself.
        self.shop.says("/picture.html", Reply(png(6, 6, RED), headers={"Content-Type": "text/html"}))
        self.assertEqual(pixel(self.served(self.kitchen.picture("strict.png", "/picture.html")).body, 2, 2), RED)

    def test_nothing_at_all(self):
        self.shop.says("/empty.png", Reply(b""))
        got = self.kitchen.picture("strict.png", "/empty.png")
        self.assertEqual((got.status, got.error["cause"]), (502, "resource"), got)
        self.shop.says("/silent.png", Reply(silent=True))
        self.answers("/silent.png", 502, "missing-resource", 301)
        self.shop.says("/none.png", Reply(status=204))
        self.assertEqual(self.kitchen.picture("strict.png", "/none.png").status, 502)

    def test_statuses(self):
        for status in (201, 202, 206, 300, 304, 400, 401, 403, 404, 407, 410, 418, 429, 500, 502, 503, 504):
            self.shop.says(f"/{status}.png", Reply(png(6, 6, RED), status=status))
            got = self.kitchen.picture("strict.png", f"/{status}.png")
            self.assertEqual((got.status, got.code), (504 if status == 504 and got.status == 504 else 502, "missing-resource"), (status, got))

    def test_nobody_listens(self):
        self.failed(self.kitchen.picture("strict.png", "http://dead.example/a.png"), 502, "missing-resource", 301, "resource")

    def test_a_picture_of_too_many_pixels(self):
        head = struct.pack(">IIBBBBB", 30_000, 30_000, 8, 2, 0, 0, 0)
        self.shop.says("/bomb.png", Reply(MAGIC + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(bytes(100_000))) + chunk(b"IEND", b"")))
        self.answers("/bomb.png", 413, "resource-limit", 304)

    def test_headers_without_end(self):
        self.shop.says("/heads.png", Reply(png(6, 6, RED), headers={f"X-{i}": "a" * 500 for i in range(200)}))
        self.answers("/heads.png", 502, "missing-resource", 301)

    def test_many_at_once_of_all_kinds(self):
        whole = padded(png(6, 6, RED), 20_000)
        kinds = [
            Reply(whole),
            Reply(whole, cut=10_000),
            Reply(b"<html>"),
            Reply(status=404),
            Reply(whole, length=90_000),
            Reply(whole, chunks=3),
            Reply(silent=True),
            Reply(bytes(300_000)),
            Reply(whole, after=2),
        ]
        good = {0, 5}
        for number, kind in enumerate(kinds):
            for i in range(6):
                self.shop.says(f"/{number}-{i}.png", kind)
        paths = [(number, f"/{number}-{i}.png") for i in range(6) for number in range(len(kinds))]
        for (number, path), got in zip(paths, at_once([lambda path=path: self.kitchen.picture("strict.png", path) for _, path in paths], 27)):
            if number in good:
                self.assertEqual(pixel(self.served(got).body, 2, 2), RED)
            else:
                self.assertIn(got.status, (413, 502, 504), path)
                self.assertTrue(got.error["message"])
