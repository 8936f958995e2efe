"""Templates of other places: `template@digest` that no folder has is fetched as a pack, opened, kept, and put away again."""

import io
import json
import struct
import time
import warnings
import zipfile

from kitchen import SLOWER, Case, at_once, rig, template
from packing import packed, version
from pictures import BLUE, GREEN, RED, noise, pixel, png
from shop import Reply


def files_of(name, colour, asset=None):
    """A template that draws one colour, and an asset of that many bytes."""
    files = {"template.json": template(name, layer={"missing": "hide"}).replace("#ffffff", colour)}
    if asset:
        parsed = json.loads(files["template.json"])
        parsed["assets"] = {"noise": "assets/noise.png"}
        parsed["layers"].append({"type": "image", "src": "asset:noise", "left": 0, "top": 0, "width": 1, "height": 1})
        files["template.json"] = json.dumps(parsed)
        files["assets/noise.png"] = asset
    return files


class Shelf(Case):
    """A server of packs."""

    settings = {"pack_location": "/_pack", "packs": "0", "http": "templrender_pack_cache 4m;"}

    def offer(self, name, files, tenant="shop", **reply):
        """Puts a pack on the shelf: its URL's name, and the path that it is asked for by."""
        digest = version(self.kitchen, files)
        path = f"/_pack/{tenant}/{name}@{digest}.zip"
        self.shop.says(path, Reply(packed(files), headers={"Content-Type": "application/zip"}, **reply))
        return f"/{tenant}/{name}@{digest}.png", path


class Packs(Shelf):
    def test_an_unknown_version_is_fetched_once_and_kept(self):
        target, path = self.offer("far", files_of("far", "#0000ff"))
        got = self.served(self.kitchen.picture(target))
        self.assertEqual(pixel(got.body, 8, 8), BLUE)
        self.assertEqual(self.shop.count("/_pack/"), 1)
        for tint in ("#00ff00", "#ff0000"):
            self.served(self.kitchen.picture(target, tint=tint))
        self.assertEqual(self.shop.count("/_pack/"), 1, "it is kept")
        # With photos, as templates of the folder have them.
        self.shop.says("/red.png", Reply(png(6, 6, RED)))
        self.assertEqual(pixel(self.kitchen.picture(target, "/red.png").body, 2, 2), RED)
        # Another tenant asks for its own.
        self.failed(self.kitchen.picture(target.replace("/shop/", "/acme/")), 404, "unknown-template", 702, "request")
        (asked,) = [asked for asked in self.shop.asked if asked.path == path]
        self.assertEqual({name for name, _ in asked.headers} - {"host", "connection", "user-agent", "accept"}, set())

    def test_who_asks_without_a_signature_fetches_nothing(self):
        target, _ = self.offer("far", files_of("far", "#0000fe"))
        self.failed(self.kitchen.get(target), 403, "bad-signature", 603, "request")
        self.assertEqual(self.shop.count(), 0)

    def test_a_pinned_version_that_is_here_is_not_fetched(self):
        digest = version(self.kitchen, {"template.json": (self.kitchen.templates / "lenient" / "template.json").read_text()})
        self.served(self.kitchen.picture(f"lenient@{digest}.png"))
        self.assertEqual(self.shop.count("/_pack/"), 0)

    def test_another_version_than_asked_for_is_refused(self):
        target, path = self.offer("far", files_of("far", "#0000fd"))
        other = packed(files_of("far", "#00ff00"))
        self.shop.says(path, Reply(other))
        got = self.kitchen.picture(target)
        error = self.failed(got, 502, "bad-pack", 306, "resource")
        self.assertIn("version", error["message"])
        # The right one may come later.
        self.offer("far", files_of("far", "#0000fd"))
        self.served(self.kitchen.picture(target))

    def test_a_pack_that_is_nowhere(self):
        for status, code, number in (
            (404, "unknown-template", 702),
            (500, "missing-resource", 301),
            (403, "missing-resource", 301),
            (302, "missing-resource", 301),
        ):
            name = f"nowhere{status}@0123456789abcdef"
            self.shop.says(f"/_pack/shop/{name}.zip", Reply(status=status, headers={"Location": "/_pack/shop/other.zip"}))
            got = self.kitchen.picture(f"{name}.png")
            self.failed(got, 404 if status == 404 else 502, code, number, "request" if status == 404 else "resource")
        self.assertEqual(self.shop.count(), 4)

    def test_a_newest_version_is_never_fetched(self):
        self.failed(self.kitchen.picture("nowhere.png"), 404, "unknown-template", 702, "request")
        self.assertEqual(self.shop.count(), 0)

    def test_the_oldest_make_room(self):
        packs = [self.offer(f"large{i}", files_of(f"large{i}", f"#0000{i:02x}", noise(600 + i, 600)))[0] for i in range(5)]
        evicted = lambda: self.kitchen.metric("templrender_packs_evicted_total")
        before = evicted()
        for target in packs:
            self.served(self.kitchen.picture(target))
        self.assertEqual(self.shop.count("/_pack/"), 5)
        self.served(self.kitchen.picture(packs[4]))
        self.assertEqual(self.shop.count("/_pack/"), 5, "the last is kept")
        self.served(self.kitchen.picture(packs[0]))
        self.assertEqual(self.shop.count("/_pack/"), 6, "the first had made room")
        self.assertGreater(evicted() - before, 2)
        held = self.kitchen.metric("templrender_pack_cache_bytes")
        self.assertTrue(0 < held <= 4 << 20, held)

    def test_a_fallback_in_a_pack(self):
        files = {**files_of("far", "#0000fb"), "fallback.json": json.dumps({"tint": "#00ff00"})}
        files["template.json"] = json.dumps(
            {**json.loads(files["template.json"]), "layers": [{"id": "photo", "type": "image", "src": "{{ photo }}", "width": 6, "height": 6, "if": "photo"}]}
        )
        target, _ = self.offer("back", files)
        got = self.served(self.kitchen.picture(target, "/none.png"))
        self.assertEqual((pixel(got.body, 8, 8), got.header("templrender-fallback")), (GREEN, "missing-resource"))

    def hostile(self):
        """Zips that somebody might send, by name."""
        good = files_of("far", "#0000fa")
        text = good["template.json"]
        whole = packed(good)
        damaged = bytearray(whole)
        damaged[len(text) // 4 + 40] ^= 0x55
        twice = io.BytesIO()
        with zipfile.ZipFile(twice, "w") as pack:
            pack.writestr("template.json", text)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                pack.writestr("template.json", text.replace("ffffff", "000000"))
        encrypted = bytearray(whole)
        # Bit 0 of the flags, in the local header and in the directory.
        encrypted[6] |= 1
        encrypted[encrypted.index(b"PK\x01\x02") + 8] |= 1
        lying = bytearray(whole)
        # The directory says that the text unpacks to 4 GB less a byte.
        at = lying.index(b"PK\x01\x02")
        lying[at + 24 : at + 28] = b"\xfe\xff\xff\xff"
        beyond = bytearray(whole)
        beyond[at + 42 : at + 46] = struct.pack("<I", 0x7FFFFFFF)
        link = zipfile.ZipInfo("template.json")
        link.external_attr = 0o120777 << 16
        return {
            "no zip": b"<!doctype html>",
            "empty": b"",
            "half": whole[: len(whole) // 2],
            "no end": whole[:-22],
            "damaged": bytes(damaged),
            "no template": packed({"other.txt": "x"}),
            "nothing in it": packed({}),
            "twice": twice.getvalue(),
            "encrypted": bytes(encrypted),
            "a length that lies": bytes(lying),
            "an offset beyond the end": bytes(beyond),
            "a way out": packed({**good, "../../etc/passwd": "x"}),
            "an absolute path": packed({**good, "/etc/passwd": "x"}),
            "backslashes": packed({**good, "..\\..\\x": "x"}),
            "a bomb": packed({**good, "assets/bomb.png": bytes(300 << 20)}),
            "a bomb as template": packed({"template.json": b" " * (300 << 20) + text.encode()}),
            "many files": packed({**good, **{f"assets/{i}.png": b"" for i in range(70_000)}}),
            "no JSON": packed({"template.json": "{"}),
            "JSON nested deep": packed({"template.json": "[" * 1_000_000}),
            "no UTF-8": packed({"template.json": b"\xff\xfe" + text.encode()}),
            "a font that is none": packed({**good, "fonts/a.ttf": b"\0\1\0\0" + bytes(1000)}),
            "an asset that is missing": packed({"template.json": files_of("far", "#0000f9", b"x")["template.json"]}),
            "garbage behind": whole + bytes(1 << 20),
            "a link": packed_info(link, "/etc/passwd"),
        }

    def test_hostile_zips(self):
        (worker,) = self.kitchen.nginx.workers()
        self.served(self.kitchen.picture("lenient.png"))
        before = rig._status(worker, "VmRSS")
        for number, (name, pack) in enumerate(self.hostile().items()):
            with self.subTest(name):
                self.shop.says(f"/_pack/shop/far@{number:016x}.zip", Reply(pack))
                began = time.monotonic()
                got = self.kitchen.picture(f"far@{number:016x}.png")
                took = time.monotonic() - began
                self.assertEqual((got.status, got.error["cause"]), (502, "resource"), got)
                self.assertIn(got.code, ("bad-pack", "missing-resource"), got)
                self.assertLess(took, 3 * SLOWER)
                # What is told is no part of what was sent.
                self.assertNotIn(b"passwd", got.body)
                self.served(self.kitchen.picture("lenient.png"))
        self.assertEqual(self.kitchen.nginx.workers(), [worker])
        self.assertLess((rig._status(worker, "VmHWM") - before) >> 10, 48, "MiB more memory at most")


def packed_info(info, content):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as pack:
        pack.writestr(info, content)
    return out.getvalue()


class PacksAtOnce(Shelf):
    """With nginx's cache and its lock before the shelf."""

    settings = {**Shelf.settings, "packs": "1m"}

    def test_twenty_at_once_are_one_fetch(self):
        target, _ = self.offer("far", files_of("far", "#0000fc"), after=0.3)
        for got in at_once([lambda i=i: self.kitchen.picture(target, tint=f"#0000{i:02x}") for i in range(20)]):
            self.served(got)
        self.assertEqual(self.shop.count("/_pack/"), 1)
