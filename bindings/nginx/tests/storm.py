"""Clients that leave at any moment, origins of all kinds, reloads every two seconds: what is left of it must be nothing.

storm.py SECONDS     with what the environment says of nginx
"""

import os
import random
import socket
import struct
import sys
import threading
import time

import many
from kitchen import FRONT, INNER, ROOM, SLOWER, Kitchen, heavy
from pictures import RED, padded, png
from shop import Reply, wait_for

CLIENTS = 24
PHOTOS = 200
SETTINGS = {
    **many.SETTINGS,
    "workers": 2,
    "templates": {**many.SETTINGS["templates"], "heavy": heavy("heavy", 900)},
    "fetch": "proxy_read_timeout 500ms;",
    "module": "templrender_max_waiting 12; templrender_timeout 700ms; templrender_max_picture_size 200k; templrender_max_pictures_size 400k; "
    "templrender_max_memory 2m; "
    "templrender_max_age 1s;",
}


def origins(shop):
    """Photos that come late, in pieces, broken off, too large, as something else, and not at all."""
    whole = padded(png(6, 6, RED), 60_000)
    kinds = [
        Reply(whole, after=0.05),
        Reply(whole, chunks=7, pause=0.02),
        Reply(whole, piece=6_000, pause=0.1),
        Reply(whole, cut=30_000),
        Reply(bytes(300_000), chunks=30, pause=0.01),
        Reply(b"<html>", after=0.1),
        Reply(silent=True),
        Reply(status=404, after=0.02),
        Reply(whole, after=2),
    ]
    for i in range(PHOTOS):
        shop.says(f"/storm-{i}.png", kinds[i % len(kinds)])


class Client(threading.Thread):
    """Asks until the time is over, and stays for an answer or does not."""

    def __init__(self, kitchen, every, number, end):
        super().__init__()
        self.kitchen, self.every, self.end = kitchen, every, end
        self.draw = random.Random(number)
        self.left, self.answered, self.lost = 0, 0, []

    def target(self):
        draw, target = self.draw, self.kitchen.target
        photo = lambda: f"/storm-{draw.randrange(PHOTOS)}.png"
        tint = f"#{draw.randrange(1 << 24):06x}"
        kind = draw.random()
        if kind < 0.3:
            return target(draw.choice(("strict", "plan-b", "lenient")) + draw.choice((".png", ".jpg")), photo(), tint=tint)
        if kind < 0.5:
            return target("choices.png", photo(), second=self.kitchen.shop.url(photo()), third=self.kitchen.shop.url(photo()))
        if kind < 0.65:
            return target("heavy.png", tint=tint)
        return draw.choice(self.every)[1](draw.randrange(10_000))[0]

    def run(self):
        while time.monotonic() < self.end:
            target = self.target()
            try:
                with socket.create_connection(("127.0.0.1", self.draw.choice((INNER, INNER, FRONT))), timeout=20 * SLOWER) as stream:
                    if self.draw.random() < 0.5:
                        # It ends with a reset.
                        stream.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    stream.sendall(f"GET {target} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
                    if self.draw.random() < 0.6:
                        time.sleep(self.draw.random() ** 2 * 0.8)
                        self.left += 1
                        continue
                    start = stream.recv(20)
                    self.answered += 1
                    if not start.startswith(b"HTTP/1.1 "):
                        self.lost.append((target, start))
            except OSError as error:
                self.lost.append((target, repr(error)))


def blow(kitchen, seconds):
    """A sentence of what it was; an AssertionError of what is left."""
    every = many.kinds(kitchen)
    origins(kitchen.shop)
    end = time.monotonic() + seconds
    clients = [Client(kitchen, every, number, end) for number in range(CLIENTS)]
    for client in clients:
        client.start()
    reloads = 0
    while time.monotonic() < end - 2:
        time.sleep(2)
        reloads += kitchen.nginx.reload()[0]
    for client in clients:
        client.join()
    lost = [one for client in clients for one in client.lost]
    if lost:
        raise AssertionError(f"{len(lost)} were not answered: {lost[:3]}")
    nobody = lambda: kitchen.metric("templrender_in_flight") == 0 and kitchen.metric("templrender_tasks") == 0 and len(kitchen.nginx.workers()) == 2
    if not wait_for(nobody, 30 * SLOWER):
        raise AssertionError(f"requests or workers that do not end: {kitchen.nginx.workers()} {kitchen.page().samples}")
    open_ = [len(os.listdir(f"/proc/{worker}/fd")) for worker in kitchen.nginx.workers()]
    if max(open_) > 60:
        raise AssertionError(f"descriptors that stay open: {open_}")
    left, answered = sum(client.left for client in clients), sum(client.answered for client in clients)
    cancelled = kitchen.metric("templrender_renders_total", result="cancelled")
    return f"storm of {seconds:.0f} s: {answered} answered, {left} left before, {cancelled:.0f} drawings cancelled, {reloads} reloads, 0 lost"


def main(seconds):
    ROOM.mkdir(parents=True, exist_ok=True)
    # Without nginx's cache and its locks, and with them.
    for kept in ("0", "1s"):
        kitchen, ended = Kitchen("storm", **{**SETTINGS, "pictures": kept, "packs": kept}), False
        try:
            print(blow(kitchen, seconds / 2), flush=True)
        finally:
            ended = kitchen.stop()
        log = kitchen.nginx.log.read_text(errors="replace")
        bad = [line for line in log.splitlines() if any(word in line for word in ("[alert]", "exited on signal", "open socket"))]
        if bad or not ended:
            raise AssertionError(f"nginx ended badly: {bad[:5]}")


if __name__ == "__main__":
    main(float(sys.argv[1]))
