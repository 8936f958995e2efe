"""Clients that go away: nothing is drawn for nobody, and nothing is left over."""

import os
import socket
import time

from kitchen import INNER, SLOWER, Case, heavy, template
from pictures import RED, pixel, png
from shop import Reply, wait_for


def descriptors(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


class Abort(Case):
    settings = {"templates": {"strict": template("strict"), "heavy": heavy("heavy", 2500)}, "threads": 1, "pictures": "0", "queue": 128}

    def begin(self, target):
        stream = socket.create_connection(("127.0.0.1", INNER), timeout=10)
        stream.sendall(f"GET {target} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
        return stream

    def healthy(self, fds):
        (worker,) = self.kitchen.nginx.workers()
        self.shop.says("/well.png", Reply(png(6, 6, RED)))
        self.assertEqual(pixel(self.served(self.kitchen.picture("strict.png", "/well.png")).body, 2, 2), RED)
        wait_for(lambda: descriptors(worker) <= fds, 5 * SLOWER)
        self.assertLessEqual(descriptors(worker), fds, "open descriptors")
        wait_for(lambda: self.shop.open == 0, 5 * SLOWER)
        self.assertEqual((self.shop.open, self.kitchen.metric("templrender_in_flight")), (0, 0))

    def warm(self):
        self.shop.says("/well.png", Reply(png(6, 6, RED)))
        for _ in range(3):
            self.kitchen.picture("strict.png", "/well.png")
        (worker,) = self.kitchen.nginx.workers()
        time.sleep(0.1)
        return worker, descriptors(worker)

    def test_while_a_picture_is_fetched(self):
        worker, fds = self.warm()
        drawn = self.kitchen.drawn()
        for i in range(20):
            self.shop.says(f"/slow-{i}.png", Reply(png(6, 6, RED), after=1.0))
        streams = [self.begin(self.kitchen.target("strict.png", f"/slow-{i}.png")) for i in range(20)]
        wait_for(lambda: self.shop.count("/slow-") == 20)
        self.assertEqual(self.kitchen.metric("templrender_in_flight"), 20)
        for stream in streams:
            stream.close()
        wait_for(lambda: self.kitchen.metric("templrender_in_flight") == 0, 3 * SLOWER)
        self.healthy(fds)
        self.assertEqual(self.kitchen.drawn() - drawn, 1, "nothing was drawn for who had gone")
        self.assertEqual([worker], self.kitchen.nginx.workers())

    def test_while_a_picture_is_drawn(self):
        worker, fds = self.warm()
        began = time.monotonic()
        self.served(self.kitchen.picture("heavy.png", tint="#000001"))
        whole = time.monotonic() - began
        self.assertGreater(whole, 0.15, "the template is too light for this test")
        drawn, cancelled = self.kitchen.drawn(), self.kitchen.metric("templrender_renders_total", result="cancelled")
        # One is drawn, three wait for the only thread.
        streams = [self.begin(self.kitchen.target("heavy.png", tint=f"#0000{i:02x}")) for i in range(16, 20)]
        time.sleep(whole / 5)
        began = time.monotonic()
        for stream in streams:
            stream.close()
        ended = lambda: self.kitchen.metric("templrender_renders_total", result="cancelled") - cancelled == 4
        wait_for(ended, 10 * SLOWER)
        took = time.monotonic() - began
        self.assertTrue(ended(), self.kitchen.page().samples)
        self.assertLess(took, 2 * whole, f"four drawings of {whole:.2f} s end early")
        self.healthy(fds)
        self.assertEqual(self.kitchen.drawn() - drawn, 1)
        self.assertEqual([worker], self.kitchen.nginx.workers())
        print(f"\nabort: a drawing of {whole:.2f} s, and three that wait, have ended {took:.2f} s after their clients")

    def test_half_a_request_and_half_a_close(self):
        worker, fds = self.warm()
        streams = []
        for i in range(10):
            stream = socket.create_connection(("127.0.0.1", INNER), timeout=10)
            stream.sendall(b"GET /shop/strict.png?photo=")
            streams.append(stream)
        for stream in streams:
            stream.close()
        # A client that says no more and still reads is answered.
        self.shop.says("/half.png", Reply(png(6, 6, RED), after=0.3))
        stream = self.begin(self.kitchen.target("strict.png", "/half.png").replace(" ", ""))
        answer = stream.recv(100)
        self.assertTrue(answer.startswith(b"HTTP/1.1 200 "), answer)
        stream.close()
        self.healthy(fds)

    def test_a_client_that_reads_nothing(self):
        worker, fds = self.warm()
        streams = []
        for i in range(8):
            stream = socket.socket()
            stream.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
            stream.connect(("127.0.0.1", INNER))
            stream.sendall(f"GET {self.kitchen.target('strict.png', '/well.png', tint=f'#0000{i:02x}')} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
            streams.append(stream)
        began = time.monotonic()
        self.served(self.kitchen.picture("strict.png", "/well.png"))
        self.assertLess(time.monotonic() - began, 2 * SLOWER)
        for stream in streams:
            stream.close()
        self.healthy(fds)
