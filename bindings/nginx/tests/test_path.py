"""From a URL to a picture: which of its sources is drawn, who is told that nothing has changed, and what is asked for once."""

import json
import subprocess
import time
from pathlib import Path

from kitchen import FRONT, PROGRAM, SLOWER, Case, at_once, template
from pictures import BLUE, GREEN, RED, WHITE, damaged, pixel, png
from shop import Reply

PAGE = b"<!doctype html><title>Maintenance</title><p>We will be back soon."


class FromUrlToPicture(Case):
    def test_a_request_gets_its_picture(self):
        self.shop.says("/first.png", Reply(png(6, 6, RED)))
        got = self.served(self.kitchen.picture("strict.png", "/first.png"))
        self.assertEqual((pixel(got.body, 2, 2), pixel(got.body, 8, 8)), (RED, WHITE))
        self.assertEqual(got.header("x-content-type-options"), "nosniff")
        self.assertEqual(got.header("cross-origin-resource-policy"), "cross-origin")
        self.assertRegex(got.header("cache-control"), r"^public, max-age=3600\b")
        wide = self.served(self.kitchen.picture("strict/wide.png", "/first.png"))
        self.assertEqual(pixel(wide.body, 18, 2), WHITE)
        self.assertEqual(self.shop.count(), 1, "the photo is kept")

    def test_a_location_that_fails_makes_room_for_the_next(self):
        """The first is 404, the second an HTML page with 200 that calls itself a picture, the third works."""
        self.shop.says("/page.png", Reply(PAGE))
        self.shop.says("/third.png", Reply(png(6, 6, GREEN)))
        url = self.shop.url
        got = self.served(self.kitchen.picture("choices.png", "/gone.png", second=url("/page.png"), third=url("/third.png")))
        self.assertEqual(pixel(got.body, 2, 2), GREEN)
        self.assertEqual([asked.path for asked in self.shop.asked], ["/gone.png", "/page.png", "/third.png"])
        made = int(self.kitchen.logged(got, "notes"))
        # As many notes as the program makes, and they tell of both.
        row = {"photo": url("/gone.png"), "second": url("/page.png"), "third": url("/third.png")}
        command = [
            PROGRAM,
            "render",
            self.kitchen.templates / "choices",
            "--allow-private",
            "--row",
            json.dumps(row),
            "-o",
            self.kitchen.folder / "choices.png",
            "--report",
            "-",
        ]
        notes = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)["notes"]
        told = " ".join(note["message"] for note in notes)
        self.assertTrue("gone.png: the server answered with status 404" in told and "page.png: this is an HTML page" in told, told)
        self.assertEqual(made, len(notes))
        self.assertEqual((self.kitchen.folder / "choices.png").read_bytes(), got.body)
        # A picture that is not the first choice is not kept for long.
        self.assertEqual(got.age, 10)

    def test_a_picture_that_turns_out_to_be_damaged_makes_room_too(self):
        self.shop.says("/damaged.png", Reply(damaged(60, 60)))
        self.shop.says("/good.png", Reply(png(6, 6, BLUE)))
        got = self.served(self.kitchen.picture("choices.png", "/damaged.png", second=self.shop.url("/good.png")))
        self.assertEqual((pixel(got.body, 2, 2), got.age), (BLUE, 10))
        got = self.served(self.kitchen.picture("lenient.png", "/damaged.png"))
        self.assertEqual((pixel(got.body, 2, 2), got.age), (WHITE, 10))
        got = self.kitchen.picture("strict.png", "/damaged.png")
        self.assertIn(got.code, ("damaged-resource", "unknown-format"))
        code = self.failed(got, 502, got.code)["code"]
        got = self.served(self.kitchen.picture("plan-b.png", "/damaged.png"))
        self.assertEqual((pixel(got.body, 2, 2), got.header("templrender-fallback")), (BLUE, code))

    def test_a_picture_that_is_cut_off_makes_room_too(self):
        # three quarters of a JPEG could be drawn, but the answer would be kept for long
        whole = (Path(__file__).parents[3] / "templates/og-card/rows/photos/cat.jpg").read_bytes()
        self.shop.says("/whole.jpg", Reply(whole))
        self.shop.says("/cut.jpg", Reply(whole[: len(whole) * 3 // 4]))
        self.shop.says("/good.png", Reply(png(6, 6, BLUE)))
        self.assertGreater(self.served(self.kitchen.picture("strict.png", "/whole.jpg")).age, 10)
        got = self.served(self.kitchen.picture("choices.png", "/cut.jpg", second=self.shop.url("/good.png")))
        self.assertEqual((pixel(got.body, 2, 2), got.age), (BLUE, 10))
        self.failed(self.kitchen.picture("strict.png", "/cut.jpg"), 502, "damaged-resource")

    def test_a_missing_photo_is_left_out_for_a_moment_only(self):
        got = self.served(self.kitchen.picture("lenient.png", "/none.png"))
        self.assertEqual((pixel(got.body, 2, 2), got.age), (WHITE, 10))

    def test_a_data_url_is_read_in_place(self):
        import base64

        data = "data:image/png;base64," + base64.b64encode(png(6, 6, BLUE)).decode()
        got = self.served(self.kitchen.picture("strict.png", data))
        self.assertEqual((pixel(got.body, 2, 2), self.shop.count()), (BLUE, 0))

    def test_fifty_requests_for_one_product_are_one_fetch_and_three_renders(self):
        self.shop.says("/fifty.png", Reply(png(6, 6, RED), after=0.2))
        targets = [self.kitchen.target(f"{name}.png", "/fifty.png") for name in ("strict", "lenient", "plan-b")]
        before = self.kitchen.drawn()
        got = at_once([lambda t=targets[i % 3]: self.kitchen.get(t, port=FRONT) for i in range(50)])
        for i, answer in enumerate(got):
            self.served(answer)
            self.assertEqual((pixel(answer.body, 2, 2), answer.body == got[i % 3].body), (RED, True))
        self.assertEqual((self.shop.count("/fifty.png"), self.kitchen.drawn() - before), (1, 3))

    def test_a_head_is_a_get_without_its_body(self):
        self.shop.says("/red.png", Reply(png(6, 6, RED)))
        for target in (self.kitchen.target("strict.png", "/red.png"), self.kitchen.target("none.png"), "/shop/strict.png?photo=x", "/nothing"):
            name = {"x-request-id": "a"}
            head, get = self.kitchen.get(target, "HEAD", name), self.kitchen.get(target, headers=name)
            self.assertEqual((head.status, head.body, get.body != b""), (get.status, b"", True), target)
            for field in ("content-type", "content-length", "etag", "cache-control", "x-request-id"):
                self.assertEqual(head.header(field), get.header(field), f"{target}: {field}")
            self.assertEqual(int(get.header("content-length")), len(get.body))

    def test_a_tenant_has_its_own_templates_before_everybodys(self):
        self.kitchen.save("acme/lenient", template("lenient", layer={"missing": "hide"}).replace("#ffffff", "#0000ff"))
        self.kitchen.save("acme/own", template("own", layer={"missing": "hide"}))
        self.assertTrue(self.kitchen.nginx.reload()[0])
        self.assertEqual(pixel(self.kitchen.picture("/acme/lenient.png").body, 8, 8), BLUE)
        self.assertEqual(pixel(self.kitchen.picture("/other/lenient.png").body, 8, 8), WHITE)
        self.assertEqual(self.kitchen.picture("/acme/own.png").status, 200)
        refused = self.kitchen.picture("/other/own.png")
        self.failed(refused, 404, "unknown-template", 702, "request")
        self.assertNotIn(b"acme", refused.body)

    def test_a_request_has_a_name(self):
        target = self.kitchen.target("none.png")
        self.assertEqual(self.kitchen.get(target, headers={"x-request-id": "edge-7"}).header("x-request-id"), "edge-7")
        one, other = (self.kitchen.get(target).header("x-request-id") for _ in range(2))
        self.assertTrue(one and other and one != other)
        evil = self.kitchen.get(target, headers={"x-request-id": 'a" b'})
        self.assertNotIn('"', evil.header("x-request-id"))
        self.assertEqual(evil.error["request_id"], evil.header("x-request-id"))


class Fresh(Case):
    """Answers are fresh for two seconds, and pictures are never kept: what is asked for is seen at the shop."""

    settings = {"module": "templrender_max_age 2s;", "pictures": "0"}

    def wait(self):
        time.sleep(2.2)

    def test_who_has_it_is_told_so_while_it_is_fresh(self):
        self.shop.says("/a.png", Reply(png(6, 6, RED)))
        target = self.kitchen.target("strict.png", "/a.png")
        first = self.served(self.kitchen.get(target))
        etag = first.header("etag")
        self.shop.forget()
        drawn = self.kitchen.drawn()
        for tags in (etag, f"W/{etag}", "*", f'"other", {etag}'):
            got = self.kitchen.get(target, headers={"If-None-Match": tags})
            self.assertEqual((got.status, got.body, got.header("etag")), (304, b"", etag), tags)
            self.assertIn(got.age, (0, 1, 2))
        self.assertEqual((self.shop.count(), self.kitchen.drawn()), (0, drawn))
        for tags in ('"other"', "", etag.strip('"'), etag[:-2] + '"'):
            self.assertEqual(self.kitchen.get(target, headers={"If-None-Match": tags}).status, 200, tags)

    def test_an_unchanged_picture_is_fetched_again_and_not_drawn(self):
        self.shop.says("/b.png", Reply(png(6, 6, RED)))
        target = self.kitchen.target("strict.png", "/b.png")
        etag = self.served(self.kitchen.get(target)).header("etag")
        for round in range(1, 3):
            self.wait()
            drawn = self.kitchen.drawn()
            got = self.kitchen.get(target, headers={"If-None-Match": etag})
            self.assertEqual((got.status, got.body, got.header("etag")), (304, b"", etag))
            self.assertEqual((self.shop.count("/b.png"), self.kitchen.drawn() - drawn), (1 + round, 0))
            # It is fresh again.
            self.assertEqual(self.kitchen.get(target, headers={"If-None-Match": etag}).status, 304)
            self.assertEqual(self.shop.count("/b.png"), 1 + round)

    def test_a_changed_picture_is_another_answer(self):
        self.shop.says("/c.png", Reply(png(6, 6, RED)))
        target = self.kitchen.target("strict.png", "/c.png")
        first = self.served(self.kitchen.get(target))
        self.wait()
        self.shop.says("/c.png", Reply(png(6, 6, BLUE)))
        got = self.served(self.kitchen.get(target, headers={"If-None-Match": first.header("etag")}))
        self.assertEqual(pixel(got.body, 2, 2), BLUE)
        self.assertNotEqual(got.header("etag"), first.header("etag"))
        self.assertEqual(got.header("etag")[:18], first.header("etag")[:18], "the plan is the same")

    def test_a_tag_names_the_bytes(self):
        for name, colour in (("red", RED), ("copy", RED), ("blue", BLUE)):
            self.shop.says(f"/{name}.png", Reply(png(6, 6, colour)))
        seen = {}
        for path, photo, more in (
            ("lenient.png", "/red.png", {}),
            ("lenient.png", "/blue.png", {}),
            ("lenient.png", "/copy.png", {}),
            ("lenient.png", "/none.png", {}),
            ("strict.png", "/red.png", {}),
            ("strict/wide.png", "/red.png", {}),
            ("lenient.jpg", "/red.png", {}),
            ("lenient.webp", "/red.png", {}),
            ("lenient.png", "/red.png", {"tint": "red"}),
        ):
            got = self.served(self.kitchen.picture(path, photo, **more))
            self.assertEqual(seen.setdefault(got.header("etag"), got.body), got.body, (path, photo, more))
        first = self.kitchen.picture("lenient.png", "/red.png").header("etag")
        # Columns that nothing reads, and what only names the address, change nothing.
        for more in ({"unread": "1"}, {"_v": "7"}):
            self.assertEqual(self.kitchen.picture("lenient.png", "/red.png", **more).header("etag"), first, more)


class ValidUntil(Case):
    SALE = json.dumps(
        {
            "templrender": 1,
            "name": "sale",
            "size": [10, 10],
            "time-zone": "UTC",
            "fields": {"until": {"type": "date"}},
            "background": "{{ '#ff0000' if now < until else '#0000ff' }}",
            "layers": [],
        }
    )
    settings = {"templates": {"sale": SALE}}

    def test_nothing_is_kept_longer_than_it_is_true(self):
        end = int(time.time()) + 3
        until = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(end))
        got = self.served(self.kitchen.picture("sale.png", until=until))
        left = end - time.time()
        self.assertEqual(pixel(got.body, 5, 5), RED)
        self.assertTrue(left <= got.age <= left + 2 * SLOWER and got.age <= 3, f"max-age={got.age}, {left:.1f} s left")
        self.assertNotIn("stale-", got.header("cache-control"))
        time.sleep(max(0.0, end - time.time()) + 0.1)
        # Who has the picture of before gets the other one, although five minutes are not over.
        got = self.served(self.kitchen.picture("sale.png", until=until, headers={"If-None-Match": got.header("etag")}))
        self.assertEqual((pixel(got.body, 5, 5), got.age), (BLUE, 3600))


class Fallback(Case):
    SKIP = {"more": {"skip-if": "'sold out' if count == 0"}, "layer": {"missing": "hide"}}
    settings = {
        "templates": {
            "strict": template("strict"),
            "skip": template("skip", **SKIP),
            "plan-b": __import__("kitchen").plan_b("plan-b"),
            "skip-b": {"template.json": template("skip-b", **SKIP), "fallback.json": json.dumps({"tint": "#0000ff", "count": 1})},
        }
    }

    def test_a_fallback_takes_the_place_of_what_an_origin_did_not_give(self):
        self.shop.says("/page.png", Reply(PAGE))
        self.shop.says("/red.png", Reply(png(6, 6, RED)))
        for photo, code in (("/none.png", "missing-resource"), ("/page.png", "unknown-format"), ("http://dead.example/a.png", "missing-resource")):
            got = self.served(self.kitchen.picture("plan-b.png", photo))
            self.assertEqual((pixel(got.body, 2, 2), pixel(got.body, 8, 8)), (BLUE, GREEN), photo)
            self.assertEqual((got.header("templrender-fallback"), got.age, got.header("etag")), (code, 10, ""), photo)
        got = self.served(self.kitchen.picture("plan-b.png", "/red.png"))
        self.assertEqual((pixel(got.body, 2, 2), got.header("templrender-fallback")), (RED, ""))

    def test_never_of_what_the_request_is_guilty_of(self):
        self.failed(self.kitchen.picture("plan-b.png", "/a.png", tint="nocolour"), 400, "bad-field", 202, "row")
        self.failed(self.kitchen.picture("plan-b/none.png", "/a.png"), 404, "unknown-variant", 114, "template")
        self.failed(self.kitchen.picture("plan-b.png", "http://evil.test/a.png"), 400, "refused-origin", 605, "row")
        self.failed(self.kitchen.get("/shop/plan-b.png"), 403, "bad-signature", 603, "request")

    def test_a_skipped_row_gets_the_fallback_or_nothing(self):
        got = self.kitchen.picture("skip.png", count=0)
        error = self.failed(got, 404, "row-skipped", 206, "row")
        self.assertEqual(error["message"], "row is skipped: sold out")
        got = self.served(self.kitchen.picture("skip-b.png", count=0))
        self.assertEqual((pixel(got.body, 5, 5), got.header("templrender-fallback")), (BLUE, "row-skipped"))
        self.assertEqual(pixel(self.kitchen.picture("skip-b.png", count=1).body, 5, 5), WHITE)


class Models(Case):
    """Templates may name models, which do not run here: the layer's next choice is drawn, and nobody waits."""

    settings = {
        "templates": {
            "original": template("original", layer={"model": "paint", "missing": "original"}),
            "hide": template("hide", layer={"model": "paint", "missing": "hide"}),
            "cutout": template("cutout", layer={"cutout": "person", "missing": "original"}),
            "error": template("error", layer={"model": "paint", "missing": "error"}),
            "face": template("face", layer={"object-fit": "cover", "object-position": "face"}),
        }
    }

    def test_the_next_choice_is_drawn(self):
        self.shop.says("/red.png", Reply(png(6, 6, RED)))
        for name, drawn in (("original", RED), ("cutout", RED), ("face", RED), ("hide", WHITE)):
            got = self.served(self.kitchen.picture(f"{name}.png", "/red.png"))
            self.assertEqual((pixel(got.body, 2, 2), pixel(got.body, 8, 8)), (drawn, WHITE), name)
            self.assertGreaterEqual(int(self.kitchen.logged(got, "notes")), 1, name)

    def test_a_picture_that_must_be_made_is_an_error(self):
        self.shop.says("/red.png", Reply(png(6, 6, RED)))
        error = self.failed(self.kitchen.picture("error.png", "/red.png"), 500, "model-failed", 407, "host")
        self.assertIn('no model is called "paint"', error["message"])
        got = self.served(self.kitchen.picture("original.png", "/red.png"))
        self.assertEqual(pixel(got.body, 2, 2), RED)

    def test_many_at_once_end(self):
        self.shop.says("/red.png", Reply(png(6, 6, RED)))
        targets = [self.kitchen.target("original.png", "/red.png", tint=f"#0000{i:02x}") for i in range(30)]
        got = at_once([lambda target=target: self.kitchen.get(target) for target in targets])
        self.assertEqual({one.status for one in got}, {200})
