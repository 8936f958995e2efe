"""What a worker counts, and what the queue has in it, as Prometheus text: on a port of its own, with `/healthz` beside it.

What the queue has is the same from every worker; `templrender_queue_depth` is the number to scale on. What a worker has done is its own, and can be summed.
"""

from __future__ import annotations

import http.server
import threading
from bisect import bisect_left
from collections.abc import Callable

from .jobs import Depth

_SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)

_WHAT = {
    "jobs": "Jobs that this worker brought to an end or put off, by what became of them.",
    "batches": "Batches that this worker drew.",
    "claimed": "Jobs that this worker took over from a silent one.",
    "mails": "Mails that this worker tried to send, by what became of them.",
    "swept": "Photos, pictures and jobs that this worker deleted because their time was over.",
    "queue_errors": "Calls to the queue that failed and were tried again.",
    "errors": "Failures that no job is to blame for.",
}


class Metrics:
    """Counters of one worker. Safe to share between threads.

    >>> metrics = Metrics()
    >>> metrics.add("jobs", outcome="done")
    >>> metrics.seconds("job", 0.2)
    >>> text = metrics.text(None)
    >>> 'templrender_worker_jobs_total{outcome="done"} 1' in text, 'templrender_worker_job_seconds_bucket{le="0.25"} 1' in text
    (True, True)
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: dict[str, dict[str, int]] = {name: {} for name in _WHAT}
        self._times: dict[str, list[float]] = {}

    def add(self, name: str, count: int = 1, **labels: str) -> None:
        """Counts."""
        if name not in _WHAT:
            raise ValueError(f"unknown counter {name!r}")
        written = ",".join(f'{label}="{value}"' for label, value in sorted(labels.items()))
        with self._lock:
            self._counts[name][written] = self._counts[name].get(written, 0) + count

    def get(self, name: str, **labels: str) -> int:
        """How many."""
        written = ",".join(f'{label}="{value}"' for label, value in sorted(labels.items()))
        with self._lock:
            return self._counts[name].get(written, 0)

    def seconds(self, name: str, taken: float) -> None:
        """One more that took so long."""
        with self._lock:
            # The buckets, all above them, and the sum.
            times = self._times.setdefault(name, [0.0] * (len(_SECONDS) + 2))
            times[bisect_left(_SECONDS, taken)] += 1
            times[-1] += taken

    def text(self, depth: Depth | None) -> str:
        """All of it; None: the queue does not answer."""
        lines: list[str] = []
        with self._lock:
            for name, counts in self._counts.items():
                full = f"templrender_worker_{name}_total"
                lines += [f"# HELP {full} {_WHAT[name]}", f"# TYPE {full} counter"]
                lines += [
                    f"{full}{{{labels}}} {count}" if labels else f"{full} {count}"
                    for labels, count in sorted(counts.items())
                ]
            for name, times in self._times.items():
                lines += _histogram(f"templrender_worker_{name}_seconds", times)
        lines += _gauge("templrender_queue_up", "Whether the queue answers.", int(depth is not None))
        if depth is not None:
            lines += _gauge(
                "templrender_queue_depth", "Jobs that are not at their end: the number to scale on.", depth.depth
            )
            lines += _gauge("templrender_queue_waiting", "Jobs that nobody has taken.", depth.waiting)
            lines += _gauge("templrender_queue_working", "Jobs that workers have taken.", depth.working)
            lines += _gauge("templrender_queue_later", "Jobs that wait for their next try.", depth.later)
            lines += _gauge("templrender_queue_dead", "Jobs that were given up.", depth.dead)
            lines += _gauge(
                "templrender_queue_oldest_seconds", "Since when the oldest waits or is worked on.", depth.oldest
            )
            lines += _gauge("templrender_mail_pending", "Mails that are to be sent.", depth.outbox)
            lines += _gauge(
                "templrender_mail_pause_seconds",
                "For how long nobody sends, since the server limits or is away.",
                depth.mail_pause,
            )
            lines += _gauge(
                "templrender_queue_expiring",
                "Photos, pictures and jobs that have a time at which they are deleted.",
                depth.expiring,
            )
        return "\n".join(lines) + "\n"


def _gauge(name: str, what: str, value: float) -> list[str]:
    return [f"# HELP {name} {what}", f"# TYPE {name} gauge", f"{name} {value}"]


def _histogram(name: str, times: list[float]) -> list[str]:
    lines, so_far = [f"# HELP {name} How long it took.", f"# TYPE {name} histogram"], 0
    for bound, count in zip((*map(str, _SECONDS), "+Inf"), times[:-1], strict=True):
        so_far += int(count)
        lines.append(f'{name}_bucket{{le="{bound}"}} {so_far}')
    return [*lines, f"{name}_sum {times[-1]:.6f}", f"{name}_count {so_far}"]


def serve(address: str, text: Callable[[], str], well: Callable[[], bool]) -> http.server.ThreadingHTTPServer:
    """Answers /metrics with the text, and /healthz with 200 or 503, at `HOST:PORT` from a thread of its own, until `shutdown`. Port 0 is a free one."""
    host, _, port = address.rpartition(":")

    class Answer(http.server.BaseHTTPRequestHandler):
        timeout = 10

        def do_GET(self) -> None:
            status, written = 200, "ok\n"
            if self.path == "/metrics":
                written = text()
            elif self.path != "/healthz":
                status, written = 404, "only /metrics and /healthz are here\n"
            elif not well():
                status, written = 503, "a batch takes too long\n"
            body = written.encode()
            self.send_response(status)
            self.send_header("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Nothing: who asks asks every few seconds."""

    server = http.server.ThreadingHTTPServer((host or "127.0.0.1", int(port)), Answer)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, name="templrender-metrics", daemon=True).start()
    return server
