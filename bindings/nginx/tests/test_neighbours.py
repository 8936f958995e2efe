"""The module beside the rest of nginx: other kinds of locations to fetch from, connections that stay, a prefix."""

import http.client
import io
import socket

from kitchen import INNER, ROOM, Case, ask, ask_raw
from pictures import GREEN, RED, padded, pixel, png
from shop import Reply

NOWHERE, FILE, WORD, PREFIX, GZIP = range(18113, 18118)
STILL = ROOM / "still.png"


def server(port, inside):
    return f"server {{ listen 127.0.0.1:{port}; {inside} }}\n"


class Neighbours(Case):
    settings = {
        "more": server(NOWHERE, "location / { templrender on; templrender_fetch /_none; }")
        + server(FILE, f"location / {{ templrender on; templrender_fetch /_file; }} location = /_file {{ internal; alias {STILL}; }}")
        + server(WORD, 'location / { templrender on; templrender_fetch /_word; } location = /_word { internal; return 200 "hello"; }')
        + server(
            PREFIX,
            "location /pictures/ { templrender on; templrender_prefix /pictures; templrender_fetch /_fetch; } "
            "location = /_fetch { internal; proxy_pass http://$proxy_of_host; proxy_set_header Host $templrender_fetch_host; }",
        )
        + server(
            GZIP,
            f"gzip on; gzip_types *; gzip_min_length 1; "
            f"location / {{ templrender on; templrender_fetch /_file; }} location = /_file {{ internal; alias {STILL}; }}",
        )
    }

    @classmethod
    def setUpClass(cls):
        ROOM.mkdir(parents=True, exist_ok=True)
        STILL.write_bytes(padded(png(6, 6, GREEN), 50_000))
        super().setUpClass()

    def setUp(self):
        super().setUp()
        self.shop.says("/red.png", Reply(png(6, 6, RED)))
        self.target = self.kitchen.target("strict.png", "/red.png")

    def test_a_location_to_fetch_from_that_is_not_there_is_no_loop(self):
        self.failed(ask(NOWHERE, self.target), 502, "missing-resource", 301, "resource")
        self.assertEqual(self.shop.count(), 0)

    def test_pictures_may_be_files_or_whatever_nginx_answers(self):
        self.assertEqual(pixel(self.served(ask(FILE, self.target)).body, 2, 2), GREEN)
        self.failed(ask(WORD, self.target), 502, "unknown-format", 302, "resource")
        # A subrequest's answer is not compressed for the client that waits for the picture.
        got = ask(GZIP, self.target)
        self.assertEqual(pixel(got.body, 2, 2), GREEN)

    def test_a_prefix_is_not_signed(self):
        self.assertEqual(pixel(self.served(ask(PREFIX, "/pictures" + self.target)).body, 2, 2), RED)
        self.assertEqual(ask(PREFIX, self.target).status, 404)
        self.failed(ask(PREFIX, "/pictures/x"), 404, "unknown-path", 701, "request")
        self.failed(ask(PREFIX, "/pictures/pictures" + self.target), 403, "bad-signature")

    def test_a_connection_stays_in_step(self):
        """Bodies that nobody wants, answers without a body, errors: the next request on the connection is the next one."""
        steps = [
            ("GET", self.target, 200, None),
            ("HEAD", self.target, 200, None),
            ("POST", self.target, 405, b"hello" * 1_000),
            ("GET", self.kitchen.target("none.png"), 404, None),
            ("GET", self.target, 200, b"x" * 70_000),
            ("DELETE", self.target, 405, b"y" * 200_000),
        ]
        connection = http.client.HTTPConnection("127.0.0.1", INNER, timeout=30)
        for method, target, status, body in steps * 10:
            connection.request(method, target, body=body)
            got = connection.getresponse()
            self.assertEqual((got.status, bool(got.read())), (status, method != "HEAD"), method)
        connection.close()

    def test_requests_that_do_not_wait_are_answered_in_their_order(self):
        count = 20
        with socket.create_connection(("127.0.0.1", INNER), timeout=30) as stream:
            for i in range(count):
                target = self.kitchen.target("strict.png", "/red.png", tint=f"#0000{i:02x}")
                last = b"Connection: close\r\n" if i == count - 1 else b""
                stream.sendall(b"GET %s HTTP/1.1\r\nHost: a\r\n%s\r\n" % (target.encode(), last))
            answers = _Stream(stream.makefile("rb", buffering=0))
            for i in range(count):
                answer = http.client.HTTPResponse(answers, method="GET")
                answer.begin()
                self.assertEqual(pixel(answer.read(), 8, 8), (0, 0, i, 255))

    def test_old_clients(self):
        got = ask_raw(INNER, f"GET {self.target} HTTP/1.0\r\n\r\n".encode())
        self.assertEqual(pixel(self.served(got).body, 2, 2), RED)
        got = ask_raw(INNER, f"POST {self.target} HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 10\r\nConnection: close\r\n\r\n".encode())
        self.failed(got, 405, "bad-method", 703, "request")


class _Stream(io.BufferedReader):
    """What is read of a connection; one answer's end is not its own."""

    def makefile(self, _):
        return self

    def close(self):
        pass
