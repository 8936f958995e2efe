"""Clients: one request on a connection of its own, bytes that no HTTP library would send, many at the same time."""

import http.client
import json
import os
import socket
from concurrent.futures import ThreadPoolExecutor

SLOWER = float(os.environ.get("NGINX_SLOWER", "1"))


class Got:
    """An answer, whole."""

    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    def header(self, name):
        values = [value for known, value in self.headers if known.lower() == name.lower()]
        if len(values) > 1:
            raise AssertionError(f"{name} stands {len(values)} times: {values}")
        return values[0] if values else ""

    @property
    def error(self):
        try:
            return json.loads(self.body)["error"]
        except (ValueError, KeyError):
            raise AssertionError(f"no error in JSON, but {self.status} with {self.body[:200]!r}") from None

    @property
    def code(self):
        return self.error["code"]

    @property
    def age(self):
        """Seconds that it may be kept; None where it may not be."""
        for word in self.header("cache-control").split(","):
            if word.strip().startswith("max-age="):
                return int(word.strip()[8:])
        return None

    def __repr__(self):
        return f"{self.status} {dict(self.headers)} {self.body[:300]!r}"


def ask(port, target, method="GET", headers=(), timeout=60.0):
    """One request on a connection of its own. An answer that is cut off is an error of the test."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout * SLOWER)
    try:
        connection.putrequest(method, target, skip_host=any(name.lower() == "host" for name, _ in _pairs(headers)), skip_accept_encoding=True)
        for name, value in _pairs(headers):
            connection.putheader(name, value)
        connection.endheaders()
        answer = connection.getresponse()
        return Got(answer.status, answer.getheaders(), answer.read())
    finally:
        connection.close()


def _pairs(headers):
    return list(headers.items()) if isinstance(headers, dict) else list(headers)


def ask_raw(port, request, timeout=20.0):
    """Bytes that no HTTP library would send; the answer's head is read as it is."""
    with socket.create_connection(("127.0.0.1", port), timeout=timeout * SLOWER) as stream:
        stream.sendall(request)
        answer = http.client.HTTPResponse(stream, method=request.split(b" ", 1)[0].decode("latin-1"))
        answer.begin()
        return Got(answer.status, answer.getheaders(), answer.read())


def at_once(jobs, threads=None):
    """What all of these functions give, run at the same time."""
    jobs = list(jobs)
    with ThreadPoolExecutor(threads or max(1, len(jobs))) as pool:
        return list(pool.map(lambda job: job(), jobs))


def quantile(times, share):
    times = sorted(times)
    return times[min(len(times) - 1, int(share * len(times)))]
