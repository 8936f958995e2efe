"""Many requests of all kinds, each held to the answer that it must get: what the test of leaks, valgrind and AddressSanitizer run.

many.py COUNT        with what the environment says of nginx, and with reloads and clients that go away in between
"""

import json
import random
import socket
import sys

from kitchen import INNER, ROOM, SLOWER, Kitchen, ask, at_once, heavy, plain_templates
from pictures import RED, noise, padded, pixel, png
from packing import packed, version
from shop import Reply, wait_for

# Its pictures have 60 kB: what is lost of one is seen.
LARGE = {
    "template.json": json.dumps(
        {
            "templrender": 1,
            "name": "large",
            "size": [140, 140],
            "background": "{{ tint }}",
            "fields": {"tint": {"type": "color", "default": "#ffffff"}},
            "assets": {"noise": "assets/noise.png"},
            "layers": [{"type": "image", "src": "asset:noise", "width": 140, "height": 139}],
        }
    ),
    "assets/noise.png": noise(140, 139),
}
SETTINGS = {
    "pictures": "0",
    "shipped": True,
    "templates": {**plain_templates(), "heavy": heavy("heavy", 700), "large": LARGE},
    "queue": 256,
    "module": "templrender_max_waiting 200;",
    "pack_location": "/_pack",
    "packs": "0",
    "http": "templrender_pack_cache 300k;",
}


def kinds(kitchen):
    """Each with the status that it must have, and a function that makes the URL and the headers of its number."""
    shop, target = kitchen.shop, kitchen.target
    shop.says("/red.png", Reply(padded(png(6, 6, RED), 60_000)))
    shop.says("/chunks.png", Reply(padded(png(6, 6, RED), 60_000), chunks=9))
    shop.says("/page.png", Reply(b"<!doctype html>"))
    shop.says("/cut.png", Reply(bytes(9_000), cut=4_000))
    # Three packs of which two have room in the cache, and one that is none.
    packs = []
    for name in ("one", "two", "three"):
        files = {**LARGE, "template.json": LARGE["template.json"].replace('"large"', f'"{name}"')}
        packs.append(f"{name}@{version(kitchen, files)}")
        shop.says(f"/_pack/shop/{packs[-1]}.zip", Reply(packed(files)))
    shop.says("/_pack/shop/bad@0123456789abcdef.zip", Reply(packed({"template.json": "{"})))
    etag = kitchen.picture("strict.png", "/red.png").header("etag")
    url = shop.url
    return [
        (200, lambda i: (target("strict.png", "/red.png", tint=f"#0000{i % 256:02x}"), {})),
        (200, lambda i: (target("lenient.jpg", "/chunks.png", tint=f"#00{i % 256:02x}00"), {})),
        (304, lambda i: (target("strict.png", "/red.png"), {"If-None-Match": etag})),
        (200, lambda i: (target("plan-b.webp", "/page.png"), {})),
        (502, lambda i: (target("strict.png", "/cut.png"), {})),
        (200, lambda i: (target("choices.png", "/none.png", second=url("/page.png"), third=url("/red.png")), {})),
        (400, lambda i: (target("strict.png", "/red.png", tint="nocolour", count="many"), {})),
        (403, lambda i: ("/shop/strict.png?tint=a", {})),
        (404, lambda i: (target("none.png"), {})),
        (404, lambda i: (target("strict@0123456789abcdef.png"), {})),
        (400, lambda i: (target("strict.png", "http://127.0.0.1:1/a.png"), {})),
        (200, lambda i: (target(f"{packs[i % 3]}.png", tint=f"#0000{i % 256:02x}"), {})),
        (502, lambda i: (target("bad@0123456789abcdef.png"), {})),
        (200, lambda i: (target("large.png", tint=f"#0000{i % 256:02x}"), {})),
        (405, lambda i: (target("strict.png", "/red.png"), {})),
        (200, lambda i: (target("price-tag.png", title=f"Aster honey, number {i}", price="15.95 USD"), {})),
    ]


def run(every, count, first=0, clients=4):
    """So many requests by four clients at the same time."""

    def client(me):
        draw = random.Random(first + me)
        for i in range(first + me, first + count, clients):
            status, make = draw.choice(every)
            target, headers = make(i)
            got = ask(INNER, target, "POST" if status == 405 else "GET", headers)
            if got.status != status:
                raise AssertionError(f"{target}: {status} wanted, {got}")
            if got.header("content-type") == "image/png" and "strict" in target and pixel(got.body, 2, 2) != RED:
                raise AssertionError(f"{target}: another picture")

    at_once([lambda me=me: client(me) for me in range(clients)])


def leave(kitchen, number):
    """A client that goes away while its picture is fetched, and one while it is drawn."""
    kitchen.shop.says(f"/late-{number}.png", Reply(png(6, 6, RED), after=0.3))
    for target in (kitchen.target("strict.png", f"/late-{number}.png"), kitchen.target("heavy.png", tint=f"#{number:06x}")):
        with socket.create_connection(("127.0.0.1", INNER)) as stream:
            stream.sendall(f"GET {target} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
            wait_for(lambda: kitchen.metric("templrender_in_flight") > 0, 5 * SLOWER)


def main(count):
    ROOM.mkdir(parents=True, exist_ok=True)
    kitchen = Kitchen("many", **SETTINGS)
    ended = False
    try:
        every = kinds(kitchen)
        rounds = 5
        for number in range(rounds):
            run(every, count // rounds, number * count)
            leave(kitchen, number)
            if number in (1, 3) and not kitchen.nginx.reload()[0]:
                raise AssertionError("no new workers came")
        if not wait_for(lambda: kitchen.metric("templrender_in_flight") == 0, 20 * SLOWER):
            raise AssertionError("requests that do not end")
    finally:
        ended = kitchen.stop()
    if not ended:
        raise AssertionError(f"nginx did not end well:\n{kitchen.nginx.child.log.read_text()[-3000:]}")
    print(f"{count} requests of {len(every)} kinds, 2 reloads, {2 * rounds} clients that went away: as they should be")


if __name__ == "__main__":
    main(int(sys.argv[1]))
