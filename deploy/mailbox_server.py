#!/usr/bin/env python3
"""A mail server for tests and drills: it takes mails and keeps them, and limits, refuses, delays or is away when it is told to.

    mailbox_server.py PORT [FOLDER]        prints each mail's line, and keeps it in the folder

It speaks as much SMTP as senders need. In a program of Python's it runs in a thread (`Mailbox().start()`), and `mode` says how it behaves:

    ok             takes all
    limit          421 at the sender: too many
    busy           451 at the recipient: this mailbox later
    away           the port is closed, connections are refused
    cut            takes the mail's text, and hangs up before it says so
    odd            550 at recipients that begin with `nobody`, 554 at those that begin with `spam` once it has the text
"""

from __future__ import annotations

import asyncio
import contextlib
import email.policy
import sys
import threading
import time
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path


@dataclass
class Taken:
    """A mail that was taken, by its envelope."""

    sender: str
    recipient: str
    message: EmailMessage
    at: float


@dataclass
class Mailbox:
    """The server. `port` 0 is a free one, which it has once it is started."""

    port: int = 0
    folder: Path | None = None
    mode: str = "ok"
    delay_s: float = 0.0
    per_second: int = 0
    """With `limit` at what is more than this in one second; 0 is no bound."""
    mails: list[Taken] = field(default_factory=list)
    refused: int = 0
    connections: int = 0

    def start(self) -> Mailbox:
        """Begins to listen in a thread of its own."""
        self._loop = asyncio.new_event_loop()
        self._writers: set[asyncio.StreamWriter] = set()
        self._server: asyncio.Server | None = None
        self._thread = threading.Thread(target=self._loop.run_forever, name="mailbox", daemon=True)
        self._thread.start()
        self.set(self.mode)
        return self

    def set(self, mode: str) -> None:
        """Behaves so from now on."""
        self.mode = mode
        asyncio.run_coroutine_threadsafe(self._open(mode != "away"), self._loop).result(10)

    def stop(self) -> None:
        """Ends it."""
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def ids(self) -> list[str]:
        """The Message-ID of each mail that was taken."""
        return [str(mail.message["Message-ID"]) for mail in list(self.mails)]

    async def _end(self) -> None:
        await self._open(False)
        talks = asyncio.all_tasks() - {asyncio.current_task()}
        for talk in talks:
            talk.cancel()
        await asyncio.gather(*talks, return_exceptions=True)

    async def _open(self, open: bool) -> None:
        if open and self._server is None:
            self._server = await asyncio.start_server(self._talk, "127.0.0.1", self.port, limit=64 << 20)
            self.port = self._server.sockets[0].getsockname()[1]
        elif not open and self._server is not None:
            self._server.close()
            self._server = None
            for writer in self._writers:
                writer.close()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._writers.add(writer)
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            await self._say(writer, "220 mailbox")
            await self._commands(reader, writer)
        self._writers.discard(writer)
        writer.close()

    async def _say(self, writer: asyncio.StreamWriter, line: str) -> None:
        if line[0] in "45":
            self.refused += 1
        writer.write(line.encode() + b"\r\n")
        await writer.drain()

    async def _commands(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        sender = recipient = ""
        while line := await reader.readline():
            verb, _, rest = line.decode("ascii", "replace").strip().partition(" ")
            match verb.upper():
                case "EHLO" | "HELO":
                    await self._say(writer, "250-mailbox\r\n250-SIZE 33554432\r\n250 8BITMIME")
                case "MAIL":
                    if self.mode == "limit" or self._too_many():
                        await self._say(writer, "421 4.7.0 too many mails, come back later")
                        return
                    sender = rest.partition("<")[2].partition(">")[0]
                    await self._say(writer, "250 ok")
                case "RCPT":
                    recipient = rest.partition("<")[2].partition(">")[0]
                    if self.mode == "busy":
                        await self._say(writer, "451 4.2.1 this mailbox gets too much, come back later")
                    elif self.mode == "odd" and recipient.startswith("nobody"):
                        await self._say(writer, "550 5.1.1 no such mailbox")
                    else:
                        await self._say(writer, "250 ok")
                case "DATA":
                    await self._say(writer, "354 go on")
                    data = await reader.readuntil(b"\r\n.\r\n")
                    if self.delay_s:
                        await asyncio.sleep(self.delay_s)
                    if self.mode == "odd" and recipient.startswith("spam"):
                        await self._say(writer, "554 5.7.1 looks like spam")
                        continue
                    self._take(sender, recipient, data[:-3])
                    if self.mode == "cut":
                        return
                    await self._say(writer, "250 ok")
                case "RSET" | "NOOP":
                    await self._say(writer, "250 ok")
                case "QUIT":
                    await self._say(writer, "221 bye")
                    return
                case _:
                    await self._say(writer, "502 unknown")

    def _too_many(self) -> bool:
        now = time.monotonic()
        return (
            bool(self.per_second)
            and sum(now - mail.at < 1 for mail in self.mails[-self.per_second :]) >= self.per_second
        )

    def _take(self, sender: str, recipient: str, data: bytes) -> None:
        message = BytesParser(policy=email.policy.default, _class=EmailMessage).parsebytes(
            data.replace(b"\r\n..", b"\r\n.")
        )
        assert isinstance(message, EmailMessage)
        self.mails.append(Taken(sender, recipient, message, time.monotonic()))
        if self.folder is not None:
            (self.folder / f"{len(self.mails):05}-{time.time_ns()}.eml").write_bytes(data)
            print(f"{recipient}: {message['Subject']}", flush=True)


def main(port: int, folder: Path | None) -> None:
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
    Mailbox(port, folder).start()
    threading.Event().wait()


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3) or not sys.argv[1].isdigit():
        sys.exit(__doc__)
    main(int(sys.argv[1]), Path(sys.argv[2]) if len(sys.argv) == 3 else None)
