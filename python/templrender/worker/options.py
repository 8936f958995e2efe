"""The command lines of `python -m templrender.worker`."""

from __future__ import annotations

import argparse
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass

from .._arguments import Between, UpTo
from .jobs import PREFIX, Keep
from .outbox import Pace

SECONDS = UpTo(366 * 86_400, "seconds")
COMMANDS = ("work", "file", "status", "dead", "again")
ROLES = ("draw", "mail", "sweep")


@dataclass(frozen=True)
class Options:
    """What a worker does, and with what. See `--help`."""

    redis: str
    prefix: str
    templates: str
    files: str
    roles: frozenset[str]
    batch: int
    threads: int
    timeout: float
    batch_timeout: float
    dead_after: float
    max_tries: int
    retry: float
    most_retry: float
    models: tuple[str, ...]
    allow_private: bool
    smtp: str | None
    sender: str
    sender_name: str
    link: str | None
    metrics: str | None
    keep: Keep
    pace: Pace


@dataclass(frozen=True)
class Asked:
    """A command line: the command, where the queue is, and what the command is about."""

    command: str
    redis: str
    prefix: str
    work: Options | None = None
    names: tuple[str, ...] = ()


def parse(arguments: Sequence[str]) -> Asked:
    """Reads the arguments; what is wrong with them ends the program with status 2. Without a command it is `work`.

    >>> asked = parse(["--templates", "t", "--files", "f", "--do", "draw"])
    >>> asked.command, asked.work.roles, asked.work.batch
    ('work', frozenset({'draw'}), 16)
    """
    given = list(arguments)
    if not given or given[0] not in (*COMMANDS, "-h", "--help"):
        given.insert(0, "work")
    parser = _parser()
    found = parser.parse_args(given)
    if found.command != "work":
        return Asked(found.command, found.redis, found.prefix, names=tuple(getattr(found, "names", ())))
    if "mail" in found.do and found.smtp is None:
        parser.error("to mail, --smtp and --from are needed; or say --do draw,sweep")
    if "mail" in found.do and not found.sender:
        parser.error("the following arguments are required: --from")
    if found.most_retry < found.retry or found.most_mail_pause < found.mail_pause:
        parser.error("the longest wait must not be shorter than the first")
    keep = Keep(uploads=found.keep_uploads, results=found.keep_results, dead=found.keep_dead)
    pace = Pace(
        per_second=found.mail_rate,
        burst=found.mail_burst,
        lease=found.mail_lease,
        pause=found.mail_pause,
        most_pause=found.most_mail_pause,
        give_up=found.mail_for,
    )
    work = Options(
        redis=found.redis,
        prefix=found.prefix,
        templates=found.templates,
        files=found.files,
        roles=frozenset(found.do),
        batch=found.batch,
        threads=found.threads,
        timeout=found.timeout,
        batch_timeout=found.batch_timeout,
        dead_after=found.dead_after,
        max_tries=found.max_tries,
        retry=found.retry,
        most_retry=found.most_retry,
        models=tuple(found.models),
        allow_private=found.allow_private,
        smtp=found.smtp,
        sender=found.sender,
        sender_name=found.sender_name,
        link=found.link,
        metrics=found.metrics,
        keep=keep,
        pace=pace,
    )
    return Asked("work", found.redis, found.prefix, work=work)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m templrender.worker",
        description="A queue of pictures that people wait for. docs/queue.md tells it all.",
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    queue = argparse.ArgumentParser(add_help=False)
    queue.add_argument(
        "--redis",
        default=os.environ.get("TEMPLRENDER_REDIS", "redis://127.0.0.1:6379/0"),
        metavar="URL",
        help="Redis or Valkey: redis://, rediss:// or unix://. Default: TEMPLRENDER_REDIS, else redis://127.0.0.1:6379/0",
    )
    queue.add_argument(
        "--prefix",
        default=PREFIX,
        help="of all keys; in braces, so that a cluster has them on one node. Default: %(default)s",
    )
    _work(
        commands.add_parser(
            "work", parents=[queue], help="draw, mail and delete until SIGTERM (where no command is given)"
        )
    )
    commands.add_parser(
        "file", parents=[queue], help="file jobs: a line of JSON each, on standard input; prints their ids"
    )
    status = commands.add_parser("status", parents=[queue], help="how far jobs are, as JSON")
    status.add_argument("names", nargs="+", metavar="ID")
    commands.add_parser("dead", parents=[queue], help="jobs that were given up, and why")
    again = commands.add_parser("again", parents=[queue], help="let dead jobs wait again")
    again.add_argument("names", nargs="+", metavar="ID", help="ids, or `all`")
    return parser


def _work(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--templates", required=True, metavar="DIR", help="the folder of templates: folders, or packs (.zip)")
    add(
        "--files",
        required=True,
        metavar="URI",
        help="where photos and pictures lie: a folder, or a URI that fsspec knows (s3://bucket/prefix)",
    )
    add(
        "--do",
        type=_roles,
        default=ROLES,
        metavar="ROLES",
        help="draw, mail, sweep: those of them that this worker does. Default: draw,mail,sweep",
    )
    add(
        "--batch",
        type=Between(1, 1000),
        default=16,
        metavar="N",
        help="jobs that are taken and drawn together, at most. Default: 16",
    )
    add(
        "--threads",
        type=Between(1, 256),
        default=1,
        metavar="N",
        help="pictures that are drawn at the same time. Default: 1",
    )
    add("--timeout", type=SECONDS, default=60.0, metavar="S", help="the longest time for one picture. Default: 60")
    add(
        "--batch-timeout",
        type=SECONDS,
        default=900.0,
        metavar="S",
        help="after this time others may take what a worker still has. Default: 900",
    )
    add(
        "--dead-after",
        type=SECONDS,
        default=60.0,
        metavar="S",
        help="a worker that was silent for so long is dead, and its jobs are taken over. Default: 60",
    )
    add(
        "--max-tries",
        type=Between(1, 100),
        default=6,
        metavar="N",
        help="tries of a job before it is given up. Default: 6",
    )
    add(
        "--retry",
        type=SECONDS,
        default=5.0,
        metavar="S",
        help="before the second try; then twice as long each time. Default: 5",
    )
    add("--most-retry", type=SECONDS, default=600.0, metavar="S", help="the longest of these. Default: 600")
    add(
        "--models",
        action="append",
        default=[],
        metavar="DIR",
        help="a folder of models and their manifests; may be given several times",
    )
    add("--allow-private", action="store_true", help="fetch photos from private addresses too")
    add(
        "--smtp",
        metavar="URL",
        help="smtp://HOST, smtp+starttls://USER@HOST, smtps://USER@HOST; the password is in TEMPLRENDER_SMTP_PASSWORD",
    )
    add("--from", dest="sender", default="", metavar="ADDRESS", help="who mails are from")
    add("--from-name", dest="sender_name", default="", metavar="NAME", help="and what that is called")
    add("--link", metavar="URL", help="mail a link, this and the picture's name, in place of the picture itself")
    add(
        "--mail-rate",
        type=UpTo(1_000_000),
        default=0.0,
        metavar="N",
        help="most mails a second, all workers together. Default: no bound",
    )
    add(
        "--mail-burst",
        type=Between(1, 10_000),
        default=10,
        metavar="N",
        help="that may go at once after a quiet time. Default: 10",
    )
    add(
        "--mail-pause",
        type=SECONDS,
        default=5.0,
        metavar="S",
        help="nobody sends for so long when the server limits; then twice as long each time. Default: 5",
    )
    add("--most-mail-pause", type=SECONDS, default=300.0, metavar="S", help="the longest of these. Default: 300")
    add(
        "--mail-lease",
        type=SECONDS,
        default=600.0,
        metavar="S",
        help="after this time another sends the mail of a dead sender. Default: 600",
    )
    add(
        "--mail-for",
        type=SECONDS,
        default=3 * 86400.0,
        metavar="S",
        help="tried for so long, then given up. Default: 3 days",
    )
    add(
        "--keep-uploads",
        type=SECONDS,
        default=3600.0,
        metavar="S",
        help="photos are deleted so long after their job's end. Default: 1 hour",
    )
    add(
        "--keep-results",
        type=SECONDS,
        default=86400.0,
        metavar="S",
        help="pictures and jobs are deleted so long after their mail was sent. Default: 1 day",
    )
    add(
        "--keep-dead",
        type=SECONDS,
        default=7 * 86400.0,
        metavar="S",
        help="jobs that were given up, with their photos. Default: 7 days",
    )
    add("--metrics", metavar="HOST:PORT", type=_address, help="answer /metrics and /healthz here")


def _roles(text: str) -> tuple[str, ...]:
    found = tuple(text.split(","))
    if not set(found) <= set(ROLES):
        raise argparse.ArgumentTypeError(f"roles are {', '.join(ROLES)}, found {text[:64]!r}")
    return found


def _address(text: str) -> str:
    if not re.fullmatch(r"[^\s/]*:\d{1,5}", text):
        raise argparse.ArgumentTypeError(f"an address is written HOST:PORT, found {text[:64]!r}")
    return text
