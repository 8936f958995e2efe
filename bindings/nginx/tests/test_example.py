"""nginx.conf.example, run as it stands but for its paths and ports, and for a shop that is on this machine."""
import os
import re
import shutil
import unittest

from kitchen import FRONT, HERE, INNER, KEYS, MODULE, ROOM, ROOT, SHOP, Nginx, ask, signed
from pictures import RED, png
from shop import Reply, Shop

PLACES = {
    "modules/ngx_http_templrender_module.so": str(MODULE),
    "/run/nginx-templrender.sock": "@folder@/inner.sock",
    "/run/nginx.pid": "@folder@/nginx.pid",
    "/var/log/nginx": "@folder@",
    "/var/cache/nginx": "@folder@",
    "/etc/templrender/templates": str(ROOT / "templates"),
    "/etc/templrender/keys": "@folder@/keys",
    "listen 80;": f"listen 127.0.0.1:{FRONT};",
    "127.0.0.1:8081": f"127.0.0.1:{INNER}",
    "templrender_fetch       /_fetch;": "templrender_fetch /_fetch; templrender_allow_private on;",
    "/etc/ssl/certs/ca-certificates.crt": "@folder@/ca.pem",
    "proxy_ssl_verify on;": "",
}


class Example(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = ROOM / cls.__name__
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        (folder / "keys").write_text(KEYS)
        config = (HERE.parent / "nginx.conf.example").read_text()
        for place, here in PLACES.items():
            assert place in config, f"the example has no {place}"
            config = config.replace(place, here.replace("@folder@", str(folder)))
        # No file of certificates may be here, and nothing is asked for by https.
        config = "\n".join(line for line in config.splitlines() if "proxy_ssl_trusted_certificate" not in line)
        user = "user root root;" if os.geteuid() == 0 else ""
        cls.shop = Shop(SHOP)
        try:
            cls.nginx = Nginx(folder, f"daemon off; {user}\n{config}\n")
        except BaseException:
            cls.shop.stop()
            raise

    @classmethod
    def tearDownClass(cls):
        cls.nginx.stop()
        cls.shop.stop()

    def drawn(self):
        return int(re.search(r'^templrender_renders_total\{result="drawn"\} (\d+)$', ask(INNER, "/metrics").body.decode(), re.M)[1])

    def test_pictures_come_out_and_are_kept(self):
        self.shop.says("/photo.png", Reply(png(60, 60, RED)))
        row = {"title": "Aster honey", "price": "6.90 EUR", "image_link": self.shop.url("/photo.png")}
        target = signed("/shop/product-sale.png", row)
        before = self.drawn()
        first, second = ask(FRONT, target), ask(FRONT, target)
        self.assertEqual((first.status, second.status), (200, 200), first.body[:300])
        self.assertEqual(first.body[:8], b"\x89PNG\r\n\x1a\n")
        self.assertEqual(first.body, second.body)
        self.assertEqual(self.shop.count(), 1)
        again = ask(FRONT, target, headers={"If-None-Match": first.header("etag")})
        self.assertEqual((again.status, again.body), (304, b""))
        self.assertEqual(ask(FRONT, target.replace("Aster", "Other")).status, 403)
        self.assertEqual(self.drawn() - before, 1)

    def test_no_log_holds_a_query(self):
        secret = "s3cret-of-a-row"
        ask(FRONT, signed("/shop/og-card.png", {"title": secret, "author": "x"}))
        ask(FRONT, signed("/shop/product-ad.png", {"name": secret, "price": "1 EUR", "photo": "ftp://a.example/?" + secret}))
        for log in self.nginx.folder.glob("*.log"):
            self.assertNotIn(secret, log.read_text(errors="replace"), log.name)
