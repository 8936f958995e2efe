"""The chain under test: its settings, its members by name, signed URLs made by the program, and what each tier says of itself.

Drills and bench are made of this and of tools/serve/rig.py, which has the origin, the load generators and the verdicts.
"""

import os
import re
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
ROOM = Path(os.environ.get("CHAIN_ROOM", ROOT / "target" / "chain"))
sys.path.insert(0, str(ROOT / "tools" / "serve"))
import rig  # noqa: E402


def settings():
    """As chain.sh reads them: the file's, where the environment has none."""
    lines = Path(os.environ.get("CHAIN_SETTINGS", HERE / "chain.env")).read_text().splitlines()
    pairs = [match.groups() for line in lines if (match := re.match(r"([A-Z][A-Z0-9_]*)=(.*)", line))]
    return {**dict(pairs), **os.environ}


SET = settings()
BUILT = Path(SET["TEMPLRENDER_BUILT"])
EDGE = int(SET["EDGE_ADDRESS"].rpartition(":")[2])
ORIGINS = tuple(int(port) for port in SET["ORIGIN_PORTS"].split())
SECRETS = ROOM / "secrets.txt"
TEMPLATES = Path(SET.get("TEMPLATES", ROOT / "templates"))
# rig.py's own idea of these is the service's.
rig.ROOM, rig.ORIGINS, rig.PORT = ROOM, ORIGINS, EDGE


def members(name):
    """{"n1": 18320, ...} of a list of the settings."""
    return {entry.partition("=")[0]: int(entry.rpartition(":")[2]) for entry in SET[name].split()}


def sh(*arguments, **settings):
    """chain.sh; settings win over those of its file."""
    subprocess.run([HERE / "chain.sh", *arguments], check=True, env={**os.environ, **settings}, stdout=subprocess.DEVNULL)


# -- URLs
# Templates with one photo of a product: name, variant, ending, and the columns of a product.
def sale(number, photo):
    return {
        "title": f"Aster honey, 500 g, no. {number}",
        "price": f"{5 + number * 37 % 20000 / 100:.2f} EUR",
        "sale_price": f"{4 + number * 37 % 20000 / 125:.2f} EUR",
        "image_link": photo,
    }


def ad(number, photo):
    return {
        "name": f"Aster honey, 500 g, no. {number}",
        "price": f"€{4 + number * 37 % 20000 / 125:.2f}",
        "old": f"€{5 + number * 37 % 20000 / 100:.2f}",
        "image_link": photo,
    }


def card(number, photo):
    return {"title": f"Aster honey, 500 g, no. {number}", "author": "Larch", "avatar": photo}


KINDS = {"sale": ("product-sale", None, sale), "landscape": ("product-sale", "landscape", sale), "ad": ("product-ad", None, ad)}


def photo(number, origin=0):
    return f"http://{SET['ORIGIN_NAME']}:{ORIGINS[origin]}/p/{number}.jpg"


def signed(kind, numbers, tenant="shop", origin=0, photos=None, more=()):
    """Paths with queries, one for each number, signed by `templrender feed --rewrite`."""
    template, variant, columns = KINDS[kind]
    folder = ROOM / "feeds" / f"{os.getpid()}"
    folder.mkdir(parents=True, exist_ok=True)
    rows = [{"id": str(at), **columns(number, photos[at] if photos else photo(number, origin))} for at, number in enumerate(numbers)]
    names = list(rows[0])
    (folder / "feed.tsv").write_text("\n".join(["\t".join(names), *("\t".join(row[name] for name in names) for row in rows)]) + "\n")
    command = [
        BUILT / "templrender",
        "feed",
        TEMPLATES / template,
        folder / "feed.tsv",
        "--out",
        folder / "out",
        "--rewrite",
        "http://edge",
        "--secret-file",
        SECRETS,
        "--tenant",
        tenant,
        *(["--variant", variant] if variant else []),
        *more,
    ]
    done = subprocess.run([str(part) for part in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    lines = [line.split("\t") for line in (folder / "out" / "feed.tsv").read_text().splitlines()] if done.returncode == 0 else []
    if len(lines) != len(rows) + 1:
        sys.exit(f"the feed of {len(rows)} rows got {len(lines) - 1} URLs:\n{done.stdout[-2000:]}")
    # The feed calls the picture image_link whatever the template calls it.
    at = max(range(len(lines[0])), key=lambda column: lines[1][column].startswith("http://edge/"))
    return [line[at].removeprefix("http://edge") for line in lines[1:]]


def file_of(name, paths):
    file = ROOM / f"urls-{name}.txt"
    file.write_text("\n".join(paths) + "\n")
    return file


# -- Requests
class Answer:
    def __init__(self, status, body, headers):
        self.status, self.body, self.headers = status, body, headers
        # "v1 HIT", "n2 MISS": which of each tier answered, and how.
        self.varnish, _, self.cache = headers.get("X-Cache", "- -").partition(" ")
        self.node, _, self.node_cache = headers.get("X-Node", "- -").partition(" ")


def get(path, port=EDGE, timeout=40, method="GET", **headers):
    """One request on a connection of its own, its target as it stands: urllib would mend it."""
    import http.client

    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
    # http.client refuses what a client must not send; an attacker sends it.
    connection._validate_path = lambda url: None
    connection.putrequest(method, path, skip_accept_encoding=True, skip_host="Host" in headers)
    for name, value in headers.items():
        connection.putheader(name.replace("_", "-"), value)
    connection.endheaders()
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return Answer(answer.status, body, answer.headers)


# -- What the tiers say
def node_metrics():
    """The sum of the nodes' figures."""
    total = {}
    for port in members("NODES_INSIDE").values():
        try:
            for name, value in rig.metrics(port).items():
                total[name] = total.get(name, 0.0) + value
        except OSError:
            pass
    return total


def renders(metrics=None):
    return rig.total(metrics or node_metrics(), "templrender_renders_total", result="drawn")


def fetched():
    """Requests that reached the origins."""
    return sum(count["requests"] for count in rig.origin_counts().values())


def varnish_counts(names=None):
    total = {}
    for name in names or members("VARNISHES"):
        out = subprocess.run(
            ["varnishstat", "-n", ROOM / name, "-1", "-f", "MAIN.*"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        ).stdout
        for line in out.splitlines():
            field, value = line.split()[:2]
            total[field] = total.get(field, 0) + int(value)
    return total


def log_counts(kind, field):
    """How often each value stands in a field of the nodes' logs (front.log, fetch.log) or the Squids' (access.log)."""
    counts = {}
    for name in members("SQUIDS" if kind == "access" else "NODES"):
        path = ROOM / name / f"{kind}.log"
        if path.exists():
            for line in path.read_text(errors="replace").splitlines():
                words = line.split()
                if len(words) > field:
                    counts[words[field]] = counts.get(words[field], 0) + 1
    return counts


def pids(name):
    files = {"edge": ["haproxy.pid"], "v": ["varnishd.pid"], "n": ["nginx.pid", "haproxy.pid"], "s": ["squid.pid"]}
    kinds = files["edge"] if name == "edge" else [f"{name}/{file}" for file in files[name[0]]]
    leaders = [int(word) for file in kinds if (ROOM / file).exists() for word in (ROOM / file).read_text().split()]
    return [int(pid) for pid in os.listdir("/proc") if pid.isdigit() and rig._session(pid) in leaders]


def rss_mb(names):
    return sum(rig._status(pid, "VmRSS") for name in names for pid in pids(name)) / 1024


def everyone():
    return ["edge", *members("VARNISHES"), *members("NODES"), *members("SQUIDS")]


def waited(condition, seconds, pause=0.1):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(pause)
    return False


def alive(port):
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=2) as answer:
            return answer.status == 200
    except OSError:
        return False


def main():
    """What each tier has answered since the chain came up."""
    varnish, metrics = varnish_counts(), node_metrics()
    kinds = lambda counts: ", ".join(f"{name} {number:,}" for name, number in sorted(counts.items(), key=lambda pair: -pair[1])) or "nothing"
    hit, miss = varnish.get("MAIN.cache_hit", 0), varnish.get("MAIN.cache_miss", 0)
    print(f"Varnish   hit {hit:,}, miss {miss:,}; {varnish.get('MAIN.n_object', 0):,} answers, {varnish.get('MAIN.n_lru_nuked', 0):,} driven out")
    print(f"nginx     {kinds(log_counts('front', 1))}; statuses {kinds(log_counts('front', 0))}")
    print(f"module    {renders(metrics):,.0f} drawings")
    print(f"photos    {kinds(log_counts('fetch', 1))}; statuses {kinds(log_counts('fetch', 0))}")
    print(f"Squid     {kinds(log_counts('access', 3))}")
    print(f"origin    {fetched():,} requests")
    print(f"memory    {', '.join(f'{name} {rss_mb([name]):.0f} MB' for name in everyone())}")


if __name__ == "__main__":
    main()
