#!/usr/bin/env python3
"""The queue's failures, each with PASS or FAIL and its figures, on a Redis, workers and a mail server of their own.

    queue_drills.py ROOM [NAME...]

Jobs are product ads of 1080 x 1080 px. A mail is counted by what the mail server has taken, a job by what the queue says of it, a picture by its file.
"""

import json
import signal
import sys
import time
from collections import Counter
from pathlib import Path

from queue_kit import Room, end, waited

from templrender.worker import files
from templrender.worker.job import Job

ROOT = Path(__file__).resolve().parents[1]
TEMPLATES = ROOT / "templates"
JOBS = 300


class Verdicts:
    """PASS and FAIL, each with its figures."""

    def __init__(self):
        self.failed = 0

    def say(self, good, name, figures):
        self.failed += not good
        print(f"{'PASS' if good else 'FAIL'}  {name}: {figures}", flush=True)


def ad(number, **more):
    row = {"name": f"Aster honey {number}", "price": "€6.90", "photo": "rows/photos/bee.webp"}
    return Job(**{"key": f"ad-{number}", "template": "product-ad", "row": row, "to": f"u{number}@example.org", **more})


def ended(room, jobs, seconds):
    """Whether all are done and mailed in time."""
    return waited(
        lambda: room.states(jobs) == {"done": len(jobs)} and room.mails(jobs) == {"sent": len(jobs)}, seconds, every=0.2
    )


def told(room, jobs):
    """Whether every job was done once, has its picture, and was mailed once; and the figures."""
    mails = Counter(room.mailbox.ids())
    wanted = {f"<{job.id}.done@example.org>" for job in jobs}
    counts = room.jobs.counts()
    pictures = {path.name for path in room.pictures()}
    named = {status.result.partition("/")[2] for status in room.statuses(jobs) if status is not None}
    twice = sum(count > 1 for count in mails.values())
    good = (
        counts.get("done") == len(jobs) and mails.keys() == wanted and pictures == named and len(pictures) == len(jobs)
    )
    depth = room.jobs.depth()
    good = good and depth.depth == 0 and depth.outbox == 0 and depth.dead == 0
    figures = (
        f"{len(jobs)} jobs, {counts.get('done', 0)} ends, {len(pictures)} pictures, {len(mails)} mails, {twice} of them twice, "
        f"{counts.get('claimed', 0)} taken over, {len(wanted - mails.keys())} lost"
    )
    return good, twice, figures


def holder(room, least):
    """A worker with so many jobs in its hands: its process, its name."""
    found = []

    def holds():
        found[:] = [
            it["name"]
            for it in room.jobs.client.xinfo_consumers(f"{room.jobs.prefix}:jobs", "workers")
            if it["pending"] >= least
        ]
        return found

    assert waited(holds, 60, every=0.001), room.logs()
    pid = int(found[0].split("-")[-2])
    return next(worker for worker in room.workers if worker.pid == pid), found[0]


def held_by(room, name):
    return len(
        room.jobs.client.xpending_range(f"{room.jobs.prefix}:jobs", "workers", "-", "+", 1000, consumername=name)
    )


def kill(verdicts, folder):
    """kill -9 of one of two workers in the middle of a batch."""
    jobs = [ad(number) for number in range(JOBS)]
    with Room(folder, TEMPLATES) as room:
        room.worker("mail,sweep")
        for _ in range(2):
            room.worker("draw", "--dead-after", 3)
        room.file(jobs)
        waited(lambda: room.jobs.counts().get("done", 0) >= 40, 60)
        victim, name = holder(room, 4)
        end(victim, signal.SIGKILL)
        left = held_by(room, name)
        done = room.jobs.counts().get("done", 0)
        began = time.monotonic()
        good = ended(room, jobs, 180)
        whole, twice, figures = told(room, jobs)
        verdicts.say(
            good and whole and twice == 0 and left > 0,
            "kill -9 of one of 2 workers in mid-batch: every job done once, none lost, none mailed twice",
            f"killed after {done} with {left} jobs in its hands; {figures}; the other one was done {time.monotonic() - began:.0f} s later",
        )


def kill_all(verdicts, folder):
    """kill -9 of whole workers, senders included, five times over. A mail may go out again only if its sender was killed between the server's 250 and its own note."""
    jobs = [ad(number) for number in range(JOBS)]
    with Room(folder, TEMPLATES) as room:

        def start():
            return room.worker("draw,mail,sweep", "--dead-after", 2, "--mail-lease", 8)

        running = [start(), start()]
        room.file(jobs)
        for kills in range(1, 6):
            waited(lambda kills=kills: room.jobs.counts().get("done", 0) >= kills * 35, 60)
            victim = running.pop(0)
            end(victim, signal.SIGKILL)
            running.append(start())
        good = ended(room, jobs, 180)
        whole, twice, figures = told(room, jobs)
        verdicts.say(
            good and whole and twice <= 5,
            "kill -9 of a worker that draws and mails, 5 times: every job done once, none lost, a mail twice only out of a killed sender's hands",
            figures,
        )


def mail(verdicts, folder):
    """The mail server limits for 10 s and refuses connections for 10 s more; then it takes all."""
    jobs = [ad(number) for number in range(JOBS)]
    with Room(folder, TEMPLATES) as room:
        for _ in range(2):
            room.worker()
        room.mailbox.set("limit")
        room.file(jobs)
        time.sleep(10)
        asked = room.mailbox.refused
        room.mailbox.set("away")
        time.sleep(10)
        early, pending = len(room.mailbox.mails), room.jobs.depth().outbox
        room.mailbox.set("ok")
        began = time.monotonic()
        good = ended(room, jobs, 180)
        whole, twice, figures = told(room, jobs)
        verdicts.say(
            good and whole and twice == 0 and early == 0 and pending > 0,
            "SMTP says 421 for 10 s and refuses connections for 10 s: all pending is delivered after",
            f"{early} mails went before, {pending} were pending, the server was asked {asked} times in the first 10 s; "
            f"{figures}; all were out {time.monotonic() - began:.0f} s after it came back",
        )


def rate(verdicts, folder):
    """A provider that takes 20 mails a second, and senders that know it: none is refused."""
    jobs = [ad(number, template="price-tag", row=price_tag()) for number in range(100)]
    with Room(folder, TEMPLATES) as room:
        room.mailbox.per_second = 40
        for _ in range(2):
            room.worker("draw,mail,sweep", "--mail-rate", 20, "--mail-burst", 5)
        began = time.monotonic()
        room.file(jobs)
        good = ended(room, jobs, 120)
        whole, twice, figures = told(room, jobs)
        at = [it.at for it in room.mailbox.mails]
        lawful = all(number <= 5 + 20 * (it - began + 0.002) for number, it in enumerate(sorted(at), 1))
        most = max(sum(start <= it < start + 1 for it in at) for start in at)
        verdicts.say(
            good and whole and twice == 0 and room.mailbox.refused == 0 and lawful,
            "--mail-rate 20 of 2 senders together: the provider's bound is never met",
            f"{figures}; at most {most} in one second, {room.mailbox.refused} refused",
        )


def price_tag():
    return json.loads(sorted((TEMPLATES / "price-tag" / "rows").glob("*.json"))[0].read_text())


def restart(verdicts, folder):
    """Redis is killed with -9 three times while jobs are filed, drawn and mailed, and starts again from its log."""
    jobs = [ad(number) for number in range(JOBS)]
    with Room(folder, TEMPLATES) as room:
        for do in ("draw", "draw", "mail,sweep"):
            room.worker(do, "--dead-after", 3)
        filed, lost = 0, 0
        for part in range(3):
            room.file(jobs[part * 100 : part * 100 + 100])
            filed += 100
            waited(lambda part=part: room.jobs.counts().get("done", 0) >= part * 80 + 30, 60, every=0.01)
            room.redis.kill()
            room.redis.start()
            lost += sum(status is None for status in room.statuses(jobs[:filed]))
        good = ended(room, jobs, 180)
        whole, twice, figures = told(room, jobs)
        verdicts.say(
            good and whole and twice == 0 and lost == 0,
            "Redis killed and started again from its AOF, 3 times: none lost",
            f"{lost} unknown after it; {figures}; {room.redis_appends()}",
        )


def bad(verdicts, folder):
    """One bad job in each batch, and one whose template is not there."""
    jobs = [ad(number) for number in range(60)]
    wrong = [ad(1000 + number, row={"name": "no price"}) for number in range(15)]
    unknown = [ad(2000, template="not-there")]
    with Room(folder, TEMPLATES) as room:
        mixed = [
            job
            for four, one in zip([jobs[at : at + 4] for at in range(0, 60, 4)], wrong, strict=True)
            for job in (*four, one)
        ]
        room.file([*mixed, *unknown])
        room.worker("draw,mail,sweep", "--max-tries", 3)
        good = ended(room, jobs, 60) and waited(
            lambda: room.jobs.depth().dead == 1 and room.jobs.depth().outbox == 0, 30
        )
        states = room.states([*mixed, *unknown])
        mails = Counter(mail.message["Subject"] for mail in room.mailbox.mails)
        verdicts.say(
            good
            and states == {"done": 60, "refused": 15, "dead": 1}
            and mails == {"Your picture is ready": 60, "Your picture could not be made": 15},
            "one bad job never fails its batch",
            f"{dict(states)}, mails {dict(mails)}",
        )


CENTRED = {
    "templrender": 1,
    "name": "centred",
    "size": [256, 256],
    "output": {"format": "jpeg"},
    "fields": {"photo": {"type": "image", "required": True}},
    "layers": [
        {"id": "photo", "type": "image", "src": "{{ photo }}", "left": 0, "top": 0, "width": 256, "height": 256}
        | {"object-fit": "cover", "object-position": "face"}
    ],
}


def no_face(verdicts, folder):
    """Photos with and without a face through the detector of templates/models: who has none is told so."""
    templates = folder / "templates"
    (templates / "centred").mkdir(parents=True)
    (templates / "centred" / "template.json").write_text(json.dumps(CENTRED))
    photos = {
        True: TEMPLATES / "selfie-card/rows/photos/collins.jpg",
        False: TEMPLATES / "product-ad/rows/photos/bridge.jpg",
    }
    with Room(folder, templates) as room:
        store = files.open_store(str(room.files))
        jobs = []
        for number in range(20):
            name = files.upload_name("image/jpeg")
            room.jobs.reserve(f"u:{name}")
            files.write_upload(store, name, photos[number % 2 == 0].read_bytes())
            jobs.append(ad(number, template="centred", row={}, picture=f"upload:{name}"))
        room.file(jobs)
        room.worker("draw,mail,sweep", "--models", TEMPLATES / "models")
        waited(lambda: room.jobs.counts().get("mail-sent", 0) == 20, 120)
        states = [status.state if status else "unknown" for status in room.statuses(jobs)]
        said = {status.message for status in room.statuses(jobs)[1::2] if status}
        mails = Counter(mail.message["Subject"] for mail in room.mailbox.mails)
        verdicts.say(
            states == ["done", "no-face"] * 10
            and said == {"no face was found in your photo"}
            and mails == {"Your picture is ready": 10, "No face was found in your photo": 10},
            "who has no face in the photo is told so",
            f"{dict(Counter(states))}, mails {dict(mails)}",
        )


DRILLS = {
    "kill": kill,
    "kill-all": kill_all,
    "mail": mail,
    "rate": rate,
    "restart": restart,
    "bad": bad,
    "no-face": no_face,
}


def main(room, names):
    verdicts = Verdicts()
    began = time.monotonic()
    for name in names or DRILLS:
        print(f"-- {name}, {time.monotonic() - began:.0f} s", flush=True)
        DRILLS[name](verdicts, Path(room) / f"{name}-{time.time_ns()}")
    print(f"{verdicts.failed} failed, {time.monotonic() - began:.0f} s", flush=True)
    return 1 if verdicts.failed else 0


if __name__ == "__main__":
    if len(sys.argv) < 2 or any(name not in DRILLS for name in sys.argv[2:]):
        sys.exit(f"{__doc__}\n    {' '.join(DRILLS)}")
    sys.exit(main(sys.argv[1], sys.argv[2:]))
