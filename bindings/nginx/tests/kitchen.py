"""What the tests of the nginx module share: a folder of templates, nginx with the module over it, and clients.

Everything lies under target/nginx-tests and listens on 127.0.0.1:18100 to 18199. Each nginx is a child of the tests with a pid file of its own, and is
told to end by that pid. The environment says what is tested:

    TEMPLRENDER_BUILT    a folder with templrender (the program) and libtemplrender.so
    TEMPLRENDER_MODULE   the module, ngx_http_templrender_module.so
    NGINX_UNDER          what nginx is run under, such as a valgrind with its options
    NGINX_SLOWER         how many times longer than usual everything takes there
"""

import base64
import hashlib
import hmac
import json
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import unittest
from pathlib import Path
from urllib.parse import quote

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
ROOM = Path(os.environ.get("NGINX_ROOM", ROOT / "target" / "nginx-tests"))
os.environ.setdefault("SERVE_ROOM", str(ROOM))
sys.path.insert(0, str(ROOT / "tools" / "serve"))

import photos  # noqa: E402, F401  (tools/serve/photos.py)
import rig  # noqa: E402  (tools/serve/rig.py)
from client import SLOWER, Got, ask, ask_raw, at_once, quantile  # noqa: E402, F401
from prometheus import Page  # noqa: E402
from shop import Shop, wait_for  # noqa: E402

BUILT = Path(os.environ.get("TEMPLRENDER_BUILT", ROOT / "target" / "ci"))
MODULE = Path(os.environ.get("TEMPLRENDER_MODULE", ROOM / "module" / "ngx_http_templrender_module.so"))
PROGRAM = BUILT / "templrender"
UNDER = shlex.split(os.environ.get("NGINX_UNDER", ""))
SHOP, FRONT, INNER, SECOND, SERVE, NOBODY = 18100, 18110, 18111, 18112, 18190, 18199
SECRETS = {
    "k1": ("an-example-that-everybody-knows-1", None),
    "k2": ("an-example-that-everybody-knows-2", "acme"),
    "k3": ("an-example-that-everybody-knows-3", None),
}
# In the order of preference; k3 is on no list of the service.
KEYS = "".join(f"{id} {secret} {tenant or ''}".rstrip() + "\n" for id, (secret, tenant) in SECRETS.items() if id != "k3")


def signed(path, columns, key="k1", secret=None):
    """The URL of a picture as docs/urls.md signs it."""

    def url(parameters):
        pairs = sorted((quote(name, safe=""), quote(value, safe="")) for name, value in parameters.items())
        return path + "?" + "&".join(name + "=" + value for name, value in pairs)

    parameters = {name: value for name, value in columns.items() if value.strip()} | {"~k": key}
    mac = hmac.digest((secret or SECRETS[key][0]).encode(), url(parameters).encode(), hashlib.sha256)
    return url({**parameters, "~s": base64.urlsafe_b64encode(mac).decode().rstrip("=")})


def template(name, sources=("{{ photo }}",), layer="", more="", size=(10, 10)):
    """A picture of the row's tint with a photo of 6 x 6 px in its corner."""
    return json.dumps(
        {
            "templrender": 1,
            "name": name,
            "size": list(size),
            "background": "{{ tint }}",
            "fields": {
                "tint": {"type": "color", "default": "#ffffff"},
                "photo": {"type": "image"},
                "second": {"type": "image"},
                "third": {"type": "image"},
                "count": {"type": "number"},
            },
            "layers": [{"id": "photo", "type": "image", "src": list(sources), "width": 6, "height": 6, **(layer or {})}],
            **(more or {}),
        }
    )


def heavy(name, side):
    """Takes long to draw, and needs no photo."""
    return json.dumps(
        {
            "templrender": 1,
            "name": name,
            "size": [side, side],
            "background": "{{ tint }}",
            "fields": {"tint": {"type": "color", "default": "#ffffff"}},
            "layers": [{"type": "box", "width": "100%", "height": "100%", "background": "linear-gradient(red, blue)", "filter": "blur(40px)"}],
        }
    )


def plan_b(name):
    """Draws nothing without its photo, and has a fallback picture in green and blue."""
    from pictures import BLUE, png

    inline = base64.b64encode(png(6, 6, BLUE)).decode()
    return {"template.json": template(name), "fallback.json": json.dumps({"tint": "#00ff00", "photo": f"data:image/png;base64,{inline}"})}


def plain_templates():
    """`strict` draws nothing without its photo, `lenient` leaves it out, `choices` has three, `plan-b` a fallback."""
    return {
        "strict": template("strict", more={"variants": {"wide": {"size": [20, 10]}}}),
        "lenient": template("lenient", layer={"missing": "hide"}),
        "choices": template("choices", ("{{ photo }}", "{{ second }}", "{{ third }}")),
        "plan-b": plan_b("plan-b"),
    }


def processes():
    """All processes of this machine: pid and parent's pid."""
    found = {}
    for pid in os.listdir("/proc"):
        if pid.isdigit():
            try:
                found[int(pid)] = int(Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[1])
            except (OSError, IndexError):
                pass
    return found


class Nginx:
    """nginx with a configuration of a folder, as a child of the tests."""

    def __init__(self, folder, config, beside=None):
        self.folder = folder
        self.file = folder / "nginx.conf"
        self.file.write_text(config)
        for name in ("nginx.pid", "inner.sock"):
            (folder / name).unlink(missing_ok=True)
        self.log = folder / "error.log"
        self.log.write_text("")
        self.command = [*UNDER, shutil.which("nginx") or "/usr/sbin/nginx", "-p", str(folder), "-e", str(self.log), "-c", str(self.file)]
        command = self.command
        if beside:
            # Another nginx in the same session: Linux divides processors between sessions.
            (folder / "beside").mkdir()
            (folder / "beside" / "nginx.conf").write_text(beside.replace("@folder@", str(folder / "beside")))
            command = ["/bin/sh", "-c", '"$0" -p "$1" -e stderr -c "$1/nginx.conf" & shift; exec "$@"', command[len(UNDER)], str(folder / "beside"), *command]
        rig.ROOM = folder
        try:
            self.child = rig.Child("nginx", command, ready=lambda child: self.pid() and _listens(INNER) and (beside is None or _listens(SECOND)))
        except SystemExit as error:
            if self.pid():
                self.signal(signal.SIGTERM)
            raise AssertionError(f"{error}\n{self.log.read_text()[-3000:]}") from None

    def pid(self):
        try:
            return int((self.folder / "nginx.pid").read_text())
        except (OSError, ValueError):
            return None

    def workers(self, taking=False):
        """Those that are there; with `taking`, those that take requests. By the log: whatever nginx runs under can hide its processes' titles."""
        text, master = self.log.read_text(errors="replace"), self.pid()
        begun = {int(pid) for pid in re.findall(r"start worker process (\d+)", text)}
        ending = {int(pid) for pid in re.findall(r"(\d+)#\d+: gracefully shutting down", text)} if taking else set()
        return sorted(pid for pid, parent in processes().items() if parent == master and pid in begun - ending)

    def check(self):
        """`nginx -t`: its exit status, and what it says."""
        out = subprocess.run([*self.command, "-t"], capture_output=True, text=True)
        return out.returncode, out.stderr

    def signal(self, number):
        os.kill(self.pid(), number)

    def reload(self):
        """Tells it to read its configuration again, and waits until other workers alone take requests. Whether they came, and those of before."""
        before = set(self.workers())
        self.signal(signal.SIGHUP)
        taking = lambda: set(self.workers(taking=True))
        return bool(wait_for(lambda: taking() and not taking() & before, 10 * SLOWER)), before

    def stop(self):
        """Asks it to end as soon as its requests have, and says whether it did."""
        if self.child.process.poll() is None:
            self.signal(signal.SIGQUIT)
        try:
            self.child.process.wait(15 * SLOWER)
            ended = True
        except subprocess.TimeoutExpired:
            ended = False
        # What is left of it ends with its session.
        return self.child.stop() == 0 and ended

    def said(self, text):
        return text in self.log.read_text(errors="replace")


def _listens(port):
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


class Kitchen:
    """Templates, nginx over them, and the shop that it fetches from.

    The front server (FRONT) keeps answers as docs/serving.md has it; behind it, and open to tests that want no cache between, is the one with the module
    (INNER). The settings are text in nginx's own language: `http` and `inner` (a server's), `module` (the module's location), `fetch` (that of /_fetch),
    `more` (other servers).
    """

    def __init__(
        self,
        name,
        templates=None,
        shipped=False,
        shop=None,
        workers=1,
        threads=2,
        queue=64,
        keys=KEYS,
        origins=None,
        http="",
        inner="",
        module="",
        fetch="",
        front="",
        more="",
        events="worker_connections 1024;",
        main="",
        pictures="5m",
        packs="5m",
        pack_location='""',
        passes_headers="off",
        beside=None,
    ):
        self.folder = ROOM / name
        shutil.rmtree(self.folder, ignore_errors=True)
        self.templates = self.folder / "templates"
        self.templates.mkdir(parents=True)
        (self.folder / "temp").mkdir()
        if shipped:
            shutil.copytree(ROOT / "templates", self.templates, dirs_exist_ok=True)
        for template_name, files in (plain_templates() if templates is None else templates).items():
            self.save(template_name, files)
        self.keys = self.folder / "keys.txt"
        self.keys.write_text(keys)
        self.keys.chmod(0o600)
        self.own_shop = shop is None
        self.shop = shop or Shop(SHOP)
        self.shop.replies.clear()
        self.shop.forget()
        settings = {
            "workers": workers,
            "threads": threads,
            "queue": queue,
            "http": http,
            "inner": inner,
            "module": module,
            "fetch": fetch,
            "front": front,
            "more": more,
            "events": events,
            "main": main,
            "pictures": pictures,
            "lock": "off" if pictures == "0" else "on",
            "packs": packs,
            "pack_location": pack_location,
            "passes_headers": passes_headers,
            "user": "user root root;" if os.geteuid() == 0 else "",
            "loaded": MODULE,
            "folder": self.folder,
            "templates": self.templates,
            "keys": self.keys,
            "shop": SHOP,
            "front_port": FRONT,
            "inner_port": INNER,
            "nobody": NOBODY,
            "origins": f"templrender_origins http://127.0.0.1:{SHOP} *.example;" if origins is None else origins,
        }
        config = (HERE / "nginx.conf").read_text()
        for setting, value in settings.items():
            config = config.replace(f"@{setting}@", str(value))
        try:
            self.nginx = Nginx(self.folder, config, beside)
        except BaseException:
            if self.own_shop:
                self.shop.stop()
            raise

    def save(self, name, files):
        """A template's JSON, or all its files by path."""
        for path, content in (files if isinstance(files, dict) else {"template.json": files}).items():
            file = self.templates / name / path
            file.parent.mkdir(parents=True, exist_ok=True)
            # Another file each time, as editors and rsync do it.
            new = file.with_name(file.name + ".new")
            new.write_bytes(content if isinstance(content, bytes) else content.encode())
            new.rename(file)

    def stop(self):
        ended = self.nginx.stop()
        if self.own_shop:
            self.shop.stop()
        return ended

    def target(self, path, photo=None, key="k1", **columns):
        """A signed URL: `strict.png` is that of the tenant `shop`; a photo is a path of the shop, or a whole URL."""
        path = path if path.startswith("/") else f"/shop/{path}"
        if photo is not None:
            columns["photo"] = self.shop.url(photo) if photo.startswith("/") else photo
        return signed(path, {name.replace("_", "~") if name.startswith("_") else name: str(value) for name, value in columns.items()}, key)

    def get(self, target, method="GET", headers=(), port=INNER, timeout=60.0):
        return ask(port, target, method, headers, timeout)

    def picture(self, path, photo=None, port=INNER, headers=(), **columns):
        return ask(port, self.target(path, photo, **columns), headers=headers)

    def logged(self, got, name):
        """What the access log says of an answer: a field of its line, which is written a moment after the last byte."""
        request = f" id={got.header('x-request-id')} "
        found = lambda: [line for line in (self.folder / "access.log").read_text().splitlines() if request in line]
        lines = wait_for(found)
        if not lines:
            raise AssertionError(f"no line of the access log is that of {got}")
        return lines[-1].split(f" {name}=", 1)[1].split(" ")[0]

    def page(self):
        got = ask(INNER, "/status")
        if got.status != 200 or not got.header("content-type").startswith("text/plain; version=0.0.4"):
            raise AssertionError(f"no status page: {got}")
        return Page(got.body.decode())

    def metric(self, name, **labels):
        return self.page().get(name, **labels)

    def drawn(self):
        return self.metric("templrender_renders_total", result="drawn")

    def cold(self):
        """Forgets the pictures and answers that nginx keeps, by reading its configuration again with empty folders."""
        for name in ("pictures", "answers", "packs"):
            shutil.rmtree(self.folder / name, ignore_errors=True)


class Case(unittest.TestCase):
    """Tests with one nginx for all of a class: `settings` are the kitchen's."""

    settings = {}
    longMessage = True

    @classmethod
    def setUpClass(cls):
        cls.kitchen = Kitchen(cls.__name__, **cls.settings)
        cls.shop = cls.kitchen.shop

    @classmethod
    def tearDownClass(cls):
        ended = cls.kitchen.stop()
        log = cls.kitchen.nginx.log.read_text(errors="replace")
        # What must never be said, whatever a test did.
        bad = [line for line in log.splitlines() if any(word in line for word in ("[alert]", "[emerg]", "exited on signal", "open socket"))]
        bad = [line for line in bad if not any(word in line for word in getattr(cls, "expected", ()))]
        if bad or not ended:
            raise AssertionError(f"nginx {'ended badly' if ended else 'did not end'}: {bad[:5]}")

    def setUp(self):
        self.shop.replies.clear()
        self.shop.forget()

    def failed(self, got, status, code, number=None, cause=None):
        """Asserts that an answer is this failure, and gives its JSON."""
        error = got.error
        self.assertEqual((got.status, error["code"]), (status, code), got)
        if number is not None:
            self.assertEqual((error["number"], error["cause"]), (number, cause), got)
        self.assertTrue(error["message"] and isinstance(error["place"], str), got)
        self.assertEqual(got.header("content-type"), "application/json", got)
        self.assertEqual(got.header("cache-control"), "public, max-age=10" if status in (400, 404) else "no-store", got)
        self.assertEqual(got.header("etag"), "", got)
        self.assertEqual(got.header("retry-after") != "", status in (429, 503), got)
        return error

    def served(self, got, etag=True):
        """Asserts that an answer is a whole picture."""
        self.assertEqual(got.status, 200, got)
        self.assertEqual(int(got.header("content-length")), len(got.body))
        start = {"image/png": b"\x89PNG", "image/jpeg": b"\xff\xd8\xff", "image/webp": b"RIFF"}[got.header("content-type")]
        self.assertTrue(got.body.startswith(start), got)
        if got.header("content-type") == "image/jpeg":
            self.assertTrue(got.body.endswith(b"\xff\xd9"), got)
        if etag and not got.header("templrender-fallback"):
            self.assertRegex(got.header("etag"), r'^"[0-9a-f]{16}-[0-9a-f]{16}"$')
        return got
