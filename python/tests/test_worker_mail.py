"""Mails through a server that limits, refuses, hangs up and is away: none is lost, and each is sent when it may be."""

from __future__ import annotations

import time
from collections import Counter
from typing import Literal

import pytest
from worker_kit import Shop, honey

from templrender.worker.job import Job
from templrender.worker.letter import Stationery, write
from templrender.worker.outbox import Mail, Outbox, Pace
from templrender.worker.run import Worker
from templrender.worker.smtp import Sender, Server, judge

QUICK = Pace(pause=0.02, most_pause=0.05)


class Post:
    """A sender of a shop that makes one step at a time."""

    def __init__(self, shop: Shop, pace: Pace = QUICK) -> None:
        self.worker: Worker = shop.worker()
        self.outbox = Outbox(shop.jobs, self.worker.name, pace)
        self.sender = Sender(Server.at(f"smtp://127.0.0.1:{shop.mailbox.port}", timeout=5))

    def step(self, most: int = 4) -> float:
        """What is due now; seconds until more is."""
        due = self.outbox.claim(most)
        if due.mails:
            self.worker._post(self.outbox, self.sender, Stationery("cards@example.org"), due.mails, due.failures)
        return due.wait

    def until_empty(self, shop: Shop, seconds: float = 10) -> None:
        end = time.monotonic() + seconds
        while shop.jobs.depth().outbox:
            assert time.monotonic() < end
            time.sleep(min(self.step(), 0.05))


@pytest.fixture
def ten(shop: Shop) -> list[Job]:
    """Ten mails in the outbox."""
    jobs = [honey(i) for i in range(10)]
    for job in jobs:
        shop.jobs.file(job)
    shop.draw_all(shop.worker())
    assert shop.jobs.depth().outbox == 10
    return jobs


@pytest.mark.parametrize("mode", ["limit", "away", "busy"])
def test_while_the_server_limits_mails_wait_and_then_all_go(shop: Shop, ten: list[Job], mode: str) -> None:
    post = Post(shop)
    shop.mailbox.set(mode)
    end = time.monotonic() + 0.5
    while time.monotonic() < end:
        time.sleep(min(post.step(), 0.02))
    assert shop.mailbox.mails == [] and shop.jobs.depth().outbox == 10
    if mode == "limit":
        # One is tried after each pause, not ten.
        assert shop.mailbox.refused <= 4 + 0.5 / 0.02
    shop.mailbox.set("ok")
    post.until_empty(shop)
    assert Counter(shop.mailbox.ids()) == Counter(f"<{job.id}.done@example.org>" for job in ten)
    assert shop.jobs.counts()["mail-sent"] == 10
    assert {shop.jobs.status(job.id).mail for job in ten} == {"sent"}  # type: ignore[union-attr]
    post.sender.close()


def test_a_pause_is_one_for_all_senders_and_doubles(shop: Shop, ten: list[Job]) -> None:
    slow = Pace(pause=10, most_pause=15)
    one, other = Post(shop, slow), Post(shop, slow)
    shop.mailbox.set("limit")
    one.step()
    assert shop.mailbox.refused == 1
    waits = [post.step() for post in (one, other)]
    assert all(4 < wait <= 10 for wait in waits) and shop.mailbox.refused == 1
    assert 4 < shop.jobs.depth().mail_pause <= 10
    for failures in (1, 5, 50):
        assert slow.most_pause / 2 <= other.outbox.pause(failures) <= slow.most_pause
    one.sender.close()


def test_what_is_refused_for_good_is_refused_alone(shop: Shop) -> None:
    jobs = [honey(0), honey(1, to="nobody@example.org"), honey(2, to="spam@example.org"), honey(3)]
    for job in jobs:
        shop.jobs.file(job)
    shop.draw_all(shop.worker())
    shop.mailbox.set("odd")
    post = Post(shop)
    post.until_empty(shop)
    found = [shop.jobs.status(job.id) for job in jobs]
    assert [status and status.mail for status in found] == ["sent", "refused", "refused", "sent"]
    assert found[1] and found[1].mail_message == "recipient: 550 5.1.1 no such mailbox"
    assert shop.mailbox.connections == 1
    post.sender.close()


def test_a_server_that_hangs_up_before_it_says_so_gets_the_same_message_again(shop: Shop) -> None:
    shop.jobs.file(honey(0))
    shop.draw_all(shop.worker())
    shop.mailbox.set("cut")
    post = Post(shop)
    post.step()
    shop.mailbox.set("ok")
    post.until_empty(shop)
    assert shop.mailbox.ids() == [f"<{honey(0).id}.done@example.org>"] * 2
    post.sender.close()


def test_a_server_that_is_slow_is_cut_off_before_the_lease_ends(shop: Shop) -> None:
    shop.jobs.file(honey(0))
    shop.draw_all(shop.worker())
    shop.mailbox.delay_s = 9
    post = Post(shop, Pace(lease=2.0, pause=0.01, most_pause=0.02))
    began = time.monotonic()
    post.step()
    assert time.monotonic() - began < 4
    assert shop.jobs.depth().outbox == 1
    post.sender.close()


def test_no_more_than_the_rate_goes_out_of_all_senders(shop: Shop, ten: list[Job]) -> None:
    pace = Pace(per_second=20, burst=2)
    posts = [Post(shop, pace), Post(shop, pace)]
    began = time.monotonic()
    while shop.jobs.depth().outbox:
        for post in posts:
            time.sleep(min(post.step(), 0.01))
    assert time.monotonic() - began >= 0.4
    # Two at once, and one each 50 ms; the server's clock ticks in milliseconds.
    for number, mail in enumerate(shop.mailbox.mails, 1):
        assert number <= 2 + 20 * (mail.at - began + 0.002)
    for post in posts:
        post.sender.close()


def test_a_mail_that_nobody_takes_is_given_up_in_the_end(shop: Shop) -> None:
    shop.jobs.file(honey(0))
    shop.draw_all(shop.worker())
    shop.mailbox.set("busy")
    post = Post(shop, Pace(pause=0.01, most_pause=0.01, give_up=0.1))
    post.until_empty(shop)
    post.sender.close()
    status = shop.jobs.status(honey(0).id)
    assert status and status.mail == "given-up" and "451 4.2.1" in status.mail_message


def test_what_is_mailed(shop: Shop) -> None:
    shop.jobs.file(honey(0))
    shop.jobs.file(honey(1, row={}))
    shop.draw_all(shop.worker())
    post = Post(shop)
    post.until_empty(shop)
    post.sender.close()
    mails = {mail.recipient: mail.message for mail in shop.mailbox.mails}
    good = mails["u0@example.org"]
    assert (good["From"], good["To"], good["Auto-Submitted"]) == (
        "cards@example.org",
        "u0@example.org",
        "auto-generated",
    )
    (attached,) = good.iter_attachments()
    status = shop.jobs.status(honey(0).id)
    assert status and attached.get_content() == (shop.folder / "files" / "results" / status.result).read_bytes()
    bad = mails["u1@example.org"]
    assert bad["Subject"] == "Your picture could not be made" and "title" in bad.get_content()


@pytest.mark.parametrize("state", ["done", "no-face", "refused"])
def test_a_message_cannot_be_bent(state: Literal["done", "no-face", "refused"]) -> None:
    evil = "{link}\r\nBcc: all@example.org\r\n.\r\nété"
    mail = Mail(
        "ab" * 16,
        Job(key="1", template="a", to="bee@example.org"),
        state,
        evil,
        "aa/" + "ab" * 16 + ".png",
        "image/png",
        0,
    )
    data = write(
        mail, Stationery("cards@example.org", 'Cards, "of" Ünicode', "https://cards.example/r/"), None, 0
    ).as_bytes()
    head, _, body = data.partition(b"\r\n\r\n")
    assert b"bcc" not in head.lower() and data.isascii()
    assert all(len(line) <= 998 for line in data.split(b"\r\n"))
    assert body


def test_a_server_is_described() -> None:
    for url in (
        "mail.example.org",
        "smtp://me@mail.example.org",
        "smtps://me:secret@mail.example.org",
        "http://a",
        "smtp://a/b",
    ):
        with pytest.raises(ValueError):
            Server.at(url)
    assert Server.at("smtps://me@mail.example.org").port == 465


def test_every_refusal_is_somebodys() -> None:
    for step in ("connection", "sender", "recipient", "data"):
        for code in range(400, 600):
            kind = judge(step, code, "no").kind
            # What a provider says of us, or for now, costs no mail.
            assert kind != "refused" or (code >= 500 and step in ("recipient", "data"))
            assert kind != "later" or (code < 500 and step == "recipient")
