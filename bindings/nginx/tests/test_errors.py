"""Every reason why a request gets no picture: the same status and the same JSON as `templrender serve` gives for the same URL."""

import time

from kitchen import INNER, PROGRAM, SERVE, SHOP, Case, ask, ask_raw, rig, signed
from pictures import RED, png
from shop import Reply

METHODS = ("POST", "PUT", "DELETE", "OPTIONS", "PATCH")


class Errors(Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        command = [
            PROGRAM,
            "serve",
            "--templates",
            cls.kitchen.templates,
            "--listen",
            f"127.0.0.1:{SERVE}",
            "--secret-file",
            cls.kitchen.keys,
            "--allow-private",
            "--allow-host",
            f"http://127.0.0.1:{SHOP}",
            "--allow-host",
            "*.example",
            "--log",
            "off",
            "--cache-memory",
            "0",
        ]
        cls.service = rig.Child("serve", command, ready=lambda child: "listening on" in child.log.read_text())

    @classmethod
    def tearDownClass(cls):
        cls.service.stop()
        super().tearDownClass()

    def both(self, target, status, code, number, cause, method="GET", like_serve=True):
        """Asks nginx and the service, and gives the error that both have."""
        name = {"x-request-id": "the-same"}
        ours, theirs = ask(INNER, target, method, name), ask(SERVE, target, method, name)
        error = self.failed(ours, status, code, number, cause)
        if like_serve:
            self.assertEqual((theirs.status, theirs.error), (ours.status, error), target)
            for field in ("cache-control", "content-type", "x-request-id", "x-content-type-options", "allow"):
                self.assertEqual(ours.header(field), theirs.header(field), f"{target}: {field}")
        return error

    def test_what_the_url_is_guilty_of(self):
        target = self.kitchen.target
        now = int(time.time())
        self.both(target("none.png"), 404, "unknown-template", 702, "request")
        self.both(target("strict/none.png"), 404, "unknown-variant", 114, "template")
        self.both("/shop/strict.gif?photo=x", 400, "bad-url", 601, "request")
        self.both("/shop/strict.png?~x=1", 400, "bad-url", 601, "request")
        self.both("/shop/strict.png?tint=%zz", 400, "bad-url", 601, "request")
        self.both("/shop/strict.png?tint=a&tint=b", 400, "bad-url", 601, "request")
        self.both("/shop/strict.png?~z=AAAA", 400, "bad-url", 601, "request")
        self.both("/shop/strict.png?~j=%5B1%5D", 400, "bad-url", 601, "request")
        self.both("/shop/strict.png?tint=" + "a" * 9_000, 414, "url-too-long", 602, "request")
        self.both("/shop/strict.png?tint=red", 403, "bad-signature", 603, "request")
        self.both(signed("/shop/strict.png", {"tint": "red", "~e": str(now - 10)}), 403, "url-expired", 604, "request")
        self.both("/", 404, "unknown-path", 701, "request", like_serve=False)
        self.both("/favicon.ico", 404, "unknown-path", 701, "request", like_serve=False)
        self.assertEqual(self.shop.count(), 0)

    def test_an_unknown_version(self):
        # There is no place to fetch packs from: a version that is not here is unknown.
        self.both(self.kitchen.target("strict@0123456789abcdef.png"), 404, "unknown-template", 702, "request")

    def test_what_the_row_is_guilty_of(self):
        target = self.kitchen.target
        error = self.both(target("strict.png", "/a.png", tint="nocolour"), 400, "bad-field", 202, "row")
        self.assertEqual(error["place"], "field tint")
        error = self.both(target("strict.png", "/a.png", tint="nocolour", count="many"), 400, "bad-field", 202, "row")
        self.assertEqual(len(error["faults"]), 2)
        self.both(target("strict.png"), 400, "missing-resource", 301, "resource")
        self.both(target("strict.png", "data:image/png;base64,iVBORw0KGgo="), 400, "missing-resource", 301, "resource")
        for photo in (
            "photos/a.png",
            "/etc/passwd",
            "../a.png",
            "file:///etc/passwd",
            "ftp://a.example/a.png",
            "http://u:p@a.example/",
            "http://",
            "http://evil.test/a?token=hunter2",
        ):
            error = self.both(signed("/shop/strict.png", {"photo": photo}), 400, "refused-origin", 605, "row")
            self.assertEqual(error["place"], "resource")
            self.assertFalse("u:p" in str(error) or "hunter2" in str(error), error)
        self.assertEqual(self.shop.count(), 0)

    def test_a_method_that_is_none(self):
        for method in METHODS:
            for path in (self.kitchen.target("strict.png", "/a.png"), "/shop/strict.png"):
                self.both(path, 405, "bad-method", 703, "request", method)
        self.assertEqual(self.shop.count(), 0)

    def test_a_body_is_not_read(self):
        target = self.kitchen.target("strict.png", "/a.png")
        got = ask_raw(INNER, b"POST %s HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello" % target.encode())
        self.failed(got, 405, "bad-method", 703, "request")
        self.shop.says("/a.png", Reply(png(6, 6, RED)))
        got = ask_raw(INNER, b"GET %s HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello" % target.encode())
        self.served(got)

    def test_what_the_origin_is_guilty_of(self):
        shop = self.shop
        shop.says("/page.png", Reply(b"<!doctype html><title>no</title>"))
        shop.says("/broken.png", Reply(status=500))
        for path, status, code, number in (
            ("/gone.png", 502, "missing-resource", 301),
            ("/page.png", 502, "unknown-format", 302),
            ("/broken.png", 502, "missing-resource", 301),
        ):
            photo = f"{path}?token=hunter2"
            error = self.both(self.kitchen.target("strict.png", photo), status, code, number, "resource")
            self.assertTrue(error["place"].endswith(path) and "hunter2" not in str(error), error)

    def test_nothing_of_a_query_is_ever_written_down(self):
        self.kitchen.picture("strict.png", "/gone.png?token=hunter2", tint="nocolour")
        self.kitchen.picture("strict.png", "http://evil.test/a?token=hunter2")
        self.kitchen.picture("strict.png", "/gone.png?token=hunter2")
        log = self.kitchen.nginx.log.read_text()
        # nginx itself ends its lines with the request line; what stands before is the module's.
        ours = "\n".join(line.split(", client:")[0] for line in log.splitlines() if "templrender" in line)
        self.assertNotIn("hunter2", ours)
