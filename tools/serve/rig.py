"""What the load tests share: the programs under test, what /proc and /metrics say of them, and the load generators."""
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
BUILT = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / os.environ.get("SERVE_PROFILE", "ci")
ROOM = Path(os.environ.get("SERVE_ROOM", ROOT / "target" / "serve"))
TICKS = os.sysconf("SC_CLK_TCK")
# Two origins, so that one can fail alone.
ORIGINS = (9201, 9202)
PORT = 9280
THUMBOR_PORT = 9288


class Child:
    """A program that is ended when this one ends."""

    def __init__(self, name, command, ready=None, **options):
        self.log = ROOM / f"{name}.log"
        out = open(self.log, "wb")
        self.process = subprocess.Popen([str(part) for part in command], stdout=out, stderr=subprocess.STDOUT, start_new_session=True, **options)
        self.pid = self.process.pid
        self.name = name
        end = time.monotonic() + 60
        while ready and not ready(self):
            if self.process.poll() is not None or time.monotonic() > end:
                sys.exit(f"{name} does not start:\n{self.log.read_text()[-3000:]}")
            time.sleep(0.05)

    def stop(self):
        """Asks it and what it started to end, and waits. Its exit status."""
        self._signal(signal.SIGTERM)
        try:
            self.process.wait(40)
        except subprocess.TimeoutExpired:
            pass
        # Those that it left behind.
        self._signal(signal.SIGKILL)
        return self.process.wait()

    def _signal(self, number):
        try:
            os.killpg(self.pid, number)
        except ProcessLookupError:
            pass

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def family(self):
        """Its process and those that it started: they have its session."""
        return [int(pid) for pid in os.listdir("/proc") if pid.isdigit() and _session(pid) == self.pid]

    def cpu(self):
        """Seconds of processor time, of all its processes."""
        return sum(_cpu(f"/proc/{pid}/stat") for pid in self.family())

    def cpu_of_threads(self, beginning):
        """The same of its threads whose names begin so."""
        return sum(_cpu(f"/proc/{self.pid}/task/{task}/stat") for task in _tasks(self.pid) if _comm(self.pid, task).startswith(beginning[:15]))

    def rss_mb(self):
        return sum(_status(pid, "VmRSS") for pid in self.family()) / 1024

    def peak_mb(self):
        """The highest of its main process so far."""
        return _status(self.pid, "VmHWM") / 1024


def _session(pid):
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[3])
    except (OSError, IndexError):
        return None


def _tasks(pid):
    try:
        return os.listdir(f"/proc/{pid}/task")
    except OSError:
        return []


def _comm(pid, task):
    try:
        return Path(f"/proc/{pid}/task/{task}/comm").read_text().strip()
    except OSError:
        return ""


def _cpu(path):
    try:
        fields = Path(path).read_text().rsplit(")", 1)[1].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / TICKS


def _status(pid, name):
    try:
        return int(re.search(rf"^{name}:\s+(\d+)", Path(f"/proc/{pid}/status").read_text(), re.M)[1])
    except (OSError, TypeError):
        return 0


def get(url, timeout=30):
    """Status and body, whatever the status is."""
    try:
        with urllib.request.urlopen(url, timeout=timeout) as answer:
            return answer.status, answer.read(), answer.headers
    except urllib.error.HTTPError as error:
        return error.code, error.read(), error.headers


def origin():
    photos = ROOM / "photos"
    subprocess.run([sys.executable, HERE / "photos.py", BUILT / "templrender", photos], check=True)
    command = [sys.executable, HERE / "origin.py", photos, *ORIGINS]
    return Child("origin", command, ready=lambda child: "photos of" in child.log.read_text())


def origin_mode(port, mode):
    urllib.request.urlopen(urllib.request.Request(f"http://127.0.0.1:{ORIGINS[0]}/__mode/{port}/{mode}", method="POST"), timeout=10).read()


def origin_counts(reset=False):
    counts = json.loads(get(f"http://127.0.0.1:{ORIGINS[0]}/__counts")[1])
    if reset:
        urllib.request.urlopen(urllib.request.Request(f"http://127.0.0.1:{ORIGINS[0]}/__reset", method="POST"), timeout=10).read()
    return counts


def secret():
    file = ROOM / "secret"
    if not file.exists():
        file.write_text(f"load {os.urandom(24).hex()}\n")
    return file


def templates():
    """A copy of the shipped ones."""
    folder = ROOM / "templates"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(ROOT / "templates", folder)
    return folder


def service(name, *arguments):
    command = [BUILT / "templrender", "serve", "--templates", ROOT / "templates", "--listen", f"127.0.0.1:{PORT}", "--secret-file", secret(),
               "--allow-private", "--allow-host", f"http://127.0.0.1:{ORIGINS[0]}", "--allow-host", f"http://127.0.0.1:{ORIGINS[1]}",
               "--log", "off", *arguments]
    return Child(name, command, ready=lambda child: "listening on" in child.log.read_text())


def metrics(port=PORT):
    """Everything that /metrics counts, by name with labels."""
    text = get(f"http://127.0.0.1:{port}/metrics")[1].decode()
    return {line.rsplit(" ", 1)[0]: float(line.rsplit(" ", 1)[1]) for line in text.splitlines() if line and not line.startswith("#")}


def gained(after, before):
    return {name: value - before.get(name, 0.0) for name, value in after.items()}


def total(counts, name, **labels):
    """The sum of a counter over all series with these labels."""
    wanted = [f'{label}="{value}"' for label, value in labels.items()]
    return sum(v for k, v in counts.items() if k.split("{")[0] == name and all(w in k for w in wanted))


def hit_rate(counts):
    """The share of answers that nothing was fetched or drawn for."""
    name = "templrender_cache_total"
    every = total(counts, name)
    return (total(counts, name, state="hit") + total(counts, name, state="stale")) / every if every else 0.0


def urls(name, count, first, tenant, origin_port, template=None):
    """A file of signed paths, made anew each time."""
    file = ROOM / f"urls-{name}.txt"
    command = [BUILT / "urls", secret(), str(count), str(first), tenant, f"http://127.0.0.1:{origin_port}", *([template] if template else [])]
    with open(file, "wb") as out:
        subprocess.run(command, stdout=out, check=True)
    return file


def wrk(port, seconds, connections, file, exponent=1.0, first=0, timeout=30, background=False, seed=1):
    """Closed loop: what it said at its end as a dictionary, or the running process. The same seed asks for the same URLs in the same order."""
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", f"--timeout={timeout}s", "-s", HERE / "wrk_zipf.lua", f"http://127.0.0.1:{port}", "--",
               file, str(exponent), str(seed), str(first)]
    process = subprocess.Popen([str(part) for part in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    return process if background else ended(process)


def paced(port, rate, seconds, file, first=0, zipf=False):
    """Open loop, in the background."""
    command = [sys.executable, HERE / "paced.py", str(port), str(rate), str(seconds), file, str(first), *(["zipf"] if zipf else [])]
    return subprocess.Popen([str(part) for part in command], stdout=subprocess.PIPE, text=True)


def ended(process):
    out = process.communicate()[0]
    lines = [line.removeprefix("JSON ") for line in out.splitlines() if line.startswith(("JSON {", "{"))]
    if process.returncode or not lines:
        sys.exit(f"a load generator failed:\n{out[-2000:]}")
    return json.loads(lines[-1])


def load_average():
    return " ".join(Path("/proc/loadavg").read_text().split()[:3])


class Verdicts:
    """PASS and FAIL, each with its figures."""

    def __init__(self):
        self.failed = 0

    def say(self, good, name, figures):
        self.failed += not good
        print(f"{'PASS' if good else 'FAIL'}  {name}: {figures}", flush=True)

    def status(self):
        return 1 if self.failed else 0
