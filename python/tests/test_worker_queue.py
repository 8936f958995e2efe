"""The queue on a real server: where a job is after each step, whoever dies between two of them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from worker_kit import Killed, Shop, honey

from templrender.worker import files
from templrender.worker.jobs import MAX_DEATHS, Jobs, Keep
from templrender.worker.outbox import Outbox, Pace
from templrender.worker.run import Alive, Worker
from templrender.worker.sweep import sweep


def settled(shop: Shop, count: int) -> None:
    """Every job has its end once, and nothing is left over."""
    statuses = [shop.jobs.status(honey(i).id) for i in range(count)]
    assert [status and status.state for status in statuses] == ["done"] * count
    assert len({status.result for status in statuses if status}) == count
    for status in statuses:
        assert status and files.read_result(shop.store, status.result)[:4] == b"\x89PNG"
    depth = shop.jobs.depth()
    assert (depth.depth, depth.dead) == (0, 0)
    assert shop.jobs.counts()["done"] == count


def kill_at(
    patch: pytest.MonkeyPatch, worker: Worker, is_step: Callable[[str], bool], step: int, after: bool
) -> Callable[[], int]:
    """Kills a worker at one of its calls that are steps: before it, or when the server has done it. Gives the number of steps so far."""
    calls = 0
    call = Jobs.call

    def counted(self: Jobs, name: str, *arguments: object) -> Any:
        nonlocal calls
        if self is not worker.jobs or not is_step(name):
            return call(self, name, *arguments)
        calls += 1
        if calls == step + 1 and not after:
            raise Killed
        found = call(self, name, *arguments)
        if calls == step + 1:
            raise Killed
        return found

    patch.setattr(Jobs, "call", counted)
    return lambda: calls


def test_jobs_have_places_and_ends(shop: Shop) -> None:
    for i in range(10):
        assert shop.jobs.file(honey(i))
    assert not shop.jobs.file(honey(3, row={"title": "another row, the same key"}))
    assert [shop.jobs.status(honey(i).id).ahead for i in range(10)] == list(range(10))  # type: ignore[union-attr]
    assert shop.jobs.status("unknown") is None
    worker = shop.worker()
    batch = shop.take(worker, most=4)
    assert [taken.job for taken in batch] == [honey(i) for i in range(4)]
    assert [shop.jobs.status(honey(i).id).ahead for i in range(10)] == [0, 0, 0, 0, 0, 1, 2, 3, 4, 5]  # type: ignore[union-attr]
    assert shop.jobs.status(honey(2).id).state == "working"  # type: ignore[union-attr]
    depth = shop.jobs.depth()
    assert (depth.waiting, depth.working, depth.depth) == (6, 4, 10)
    worker._batch(shop.studio, batch)
    shop.draw_all(worker)
    settled(shop, 10)
    assert shop.jobs.depth().outbox == 10
    assert worker.metrics.get("jobs", outcome="done") == 10


# The calls of a batch of three: taking is one, then reserve and settle for each.
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("step", range(8))
def test_killed_at_any_step_every_job_is_done_once_and_mailed_once(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, step: int, after: bool
) -> None:
    for i in range(3):
        shop.jobs.file(honey(i))
    first, second = shop.worker(), shop.worker()
    calls = kill_at(monkeypatch, first, lambda name: name not in ("promote", "alive"), step, after)
    try:
        shop.draw_all(first)
        # There were fewer steps than that.
        assert step == 7
    except Killed:
        assert calls() == step + 1
    shop.draw_all(second)
    settled(shop, 3)
    post(shop, second)
    assert sorted(mail.recipient for mail in shop.mailbox.mails) == [f"u{i}@example.org" for i in range(3)]
    # No file is left that nobody knows: what is there is what the jobs name.
    written = {
        str(path.relative_to(shop.folder / "files" / "results"))
        for path in (shop.folder / "files" / "results").rglob("*.png")
    }
    assert written == {shop.jobs.status(honey(i).id).result for i in range(3)}  # type: ignore[union-attr]


def post(shop: Shop, worker: Worker, pace: Pace | None = None) -> None:
    """Sends all that is due."""
    from templrender.worker.letter import Stationery
    from templrender.worker.smtp import Sender, Server

    outbox = Outbox(worker.jobs, worker.name, pace or Pace(pause=0.01, most_pause=0.02))
    sender = Sender(Server.at(f"smtp://127.0.0.1:{shop.mailbox.port}"))
    try:
        for _ in range(1000):
            due = outbox.claim(4)
            if due.mails:
                worker._post(outbox, sender, Stationery("cards@example.org"), due.mails, due.failures)
            elif worker.jobs.depth().outbox == 0:
                return
            else:
                time.sleep(min(due.wait, 0.02))
    finally:
        sender.close()
    raise AssertionError("the outbox is not emptied")


# Claiming is one call; then each mail has one.
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("step", range(4))
def test_a_sender_is_killed_at_any_step(shop: Shop, monkeypatch: pytest.MonkeyPatch, step: int, after: bool) -> None:
    for i in range(3):
        shop.jobs.file(honey(i))
    first, second = shop.worker(), shop.worker()
    shop.draw_all(first)
    kill_at(monkeypatch, first, lambda name: name.startswith("mail"), step, after)
    pace = Pace(lease=600, pause=0.01, most_pause=0.02)
    with pytest.raises(Killed):
        post(shop, first, pace)
    shop.pass_time(600)
    post(shop, second, pace)
    ids = shop.mailbox.ids()
    assert set(ids) == {f"<{honey(i).id}.done@example.org>" for i in range(3)}
    # The one case in which a mail goes out twice: the server had taken it, and nobody could write that down. Both have the same Message-ID.
    assert len(ids) == (4 if step > 0 and not after else 3)
    assert shop.jobs.counts()["mail-sent"] == 3


@pytest.mark.parametrize("at", ["claim", "mail"])
def test_a_claim_whose_answer_was_lost_gives_the_same_mails(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, at: str
) -> None:
    for i in range(3):
        shop.jobs.file(honey(i))
    shop.draw_all(shop.worker())
    outbox, call = Outbox(shop.jobs, "first"), Jobs.call

    def lost(*given: Any, **named: Any) -> Any:
        if at == "claim":
            call(*given, **named)
        raise ConnectionError("the queue was killed after it had done so")

    with monkeypatch.context() as patched:
        if at == "claim":
            patched.setattr(Jobs, "call", lost)
        else:
            # Which mails they are was heard, and not what is in them.
            patched.setattr(shop.client, "hmget", lost)
        with pytest.raises(ConnectionError):
            outbox.claim(2)
    assert len(outbox.claim(2).mails) == 2
    assert len(outbox.claim(8).mails) == 1
    assert outbox.claim(8).mails == Outbox(shop.jobs, "second").claim(8).mails == []


def test_a_job_that_kills_its_workers_is_given_up_alone(shop: Shop) -> None:
    for i in range(4):
        shop.jobs.file(honey(i))
    poison = honey(2).id
    for _ in range(MAX_DEATHS + 2):
        worker = shop.worker()
        while batch := shop.take(worker):
            if poison in [taken.id for taken in batch]:
                break  # it dies, with the whole batch in its hands
            worker._batch(shop.studio, batch)
    shop.draw_all(shop.worker())
    states = [shop.jobs.status(honey(i).id).state for i in range(4)]  # type: ignore[union-attr]
    assert states == ["done", "done", "dead", "done"]
    assert shop.jobs.dead() == [(poison, "its worker died 4 times")]
    assert shop.jobs.again(poison) and not shop.jobs.again(poison) and not shop.jobs.again(honey(1).id)
    shop.draw_all(shop.worker())
    settled_again = shop.jobs.status(poison)
    assert settled_again and settled_again.state == "done" and shop.jobs.dead() == []


def test_what_fails_is_tried_later_and_at_last_given_up(shop: Shop) -> None:
    shop.jobs.file(honey(0, template="not-there-yet"))
    shop.jobs.file(honey(1))
    worker = shop.worker("--max-tries", 3, "--retry", 60, "--most-retry", 60)
    shop.draw_all(worker)
    status = shop.jobs.status(honey(0).id)
    assert status and (status.state, status.tries) == ("later", 1) and "FileNotFoundError" in status.message
    assert shop.jobs.status(honey(1).id).state == "done"  # type: ignore[union-attr]
    for _ in range(2):
        shop.pass_time(60)
        shop.draw_all(worker)
    status = shop.jobs.status(honey(0).id)
    assert status and (status.state, status.tries) == ("dead", 3)
    assert shop.jobs.depth().depth == 0 and shop.jobs.depth().dead == 1


def test_one_bad_job_fails_alone(shop: Shop) -> None:
    gone = "upload:" + files.upload_name("image/png")
    page = files.upload_name("image/png")
    files.write_upload(shop.store, page, b"<html>no picture</html>")
    jobs = [
        honey(0),
        honey(1, row={}),
        honey(2, row={"title": "a", "price": "free"}),
        honey(3, picture=gone),
        honey(4, picture="upload:" + page),
        honey(5, row={"title": "a", "hidden": "sold out"}),
        honey(6, variant="stori"),
        honey(7),
    ]
    for job in jobs:
        shop.jobs.file(job)
    shop.draw_all(shop.worker("--max-tries", 1))
    found = [shop.jobs.status(job.id) for job in jobs]
    assert [status and status.state for status in found] == [
        "done",
        "refused",
        "refused",
        "refused",
        "refused",
        "refused",
        "dead",
        "done",
    ]
    messages = [status.message if status else "" for status in found]
    assert messages[3] == "your photo could not be read: the photo is not there any more"
    assert messages[4].startswith("your photo could not be read: ")
    assert "unknown variant" in messages[6]
    # Who has to know is told, once; a dead job is the operator's.
    assert shop.jobs.depth().outbox == 7


def test_who_hangs_does_not_keep_its_jobs_and_who_works_does(shop: Shop) -> None:
    shop.jobs.file(honey(0))
    worker, other = shop.worker("--dead-after", 1), shop.worker()
    batch = shop.take(worker)
    with Alive(worker, batch):
        for _ in range(3):
            time.sleep(0.5)
            assert other.jobs.claim(other.name, 1.0) == []
    time.sleep(1.1)
    taken = other.jobs.claim(other.name, 1.0)
    assert [it.id for it in taken] == [honey(0).id]
    # It wakes up: what it says changes nothing that the other one decides.
    assert worker.jobs.alive(worker.name, [batch[0].entry]) == 0
    assert worker.jobs.later(worker.name, batch[0], 0, "too late", 1) == "working"
    other._batch(shop.studio, taken)
    worker._batch(shop.studio, batch)
    settled(shop, 1)
    assert worker.metrics.get("jobs", outcome="twice") == 1 and shop.jobs.depth().outbox == 1


def test_two_readers_never_have_the_same_job(shop: Shop) -> None:
    for i in range(200):
        shop.jobs.file(honey(i))
    got: list[list[str]] = [[], []]

    def read(number: int) -> None:
        worker = shop.worker()
        while batch := worker.jobs.read(worker.name, 7, 0.01):
            got[number] += [taken.id for taken in batch]

    threads = [threading.Thread(target=read, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(got[0] + got[1]) == sorted(honey(i).id for i in range(200))


def test_everything_is_deleted_in_its_time(shop: Shop) -> None:
    keep = Keep(uploads=150, results=3700, dead=3700, unfiled=50)
    jobs = Jobs(shop.client, shop.prefix, keep)
    names = [files.upload_name("image/png") for _ in range(3)]
    for name in names:
        jobs.reserve(f"u:{name}")
        files.write_upload(shop.store, name, honey_photo())
    jobs.file(honey(0, picture=f"upload:{names[0]}", to=None))
    jobs.file(honey(1, picture=f"upload:{names[1]}"))
    shop.pass_time(60)
    # One was stored, and nobody filed its job.
    assert sweep(jobs, shop.store) == 1
    assert [present(shop, "uploads", name) for name in names] == [True, True, False]
    worker = shop.worker(keep=keep)
    shop.draw_all(worker)
    results = [jobs.status(honey(i).id).result for i in range(2)]  # type: ignore[union-attr]
    assert sweep(jobs, shop.store) == 0
    shop.pass_time(160)
    assert sweep(jobs, shop.store) == 2
    assert not any(present(shop, "uploads", name) for name in names)
    shop.pass_time(3600)
    # The one whose mail is still to be sent stays: its link must work.
    assert sweep(jobs, shop.store) == 2
    assert [present(shop, "results", name) for name in results] == [False, True]
    assert jobs.status(honey(0).id) is None and jobs.status(honey(1).id) is not None
    post(shop, worker)
    shop.pass_time(3700)
    assert sweep(jobs, shop.store) == 2
    assert not present(shop, "results", results[1]) and jobs.status(honey(1).id) is None
    left = [key for key in shop.client.scan_iter(match=shop.prefix.replace("[", "\\[") + "*") if ":job:" in key]
    assert left == [] and jobs.depth().expiring == 0


def honey_photo() -> bytes:
    from batch_kit import photo

    return photo()


def present(shop: Shop, folder: str, name: str) -> bool:
    return (shop.folder / "files" / folder / name).exists()


def test_an_upload_under_a_known_key_is_deleted_and_the_first_one_kept(shop: Shop) -> None:
    jobs = Jobs(shop.client, shop.prefix, Keep(unfiled=10))
    names = [files.upload_name("image/png") for _ in range(2)]
    for name in names:
        jobs.reserve(f"u:{name}")
        files.write_upload(shop.store, name, honey_photo())
        jobs.file(honey(0, picture=f"upload:{name}"))
    shop.pass_time(20)
    sweep(jobs, shop.store)
    assert [present(shop, "uploads", name) for name in names] == [True, False]


def test_a_visitor_has_a_share(shop: Shop) -> None:
    waits = [shop.jobs.may("ip", 3, 600) for _ in range(5)]
    assert waits[:3] == [0, 0, 0] and all(190 < wait <= 200 for wait in waits[3:])
    assert shop.jobs.may("another", 3, 600) == 0
    key = f"{shop.prefix}:rate:ip"
    shop.client.set(key, float(shop.client.get(key)) - 210_000)
    assert shop.jobs.may("ip", 3, 600) == 0 < shop.jobs.may("ip", 3, 600)


def test_workers_that_are_gone_are_forgotten(shop: Shop) -> None:
    for i in range(2):
        shop.jobs.file(honey(i))
    quiet, holding = shop.worker(), shop.worker()
    shop.take(holding, most=1)
    shop.draw_all(quiet, dead_after=60)
    assert shop.jobs.tidy(0.0) == 1
    shop.jobs.leave(holding.name)
    # It holds a job, so nobody forgets it.
    assert [it["name"] for it in shop.client.xinfo_consumers(f"{shop.prefix}:jobs", "workers")] == [holding.name]


def test_a_step_that_fails_for_a_batch_is_made_for_each_alone(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    from templrender.loading import Loader

    get = Loader.get
    sizes: list[int] = []

    def falls(self: Loader, locations: Any, **more: Any) -> Any:
        sizes.append(len(list(locations)))
        if any("poison" in location for location in locations):
            raise RuntimeError("nobody thought of that")
        return get(self, locations, **more)

    monkeypatch.setattr(Loader, "get", falls)
    for i in range(4):
        shop.jobs.file(honey(i, picture=f"http://127.0.0.1:1/{'poison' if i == 2 else i}.png"))
    shop.jobs.file(honey(4))
    shop.draw_all(shop.worker("--max-tries", 1))
    found = [shop.jobs.status(honey(i).id) for i in range(5)]
    # The template can do without, but it is not asked to: a photo is what the job is about.
    assert [status and status.state for status in found] == ["refused", "refused", "dead", "refused", "done"]
    assert found[0] and "private address" in found[0].message
    assert found[2] and found[2].message == "RuntimeError: nobody thought of that"
    assert sizes == [4, 1, 1, 1, 1]


def test_a_full_disk_is_not_the_jobs_fault(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    write = files.write_result
    failing = [True]

    def full(store: files.Store, name: str, data: bytes) -> None:
        if failing[0]:
            raise OSError(28, "No space left on device")
        write(store, name, data)

    monkeypatch.setattr(files, "write_result", full)
    for i in range(3):
        shop.jobs.file(honey(i))
    worker = shop.worker("--retry", 60, "--most-retry", 60)
    shop.draw_all(worker)
    assert shop.jobs.depth().later == 3 and shop.jobs.depth().outbox == 0
    failing[0] = False
    shop.pass_time(60)
    shop.draw_all(worker)
    settled(shop, 3)


def test_files_may_lie_in_an_object_storage(shop: Shop) -> None:
    from fsspec.implementations.memory import MemoryFileSystem

    store = files.open_store(f"memory://{shop.prefix.strip('{}')}")
    shop.store = store
    shop.studio.close()
    from templrender.worker.draw import Studio

    shop.studio = Studio(shop.folder, store)
    jobs = Jobs(shop.client, shop.prefix, Keep(uploads=10, results=10))
    name = files.upload_name("image/png")
    jobs.reserve(f"u:{name}")
    files.write_upload(store, name, honey_photo())
    shop.jobs.file(honey(0, picture=f"upload:{name}", to=None))
    worker = shop.worker(keep=Keep(uploads=10, results=10))
    worker.store = store
    shop.draw_all(worker)
    settled(shop, 1)
    shop.pass_time(10)
    assert sweep(jobs, store) == 3
    held = [path for path in MemoryFileSystem.store if shop.prefix.strip("{}") in path]
    assert held == [] and jobs.status(honey(0).id) is None
