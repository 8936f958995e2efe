"""A job's end as a mail: what happened, the picture or the link to it.

`Message-ID` is made of the job's id and end. A mail that had to be sent again, because nobody knows whether the server took it, has the same one, so that receivers can drop it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formatdate

from .files import SUFFIXES
from .job import is_address
from .outbox import Mail

# Seven bits: what passes every server unchanged.
_POLICY = SMTP.clone(cte_type="7bit")

_SUBJECTS = {
    "done": "Your picture is ready",
    "no-face": "No face was found in your photo",
    "refused": "Your picture could not be made",
}
_TEXTS = {
    "done": "Hello,\n\nyour picture is ready{note}.\n{link}\n",
    "no-face": "Hello,\n\nno face was found in your photo, so we could not make your picture.\nPlease try another photo, one in which your face is large and looks at the camera.\n",
    "refused": "Hello,\n\nyour picture could not be made: {message}\n",
}


@dataclass(frozen=True)
class Stationery:
    """How mails look."""

    sender: str
    """The address in `From`, and of the envelope."""
    name: str = ""
    """The name in `From`.

    Default: none"""
    link: str | None = None
    """What stands before a picture's name: `https://cards.example/results/`. None: the picture is attached.

    Default: None"""
    subjects: Mapping[str, str] = field(default_factory=dict)
    """In place of the built-in ones, by the job's end.

    Default: none"""
    texts: Mapping[str, str] = field(default_factory=dict)
    """In place of the built-in ones, by the job's end; `{link}`, `{message}` and `{note}` are filled in.

    Default: none"""

    def __post_init__(self) -> None:
        if not is_address(self.sender):
            raise ValueError(f"the sender must be a mail address, found {self.sender[:64]!r}")


def write(mail: Mail, paper: Stationery, picture: bytes | None, now: float) -> EmailMessage:
    """The mail; `picture` is attached where there is no link.

    >>> from templrender.worker.job import Job
    >>> mail = Mail("c0ffee", Job(key="1", template="a", to="bee@example.org"), "no-face", "no face was found in your photo", "", "", 0)
    >>> message = write(mail, Stationery("cards@example.org"), None, now=0)
    >>> message["Message-ID"], message["Subject"]
    ('<c0ffee.no-face@example.org>', 'No face was found in your photo')
    """
    message = EmailMessage(policy=_POLICY)
    domain = paper.sender.rpartition("@")[2]
    message["From"] = Address(paper.name, addr_spec=paper.sender)
    message["To"] = Address(addr_spec=mail.job.to or "")
    message["Subject"] = {**_SUBJECTS, **paper.subjects}[mail.state]
    message["Date"] = formatdate(now)
    message["Message-ID"] = f"<{mail.id}.{mail.state}@{domain}>"
    message["Auto-Submitted"] = "auto-generated"
    link = f"{paper.link}{mail.result}" if paper.link and mail.result else "You find it attached."
    text = {**_TEXTS, **paper.texts}[mail.state]
    note = f" ({mail.message})" if mail.state == "done" and mail.message else ""
    for name, value in (("{note}", note), ("{link}", link), ("{message}", mail.message)):
        text = text.replace(name, value)
    message.set_content(text)
    if picture is not None:
        kind, _, subtype = mail.content_type.partition("/")
        message.add_attachment(
            picture, maintype=kind, subtype=subtype, filename=f"picture.{SUFFIXES[mail.content_type]}"
        )
    return message
