"""Workers as they run: killed in the middle, stopped, with a Redis that is restarted and a mail server that is away. `deploy/queue.sh drill` has the same at full length."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import urllib.request
from collections import Counter
from typing import Any

import pytest
from worker_kit import Room, end, honey, waited


def everything(room: Room, count: int) -> bool:
    """Whether all jobs are done and all mails are sent."""
    jobs = [honey(i) for i in range(count)]
    return room.states(jobs) == {"done": count} and room.mails(jobs) == {"sent": count}


def once(room: Room, count: int) -> None:
    """Every job was done once and told once."""
    ids = [f"<{honey(i).id}.done@example.org>" for i in range(count)]
    assert Counter(room.mailbox.ids()) == Counter(ids), room.logs()[-1500:]
    assert room.jobs.counts()["done"] == count and len(room.pictures()) == count
    assert room.jobs.depth().depth == 0 and room.jobs.depth().outbox == 0


def test_a_worker_is_killed_in_mid_batch(room: Room) -> None:
    room.worker("mail,sweep")
    for _ in range(2):
        room.worker("draw", "--dead-after", 1, "--batch", 32)
    room.file([honey(i) for i in range(150)])
    held: list[Any] = []

    def holds() -> list[Any]:
        held[:] = [
            it for it in room.jobs.client.xinfo_consumers(f"{room.jobs.prefix}:jobs", "workers") if it["pending"] > 4
        ]
        return held

    assert waited(holds, 20, every=0.001)
    pid = int(held[0]["name"].split("-")[-2])
    victim = next(worker for worker in room.workers if worker.pid == pid)
    assert end(victim, signal.SIGKILL) == -signal.SIGKILL
    left = room.jobs.client.xpending_range(
        f"{room.jobs.prefix}:jobs", "workers", "-", "+", 100, consumername=held[0]["name"]
    )
    assert left, "it is to be killed with jobs in its hands"
    assert waited(lambda: everything(room, 150), 90), room.states([honey(i) for i in range(150)])
    once(room, 150)
    assert 1 <= room.jobs.counts()["claimed"]


def test_redis_is_killed_and_comes_back(room: Room) -> None:
    for do in ("draw", "draw", "mail,sweep"):
        room.worker(do, "--dead-after", 2)
    room.file([honey(i) for i in range(120)])
    for _ in range(2):
        assert waited(lambda: room.jobs.counts().get("done", 0) > 10, 20, every=0.002)
        room.redis.kill()
        room.redis.start()
    assert waited(lambda: everything(room, 120), 90), room.logs()[-1500:]
    once(room, 120)


def test_the_mail_server_is_away_and_comes_back(room: Room) -> None:
    room.mailbox.set("limit")
    room.worker()
    room.file([honey(i) for i in range(30)])
    jobs = [honey(i) for i in range(30)]
    assert waited(lambda: room.states(jobs) == {"done": 30}, 20)
    room.mailbox.set("away")
    assert waited(lambda: room.jobs.depth().mail_pause > 0, 5)
    assert room.mailbox.mails == [] and room.jobs.depth().outbox == 30
    room.mailbox.set("ok")
    assert waited(lambda: everything(room, 30), 20)
    once(room, 30)


def test_a_stopped_worker_ends_what_it_has_begun(room: Room) -> None:
    worker = room.worker()
    room.file([honey(i) for i in range(200)])
    assert waited(lambda: room.jobs.counts().get("done", 0) > 10, 20, every=0.002)
    assert end(worker) == 0
    depth = room.jobs.depth()
    # Nothing is in anybody's hands, and the others wait for another worker at once.
    assert depth.working == 0 and 0 < depth.waiting < 200
    assert room.jobs.client.xinfo_consumers(f"{room.jobs.prefix}:jobs", "workers") == []
    assert {status.mail for status in room.statuses([honey(i) for i in range(200)]) if status} <= {
        "",
        "pending",
        "sent",
    }
    room.worker()
    assert waited(lambda: everything(room, 200), 90)
    once(room, 200)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def test_metrics_say_what_there_is_to_do(room: Room) -> None:
    sweeps, draws = free_port(), free_port()
    room.file([honey(i, to=None) for i in range(5)])
    room.worker("sweep", "--metrics", f"127.0.0.1:{sweeps}")

    def metrics() -> dict[str, float]:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{sweeps}/metrics", timeout=5) as answer:
                lines = answer.read().decode().splitlines()
        except OSError:
            return {}
        return {
            name: float(value)
            for name, _, value in (line.rpartition(" ") for line in lines if not line.startswith("#"))
        }

    assert waited(lambda: metrics().get("templrender_queue_depth") == 5, 10)
    room.worker("draw", "--metrics", f"127.0.0.1:{draws}")
    assert waited(lambda: metrics()["templrender_queue_depth"] == 0, 10)
    with urllib.request.urlopen(f"http://127.0.0.1:{draws}/metrics", timeout=5) as answer:
        assert 'templrender_worker_jobs_total{outcome="done"} 5' in answer.read().decode()
    room.redis.kill()
    assert waited(lambda: metrics().get("templrender_queue_up") == 0, 10)
    with urllib.request.urlopen(f"http://127.0.0.1:{sweeps}/healthz", timeout=5) as answer:
        assert answer.read() == b"ok\n"
    room.redis.start()
    assert waited(lambda: metrics()["templrender_queue_up"] == 1, 10)


def program(room: Room, *arguments: str, given: str = "") -> tuple[int, str]:
    import os
    from pathlib import Path

    import templrender

    path = str(Path(templrender.__file__).parent.parent)
    command = [sys.executable, "-m", "templrender.worker", *arguments]
    environment = {**os.environ, "TEMPLRENDER_REDIS": room.redis.url, "PYTHONPATH": path}
    done = subprocess.run(command, input=given, capture_output=True, text=True, timeout=60, env=environment)
    return done.returncode, done.stdout + done.stderr


def test_the_other_commands(room: Room) -> None:
    lines = [honey(0).to_json(), honey(0).to_json(), honey(1, template="unknown").to_json()]
    status, said = program(room, "file", given="\n".join(lines) + "\n")
    assert (status, said.split()) == (0, [honey(0).id, "filed", honey(0).id, "known", honey(1).id, "filed"])
    status, said = program(room, "status", honey(1).id, "nothing")
    found = [json.loads(line) for line in said.splitlines()]
    assert status == 1 and (found[0]["state"], found[0]["ahead"], found[1]["state"]) == ("waiting", 1, "unknown")
    room.worker("draw", "--max-tries", 1)
    assert waited(lambda: room.jobs.depth().dead == 1, 20)
    status, said = program(room, "dead")
    assert status == 0 and said.startswith(honey(1).id) and "FileNotFoundError" in said
    status, said = program(room, "again", "all")
    assert (status, said) == (0, f"{honey(1).id} waits again\n")
    assert program(room, "file", given="{}")[0] == 1
    assert program(room, "work", "--templates", "x")[0] == 2
    assert program(room, "--do", "mail", "--templates", "x", "--files", "y")[0] == 2
    given = ["--files", str(room.files), "--do"]
    status, said = program(room, "--templates", "nowhere", *given, "draw")
    assert status == 1 and "templates must be in a folder" in said
    status, said = program(
        room, "--templates", str(room.templates), *given, "draw", "--models", str(room.templates / "no")
    )
    assert status == 1 and "no" in said and "Traceback" not in said
    mail = ["mail", "--from", "cards@example.org", "--smtp"]
    assert program(room, "--templates", "x", *given, *mail, "http://mail")[0] == 1
    assert program(room, "status", "--redis", "unix:///nowhere/redis.sock", "x")[0] == 1


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_worker_without_a_queue_waits_and_can_be_stopped(room: Room, number: int) -> None:
    room.redis.kill()
    worker = room.worker("draw")
    assert waited(lambda: "the queue is away" in room.logs(), 10)
    room.redis.start()
    room.file([honey(0, to=None)])
    assert waited(lambda: room.states([honey(0)]) == {"done": 1}, 20)
    assert end(worker, number) == 0
