"""Who may ask, and where pictures may come from: whatever is refused, is refused before anything is fetched.

A host name that resolves to a private address passes here, for nginx resolves no names of rows: the squids judge addresses after the lookup
(`deny dst`), and the drills of the chain try that.
"""

import time
import unicodedata
from urllib.parse import quote

from kitchen import FRONT, INNER, SECRETS, Case, ask, at_once, signed
from pictures import RED, pixel, png
from rustlists import inner_hosts, tricks
from shop import Reply


class AnyHost(Case):
    """Without a list of origins, any public host: the spelling alone decides."""

    settings = {"origins": ""}

    def refused(self, photo):
        return self.kitchen.get(signed("/shop/strict.png", {"photo": photo}))

    def test_inner_hosts_are_refused_in_every_spelling(self):
        hosts = inner_hosts()
        self.assertGreater(len(hosts), 100)
        urls = [url for host in hosts for url in (f"http://{host}/", f"https://{host}", f"http://{host}:80/a.jpg", f"HTTP://{host}?a#b")]
        for url, got in zip(urls, at_once([lambda url=url: self.refused(url) for url in urls], 4)):
            self.refuses(got, url)
        self.assertEqual(self.shop.count(), 0)

    def refuses(self, got, url):
        """Control characters are none of a URL's, whatever it is for."""
        if any(unicodedata.category(c) == "Cc" for c in url):
            self.failed(got, 400, got.code if got.code == "bad-field" else "refused-origin")
        else:
            self.failed(got, 400, "refused-origin", 605, "row")

    def test_user_names_backslashes_controls_and_other_schemes_are_refused(self):
        found = tricks()
        self.assertGreater(len(found), 70)
        for url in found:
            got = self.refused(url)
            if url.startswith("data:"):
                self.failed(got, 400, "missing-resource", 301, "resource")
            elif not url.strip():
                self.failed(got, 400, "missing-resource", 301, "resource")
            else:
                self.refuses(got, url)
                self.assertNotIn(b"secret", got.body)
        self.assertEqual(self.shop.count(), 0)


class Signatures(Case):
    def refused(self, target, code, number, status=403):
        for port in (INNER, FRONT):
            self.failed(ask(port, target), status, code, number, "request")

    def setUp(self):
        super().setUp()
        self.shop.says("/red.png", Reply(png(6, 6, RED)))
        self.columns = {"photo": self.shop.url("/red.png"), "tint": "#00ff00"}

    def tearDown(self):
        self.assertEqual(self.shop.count() if self._testMethodName.startswith("test_refused") else 0, 0, "nothing is fetched for who is refused")

    def test_refused_unsigned(self):
        self.refused("/shop/strict.png?" + "&".join(f"{n}={quote(v, safe='')}" for n, v in self.columns.items()), "bad-signature", 603)

    def test_refused_expired(self):
        self.refused(signed("/shop/strict.png", {**self.columns, "~e": str(int(time.time()) - 1)}), "url-expired", 604)

    def test_refused_unknown_key(self):
        self.refused(signed("/shop/strict.png", self.columns, "k3"), "bad-signature", 603)
        self.refused(signed("/shop/strict.png", self.columns, "k1", SECRETS["k3"][0]), "bad-signature", 603)

    def test_refused_key_of_another_tenant(self):
        self.refused(signed("/shop/strict.png", self.columns, "k2"), "bad-signature", 603)
        self.assertEqual(ask(INNER, signed("/acme/lenient.png", {}, "k2")).status, 200)

    def test_refused_tampered(self):
        """No character of a signed URL can be another one."""
        target = signed("/shop/strict.png", self.columns)
        changed = [
            target.replace("/shop/", "/acme/"),
            target.replace("strict", "lenient"),
            target.replace(".png?", ".jpg?"),
            target.replace("00ff00", "00ff01"),
            target.replace("red.png", "rec.png"),
            target + "&count=1",
            target.replace("photo=", "second="),
            target.replace("~k=k1", "~k=k2"),
            target.replace(".png?", "/wide.png?"),
            target.replace(".png?", "@0123456789abcdef.png?"),
            target + "&~lang=de",
            target + "&~e=9999999999",
        ]
        at = target.index("~s=") + 3
        for i in range(at, len(target) - 1):
            changed.append(target[:i] + ("A" if target[i] != "A" else "B") + target[i + 1 :])
        for url in changed:
            got = self.kitchen.get(url)
            self.failed(got, 403, "bad-signature", 603, "request")

    def test_refused_too_long(self):
        for length, port in ((9_000, INNER), (9_000, FRONT), (15_000, INNER)):
            got = ask(port, signed("/shop/strict.png", {**self.columns, "tint": "a" * length}))
            self.failed(got, 414, "url-too-long", 602, "request")
        # Longer than nginx reads: its own answer.
        self.assertEqual(ask(INNER, "/shop/strict.png?tint=" + "a" * 40_000).status, 414)

    def test_refused_user_names_and_line_feeds(self):
        for photo in (
            "http://user:secret@shop.example/red.png",
            "http://shop.example\r\nHost: evil/",
            "http://shop.example/a\r\nX: y",
            "http://shop.example/a b\nc",
            "http://shop.example@127.0.0.1/red.png",
        ):
            got = self.kitchen.get(signed("/shop/strict.png", {"photo": photo}))
            self.assertIn(got.code, ("refused-origin", "bad-field"))
            self.failed(got, 400, got.code)
            self.assertNotIn(b"secret", got.body)
        target = signed("/shop/strict.png", self.columns)
        for line in (target.replace("tint=", "tint=%0d%0a"), target.replace("/strict", "/%0d%0astrict")):
            self.assertIn(self.kitchen.get(line).status, (400, 403), line)

    def test_other_origins_are_refused_before_any_is_asked(self):
        url = self.shop.url
        for evil in (
            "http://127.0.0.1:18101/a.png",
            "http://localhost:18100/a.png",
            "http://127.0.0.1/red.png",
            "https://127.0.0.1:18100/red.png",
            "http://example/red.png",
            "http://shop.example.evil.test/",
            "http://[::1]:18100/red.png",
            "http://2130706433:18100/red.png",
            "http://127.1:18100/red.png",
            "http://0.0.0.0:18100/red.png",
        ):
            # Beside a good one: all are judged before the first is fetched.
            got = self.kitchen.get(signed("/shop/choices.png", {"photo": url("/gone.png"), "second": evil, "third": url("/red.png")}))
            self.failed(got, 400, "refused-origin", 605, "row")
        self.assertEqual(self.shop.count(), 0)

    def test_redirects_are_not_followed(self):
        for number, to in enumerate(
            (self.shop.url("/red.png"), "http://127.0.0.1:9/", "file:///etc/passwd", "//shop.example/red.png", "/red.png", "/ping", "/status")
        ):
            for status in (301, 302, 303, 307, 308):
                self.shop.says(f"/{status}-{number}.png", Reply(status=status, headers={"Location": to}))
                got = self.kitchen.get(signed("/shop/strict.png", {"photo": self.shop.url(f"/{status}-{number}.png")}))
                self.failed(got, 502, "missing-resource", 301, "resource")
        self.shop.says("/accel.png", Reply(png(6, 6, RED), headers={"X-Accel-Redirect": "/status"}))
        self.assertEqual(pixel(self.kitchen.get(signed("/shop/strict.png", {"photo": self.shop.url("/accel.png")})).body, 2, 2), RED)
        self.assertEqual(self.shop.count("/red.png"), 0)

    def test_other_spellings_are_the_same_picture(self):
        target = signed("/shop/strict.png", self.columns)
        parts = target.split("?")[1].split("&")
        path = "/shop/strict.png"
        spellings = [
            path + "?" + "&".join(reversed(parts)),
            path + "?&&" + "&&".join(parts) + "&",
            target.replace("photo=", "%70hoto="),
            target.replace("%3A", "%3a"),
            target.replace("/shop/", "/sho%70/"),
            target.replace("http%3A%2F%2F", "http://"),
            "http://pictures.example" + target,
        ]
        first = self.served(self.kitchen.get(target))
        key = self.kitchen.logged(first, "key")
        self.assertRegex(key, r"^[0-9a-f]{32}$")
        for spelling in spellings:
            got = self.served(self.kitchen.get(spelling))
            self.assertEqual((got.body == first.body, got.header("etag"), self.kitchen.logged(got, "key")), (True, first.header("etag"), key), spelling)
        jpeg = signed("/shop/strict.jpg", self.columns)
        self.assertEqual(self.kitchen.get(jpeg).body, self.kitchen.get(jpeg.replace(".jpg?", ".jpeg?")).body)
        self.assertEqual(self.shop.count(), 1)

    def test_paths_that_nginx_would_tidy_are_judged_as_they_came(self):
        """nginx merges slashes and resolves dots before it looks for a location: what was signed is the URL as it was sent."""
        target = signed("/shop/strict.png", self.columns)
        for odd in (
            target.replace("/shop/", "//shop//"),
            target.replace("/shop/", "/./shop/"),
            target.replace("/shop/", "/a/../shop/"),
            target.replace("/shop/", "/shop/%2e%2e/shop/"),
            target.replace("/shop/", "/shop%2f"),
        ):
            got = self.kitchen.get(odd)
            self.assertIn(got.status, (400, 403, 404), odd)
            self.assertTrue(got.error["message"])
        self.assertEqual(self.shop.count(), 0)


class Headers(Case):
    # As somebody might write it: nothing of a client is there to be passed on.
    settings = {"passes_headers": "on"}
    EVIL = {
        "Cookie": "session=1",
        "Authorization": "Basic dTpw",
        "X-Forwarded-For": "127.0.0.1",
        "X-Forwarded-Host": "evil.test",
        "X-Forwarded-Proto": "https",
        "Range": "bytes=0-9",
        "Host": "evil.test",
        "Accept-Encoding": "gzip, br",
        "Referer": "http://evil.test/",
        "User-Agent": "evil",
        "If-Modified-Since": "Sat, 01 Nov 2025 00:00:00 GMT",
        "X-Original-URL": "/evil",
        "Accept": "text/html",
        "Accept-Language": "de",
        "If-Range": '"a"',
        "Via": "1.1 evil",
        "X-Accel-Redirect": "/status",
        "Cache-Control": "no-cache",
        "Pragma": "no-cache",
        "Forwarded": "for=127.0.0.1",
        "Expect": "",
        "TE": "trailers",
        "X-HTTP-Method-Override": "DELETE",
        "Proxy-Authorization": "Basic dTpw",
    }

    def test_nothing_of_a_client_reaches_the_origin_or_changes_the_answer(self):
        self.shop.says("/plain.png", Reply(png(6, 6, RED)))
        plain = self.served(self.kitchen.picture("strict.png", "/plain.png"))
        allowed = {"host", "connection", "user-agent", "accept"}
        for number, (name, value) in enumerate(self.EVIL.items()):
            for port in (INNER, FRONT):
                self.shop.forget()
                photo = f"/{port}-{number}.png"
                self.shop.says(photo, Reply(png(6, 6, RED)))
                target = self.kitchen.target("strict.png", photo)
                got = ask(port, target, headers={name: value} if value else {})
                if got.status == 206 and port == FRONT:
                    # The front server may give a part of an answer that it has whole.
                    self.assertEqual(got.body, plain.body[:10])
                else:
                    self.assertEqual((got.status, got.body), (200, plain.body), name)
                (asked,) = self.shop.asked
                self.assertEqual((asked.method, asked.host, asked.path), ("GET", f"127.0.0.1:{self.shop.port}", photo))
                for field, text in asked.headers:
                    self.assertIn(field, allowed, f"{name}: {value}")
                    self.assertFalse("evil" in text or "text/html" in text, (field, text))
                # And whoever comes next gets all of it.
                again = ask(port, target)
                self.assertEqual((again.status, again.body, again.header("etag")), (200, plain.body, got.header("etag")), name)
                if port == FRONT:
                    self.assertEqual(again.header("x-cache"), "HIT", name)
                self.assertEqual(self.shop.count(), 1)

    def test_nothing_of_an_origin_reaches_the_client(self):
        self.shop.says(
            "/loud.png",
            Reply(
                png(6, 6, RED),
                headers={
                    "Set-Cookie": "a=b",
                    "Vary": "*",
                    "X-Powered-By": "shop",
                    "Link": "<x>",
                    "Server": "shop",
                    "Refresh": "1",
                    "Content-Disposition": "attachment",
                    "Last-Modified": "Sat, 01 Nov 2025 00:00:00 GMT",
                    "ETag": '"shop"',
                },
            ),
        )
        for port in (INNER, FRONT):
            got = self.served(self.kitchen.picture("strict.png", "/loud.png", port=port))
            names = {name.lower() for name, _ in got.headers}
            self.assertFalse(names & {"set-cookie", "vary", "x-powered-by", "link", "refresh", "content-disposition", "last-modified"}, names)
            self.assertNotIn("shop", got.header("etag") + got.header("server"))
