"""Mails go to a server; what became of each comes back: sent, refused for good, later for this one, or limited for all.

The envelope is spoken step by step, since it matters where a server says no. An answer of 4xx to the recipient is about that mailbox. Everything else that is 4xx, a refused or lost connection,
and a refusal of ourselves (greeting, password, sender) is about the provider: no mail is lost by it, and none goes out until it may again.
"""

from __future__ import annotations

import contextlib
import smtplib
import ssl
import threading
from dataclasses import dataclass
from typing import Literal
from urllib.parse import unquote, urlsplit

# Servers close a connection that has brought many, and some count it against the sender.
_PER_CONNECTION = 50
# RFC 3463: mail system congestion, which providers say with 5xx when a daily share is used up.
_CONGESTION = ("5.4.5", "4.4.5")


@dataclass(frozen=True)
class Server:
    """Where mails go.

    >>> server = Server.at("smtp+starttls://cards%40example.org@mail.example.org", password="secret")
    >>> server.host, server.port, server.user, server.security
    ('mail.example.org', 587, 'cards@example.org', 'starttls')
    """

    host: str
    port: int
    security: Literal["none", "starttls", "tls"] = "none"
    user: str | None = None
    password: str | None = None
    timeout: float = 30.0
    """Seconds for each answer."""

    @staticmethod
    def at(url: str, password: str | None = None, timeout: float = 30.0) -> Server:
        """`smtp://host:25`, `smtp+starttls://user@host:587` or `smtps://user@host:465`."""
        kinds: dict[str, tuple[Literal["none", "starttls", "tls"], int]] = {
            "smtp": ("none", 25),
            "smtp+starttls": ("starttls", 587),
            "smtps": ("tls", 465),
        }
        parts = urlsplit(url)
        if parts.scheme not in kinds or not parts.hostname or parts.password is not None or parts.path not in ("", "/"):
            raise ValueError(
                "a mail server is smtp://HOST, smtp+starttls://USER@HOST or smtps://USER@HOST, and its password is in TEMPLRENDER_SMTP_PASSWORD"
            )
        security, port = kinds[parts.scheme]
        user = unquote(parts.username) if parts.username else None
        if user is not None and security == "none":
            raise ValueError("a user needs smtp+starttls:// or smtps://, or the password goes in clear")
        return Server(parts.hostname, parts.port or port, security, user, password, timeout)


@dataclass(frozen=True)
class Verdict:
    """What became of a mail."""

    kind: Literal["sent", "refused", "later", "limited"]
    why: str = ""


class Sender:
    """A connection that is made when it is needed and kept for the next mail. For one thread."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._smtp: smtplib.SMTP | None = None
        self._used = 0

    def send(self, sender: str, recipient: str, data: bytes, *, seconds: float) -> Verdict:
        """Sends one mail. After so many seconds the connection is cut, whatever the server still has to say."""
        verdict = self._send(sender, recipient, data, seconds)
        if verdict is None:
            # A kept connection that the server closed meanwhile: nothing of this mail was said.
            verdict = self._send(sender, recipient, data, seconds)
        return verdict or Verdict("limited", "the server closes every connection")

    def _send(self, sender: str, recipient: str, data: bytes, seconds: float) -> Verdict | None:
        kept = self._smtp is not None
        step = "connection"
        cut = threading.Timer(seconds, self._cut)
        cut.daemon = True
        cut.start()
        try:
            smtp = self._smtp or self._connect()
            step = "sender"
            _expect(smtp.mail(sender, [f"size={len(data)}"] if smtp.has_extn("size") else []))
            step = "recipient"
            _expect(smtp.rcpt(recipient))
            step = "data"
            _expect(smtp.data(data))
        except smtplib.SMTPServerDisconnected as error:
            self.close()
            return None if kept and step == "sender" else Verdict("limited", f"{step}: {error}")
        except smtplib.SMTPResponseException as error:
            self._reset()
            return judge(step, error.smtp_code, _text(error.smtp_error))
        except (OSError, smtplib.SMTPException) as error:
            self.close()
            return Verdict("limited", f"{step}: {error}"[:300])
        finally:
            cut.cancel()
        self._used += 1
        if self._used >= _PER_CONNECTION:
            self.close()
        return Verdict("sent")

    def close(self) -> None:
        """Says goodbye, if anybody is there."""
        smtp, self._smtp = self._smtp, None
        if smtp is not None:
            with contextlib.suppress(OSError, smtplib.SMTPException):
                smtp.quit()
            smtp.close()

    def _connect(self) -> smtplib.SMTP:
        server = self._server
        if server.security == "tls":
            smtp: smtplib.SMTP = smtplib.SMTP_SSL(
                server.host, server.port, timeout=server.timeout, context=ssl.create_default_context()
            )
        else:
            smtp = smtplib.SMTP(server.host, server.port, timeout=server.timeout)
        # From here on, so that what is cut is this.
        self._smtp, self._used = smtp, 0
        try:
            smtp.ehlo_or_helo_if_needed()
            if server.security == "starttls":
                _expect(smtp.starttls(context=ssl.create_default_context()))
                smtp.ehlo()
            if server.user is not None:
                smtp.login(server.user, server.password or "")
        except BaseException:
            self.close()
            raise
        return smtp

    def _reset(self) -> None:
        if self._smtp is None:
            return
        try:
            _expect(self._smtp.rset())
        except (OSError, smtplib.SMTPException):
            self.close()

    def _cut(self) -> None:
        smtp = self._smtp
        if smtp is not None and smtp.sock is not None:
            with contextlib.suppress(OSError):
                smtp.sock.shutdown(2)


def judge(step: str, code: int, text: str) -> Verdict:
    """What a server's refusal means, by the step at which it came.

    >>> judge("recipient", 550, "no such user").kind, judge("recipient", 451, "greylisted").kind
    ('refused', 'later')
    >>> judge("sender", 451, "too fast").kind, judge("recipient", 421, "going down").kind, judge("sender", 550, "who are you?").kind
    ('limited', 'limited', 'limited')
    >>> judge("data", 550, "5.4.5 daily user sending limit exceeded").kind, judge("data", 554, "5.7.1 looks like spam").kind
    ('limited', 'refused')
    """
    why = f"{step}: {code} {text}"[:300]
    if code in (421, 454) or step in ("connection", "sender") or text.startswith(_CONGESTION):
        return Verdict("limited", why)
    if 400 <= code < 500:
        return Verdict("later" if step == "recipient" else "limited", why)
    return Verdict("refused", why)


def _expect(answer: tuple[int, bytes]) -> None:
    code, text = answer
    if not 200 <= code < 300:
        raise smtplib.SMTPResponseException(code, text)


def _text(answer: bytes | str) -> str:
    text = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())
