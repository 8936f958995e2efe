"""Drills of what must be refused, and of what must not change an answer: poisoned requests, SSRF, bad URLs, slow clients, purges."""

import base64
import hashlib
import hmac
import socket
import time
from urllib.parse import quote

import chain
from chain import rig


def sign(path, columns, **parameters):
    """A signed URL as docs/urls.md makes it in Python: of anything, also of what the program would refuse to sign."""
    key, secret = chain.SECRETS.read_text().split()[:2]

    def url(every):
        pairs = sorted((quote(name, safe=""), quote(value, safe="")) for name, value in every.items())
        return path + "?" + "&".join(name + "=" + value for name, value in pairs)

    parameters = {**columns, **{"~" + name: value for name, value in parameters.items()}, "~k": key}
    mac = hmac.digest(secret.encode(), url(parameters).encode(), hashlib.sha256)
    return url({**parameters, "~s": base64.urlsafe_b64encode(mac).decode().rstrip("=")})


def product(number=1, tenant="shop", photo=None):
    return sign(f"/{tenant}/product-sale.jpg", chain.sale(number, photo or chain.photo(number, 1)))


def fresh():
    """A product that no run has asked for before."""
    return 1_000_000 + int(time.time() * 10) % 100_000_000


def poison(verdicts, _):
    """What a client adds to a request changes neither the object nor its name."""
    number = fresh()
    url = product(number)
    path, query = url.split("?")
    headers = [
        {"Host": "evil.example"},
        {"X_Forwarded_Host": "evil.example"},
        {"X_Forwarded_Proto": "http"},
        {"X_Forwarded_For": "10.0.0.1"},
        {"Forwarded": "host=evil.example"},
        {"X_Original_URL": "/evil"},
        {"X_Rewrite_URL": "/evil"},
        {"X_HTTP_Method_Override": "POST"},
        {"Range": "bytes=0-9"},
        {"If_Range": "x", "Range": "bytes=5-"},
        {"Cookie": "a=b; session=1"},
        {"Authorization": "Basic YTpi"},
        {"Accept_Encoding": "gzip, br"},
        {"Accept": "image/webp"},
        {"Accept_Language": "ar"},
        {"Cache_Control": "no-cache, no-store"},
        {"Pragma": "no-cache"},
        {"User_Agent": "facebookexternalhit/1.1"},
        {"Connection": "X-Request-Id, Host"},
        {"X_Request_Id": "a\tb<script>"},
    ]
    spellings = {
        "the order of parameters": path + "?" + "&".join(reversed(query.split("&"))),
        "lower-case escapes": path + "?" + query.replace("%3A", "%3a").replace("%2F", "%2f"),
        "a + for a space": path + "?" + query.replace("%20", "+"),
        "what may stand for itself, escaped": path + "?" + query.replace("Aster", "%41ster").replace("~s=", "%7Es="),
        "what must be escaped, not escaped": path + "?" + query.replace("%3A", ":").replace("%2F", "/").replace("%2C", ","),
        "jpeg": path.replace(".jpg", ".jpeg") + "?" + query,
        "a whole URL": "http://evil.example" + url,
    }
    # The first who asks is the one who poisons; the same picture of another tenant is what it should be.
    poisoned = product(number, "other")
    first = chain.get(
        poisoned,
        Host="evil.example",
        X_Forwarded_Host="evil.example",
        Range="bytes=0-9",
        Cookie="a=b",
        Accept_Encoding="gzip",
        X_Original_URL="/evil",
    )
    clean = chain.get(url)
    again = chain.get(poisoned)
    drawn, wrong = chain.renders(), []
    for name, answer in [
        *((str(more), chain.get(url, **more)) for more in headers),
        *((name, chain.get(spelled)) for name, spelled in spellings.items()),
    ]:
        if answer.status != 200 or answer.body != clean.body or answer.cache != "HIT":
            wrong.append(f"{name}: {answer.status} {answer.cache} {len(answer.body)} bytes")
    drawn = chain.renders() - drawn
    good = clean.status == first.status == 200 and first.body == clean.body == again.body and again.cache == "HIT" and not wrong and drawn == 0
    verdicts.say(
        good,
        "poisoned requests hit the same object with the same bytes",
        f"{len(headers)} sets of fields and {len(spellings)} spellings, {drawn:.0f} drawings; "
        f"poisoned first: {first.status}, then {again.cache} with {'the same' if again.body == clean.body else 'OTHER'} bytes"
        + "".join(f"; {what}" for what in wrong),
    )


SPELLED = [
    "127.0.0.1",
    "127.1",
    "127.0.1",
    "2130706433",
    "0x7f.1",
    "0x7f000001",
    "0177.0.0.1",
    "017700000001",
    "0.0.0.0",
    "0",
    "[::1]",
    "[::]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[64:ff9b::7f00:1]",
    "[fd00::1]",
    "[fe80::1]",
    "10.0.0.5",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "127.0.0.1.",
    "user@127.0.0.1",
    "photos.test@127.0.0.1",
    "①②⑦.0.0.1".encode("idna").decode(),
]
NAMED = [
    "private.test",
    "loopback.test",
    "metadata.test",
    "router.test",
    "carrier.test",
    "nought.test",
    "loopback6.test",
    "private6.test",
    "link6.test",
    "translated6.test",
    "localhost",
    "LOCALHOST",
]


def pictured(number, target):
    """A picture with this photo, and with a fallback where there is none; of a tenant that names of private addresses are allowed to, so that they come as far as Squid."""
    return sign("/ssrf/product-ad.jpg", chain.ad(number, target))


def without(answer):
    """Refused, or drawn from the template's own fallback."""
    return answer.status in (400, 403, 502) or answer.status == 200 and "Templrender-Fallback" in answer.headers


def ssrf(verdicts, _):
    """Pictures from inside are fetched by nobody: the module refuses what it can see, Squid what a name resolves to."""
    port = chain.ORIGINS[0]
    before = chain.fetched()
    wrong, number = [], fresh()
    # Through the whole chain.
    for at, host in enumerate([*SPELLED, *NAMED]):
        for target in (f"http://{host}/p/1.jpg", f"http://{host}:{port}/p/1.jpg", f"https://{host}/p/1.jpg"):
            answer = chain.get(pictured(number + at, target))
            if not without(answer):
                wrong.append(f"{target}: {answer.status}")
    other = [
        "file:///etc/passwd",
        "ftp://photos.test/p/1.jpg",
        f"http://photos.test:{port}@127.0.0.1/p/1.jpg",
        "gopher://127.0.0.1:6379/_x",
        "http://photos.test:22/p/1.jpg",
        "http://photos.test:6379/p/1.jpg",
    ]
    for at, target in enumerate(other):
        answer = chain.get(pictured(number + 100 + at, target))
        if not without(answer):
            wrong.append(f"{target}: {answer.status}")
    whole = chain.fetched() - before
    verdicts.say(
        not wrong and whole == 0,
        "SSRF through the whole chain",
        f"{len(SPELLED) + len(NAMED)} hosts in 3 URLs each, {len(other)} others, {whole} requests reached the origin"
        + "".join(f"; {what}" for what in wrong),
    )
    # The Squid alone, as if the module had let it through.
    before, wrong, asked = chain.fetched(), [], 0
    squid = next(iter(chain.members("SQUIDS").values()))
    for host in [*SPELLED, *NAMED]:
        for target in (f"http://{host}/p/1.jpg", f"http://{host}:{port}/p/1.jpg"):
            asked += 1
            # 400: it is no URL for Squid. 403: it is refused.
            if (answer := chain.get(target, squid)).status not in (400, 403):
                wrong.append(f"{target}: {answer.status}")
    for method, target in (
        ("CONNECT", "photos.test:443"),
        ("CONNECT", f"127.0.0.1:{port}"),
        ("POST", chain.photo(1)),
        ("PUT", chain.photo(1)),
        ("OPTIONS", chain.photo(1)),
        ("GET", "http://photos.test:22/"),
        ("GET", "ftp://photos.test/"),
        ("GET", "http://photos.test:25/"),
        ("GET", f"http://127.0.0.1:{squid}/squid-internal-mgr/info"),
        ("GET", "cache_object://localhost/info"),
    ):
        asked += 1
        if (answer := chain.get(target, squid, method=method)).status not in (400, 403, 405, 501):
            wrong.append(f"{method} {target}: {answer.status}")
    verdicts.say(
        not wrong and chain.fetched() == before,
        "SSRF at Squid itself",
        f"{asked} requests; {chain.fetched() - before} reached the origin" + "".join(f"; {what}" for what in wrong),
    )


def refused(verdicts, _):
    """What is not signed as it stands is refused before anything is fetched or drawn."""
    number = fresh()
    url = product(number)
    path, query = url.split("?")
    columns = chain.sale(number, chain.photo(number, 1))
    cases = {
        "unsigned": (path + "?" + "&".join(part for part in query.split("&") if not part.startswith(("~s", "~k"))), 403),
        "without its signature": (path + "?" + "&".join(part for part in query.split("&") if not part.startswith("~s")), (400, 403)),
        "tampered price": (url.replace("price=", "price=1", 1), 403),
        "tampered signature": (url.replace("~s=", "~s=A", 1), 403),
        "another's path": (url.replace("/shop/", "/other/"), 403),
        "another template": (url.replace("product-sale", "product-ad"), 403),
        "an unknown key": (url.replace("~k=", "~k=x"), 403),
        "one column more": (url + "&brand=x", 403),
        "expired": (sign("/shop/product-sale.jpg", columns, e="1700000000"), 403),
        "overlong": (path + "?" + query + "&x=" + "a" * 9000, 414),
        "very long": (path + "?x=" + "a" * 30000, (400, 414)),
        "an unknown template": (sign("/shop/nothing.jpg", columns), 404),
        "an unknown parameter": (sign("/shop/product-sale.jpg", columns, q="1"), (400, 403)),
        "twice the same": (url + "&title=x", (400, 403)),
        "// in the path": (url.replace("/shop/", "/shop//"), 400),
        "/../": (url.replace("/shop/", "/x/../shop/"), 400),
        "/./": (url.replace("/shop/", "/./shop/"), 400),
        "%2e%2e": (url.replace("/shop/", "/x/%2e%2e/shop/"), 400),
        "%2F in a name": (url.replace("/shop/", "/shop%2Fx/"), 400),
        "%5C in a name": (url.replace("/shop/", "/shop%5Cx/"), 400),
        "%00 in a name": (url.replace("/shop/", "/shop%00/"), 400),
        "/metrics": ("/metrics", 404),
        "/_fetch": ("/_fetch", 404),
        "/": ("/", 404),
        "no ending": (url.replace(".jpg", ""), 404),
        "gif": (url.replace(".jpg", ".gif"), 404),
    }
    before, drawn, wrong = chain.fetched(), chain.renders(), []
    for name, (target, expected) in cases.items():
        answer = chain.get(target)
        if answer.status not in (expected if isinstance(expected, tuple) else (expected,)):
            wrong.append(f"{name}: {answer.status}")
    for name, method, headers, expected in (
        ("POST", "POST", {}, 405),
        ("PURGE", "PURGE", {"xkey": "tenant:shop"}, 405),
        ("CONNECT", "CONNECT", {}, (400, 405)),
        ("TRACE", "TRACE", {}, 405),
        ("a length", "GET", {"Content_Length": "5"}, 400),
        ("chunks", "GET", {"Transfer_Encoding": "chunked"}, 400),
        ("two lengths", "GET", {"Content_Length": "5", "Transfer_Encoding": "chunked"}, 400),
    ):
        answer = chain.get(url, method=method, timeout=10, **headers)
        if answer.status not in (expected if isinstance(expected, tuple) else (expected,)):
            wrong.append(f"{name}: {answer.status}")
    fetched, drawn = chain.fetched() - before, chain.renders() - drawn
    verdicts.say(
        not wrong and fetched == 0 and drawn == 0,
        "unsigned, tampered, expired, overlong, unnormalised: refused before any fetch",
        f"{len(cases) + 7} requests, {fetched} fetches, {drawn:.0f} drawings" + "".join(f"; {what}" for what in wrong),
    )


def slowloris(verdicts, _):
    """Clients that send their request a byte at a time hold nothing for long, and nobody else waits for them."""
    url, count = product(1), 200
    chain.get(url)
    began = time.monotonic()
    slow = [socket.create_connection(("127.0.0.1", chain.EDGE)) for _ in range(count)]
    closed, times = {}, []
    for one in slow:
        one.setblocking(False)
        one.send(b"GET / HTTP/1.1\r\nHost: a\r\nX-Slow: ")
    while len(closed) < count and time.monotonic() - began < 10:
        for at, one in enumerate(slow):
            if at in closed:
                continue
            try:
                # Its answer (408), and the end.
                if not one.recv(4096) or not one.send(b"a"):
                    closed[at] = time.monotonic() - began
            except BlockingIOError:
                try:
                    one.send(b"a")
                except BlockingIOError:
                    pass
                except OSError:
                    closed[at] = time.monotonic() - began
            except OSError:
                closed[at] = time.monotonic() - began
        start = time.monotonic()
        if chain.get(url).status == 200:
            times.append(time.monotonic() - start)
        time.sleep(0.25)
    for one in slow:
        one.close()
    last = max(closed.values(), default=99.0)
    verdicts.say(
        len(closed) == count and last < 7 and times and max(times) < 2,
        "slow heads are closed",
        f"{len(closed)}/{count} closed, the last after {last:.1f} s; meanwhile {len(times)} others were answered in {max(times, default=99) * 1000:.0f} ms at most",
    )


def purge(verdicts, _):
    """What is purged by template or tenant is drawn anew, in all tiers, and nothing else is."""
    number = fresh()
    urls = {
        "shop sale": product(number),
        "other sale": product(number, "other"),
        "shop ad": sign("/shop/product-ad.jpg", chain.ad(number, chain.photo(number, 1))),
    }
    for url in urls.values():
        chain.get(url)
    wrong = []
    for keys, gone in (
        (["tenant:shop,template:product-sale"], {"shop sale"}),
        (["template:product-ad"], {"shop ad"}),
        (["tenant:other"], {"other sale"}),
    ):
        kept = {name: chain.get(url).cache for name, url in urls.items()}
        if set(kept.values()) != {"HIT"}:
            wrong.append(f"before {keys}: {kept}")
        drawn = chain.renders()
        chain.sh("purge", *keys)
        # The old one once more, while a new one is made behind it.
        for url in urls.values():
            chain.get(url)
        if not chain.waited(lambda: chain.renders() - drawn >= len(gone), 5):
            wrong.append(f"{keys}: {chain.renders() - drawn:.0f} drawings, expected {len(gone)}")
        time.sleep(0.3)
        if chain.renders() - drawn != len(gone):
            wrong.append(f"{keys}: {chain.renders() - drawn:.0f} drawings, expected {len(gone)}")
        nodes = {name: chain.get(url).node_cache for name, url in urls.items()}
    verdicts.say(
        not wrong, "purges by template and tenant", "3 purges, each drew anew what it named and nothing else" if not wrong else "; ".join(wrong)
    )


DRILLS = {"poison": poison, "ssrf": ssrf, "refused": refused, "slowloris": slowloris, "purge": purge}
