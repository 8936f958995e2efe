"""The pages as text: templates with `{name}` beside this file, filled with values that were escaped."""

from __future__ import annotations

import html
import re
from pathlib import Path

from templrender.worker.jobs import Status

_HERE = Path(__file__).resolve().parent
STATIC = {
    "/crop.js": ("text/javascript; charset=utf-8", "crop.js"),
    "/style.css": ("text/css; charset=utf-8", "style.css"),
}

_TITLES = {
    "waiting": "Your photo waits for its turn",
    "working": "Your picture is being made",
    "later": "It did not work, and we try again",
    "done": "Your picture is ready",
    "no-face": "No face was found in your photo",
    "refused": "Your picture could not be made",
    "dead": "Your picture could not be made",
}
_MAILS = {
    "pending": "The mail is on its way; where the mail provider makes us wait, it goes out later.",
    "sending": "The mail is on its way.",
    "sent": "It was mailed to you.",
    "refused": "The address that you gave takes no mail from us.",
    "given-up": "We could not mail it to you.",
}


def static(path: str) -> tuple[str, bytes]:
    """One of the two files that pages ask for."""
    content_type, name = STATIC[path]
    return content_type, (_HERE / name).read_bytes()


def fill(name: str, **values: str) -> bytes:
    """A page; the values are HTML already."""
    page = (_HERE / name).read_text(encoding="utf-8")
    return re.sub(r"\{([a-z]+)\}", lambda found: values[found[1]], page).encode()


def form(token: str, problem: str, *, megabytes: int, uploads: float, results: float) -> bytes:
    """The form."""
    return fill(
        "form.html",
        token=html.escape(token),
        problem=html.escape(problem),
        megabytes=str(megabytes),
        uploads=duration(uploads),
        results=duration(results),
    )


def text_of(status: Status) -> str:
    """A job's state in a sentence."""
    match status.state:
        case "waiting" if status.ahead == 0:
            return "You are next."
        case "waiting":
            return f"{status.ahead:,} {'is' if status.ahead == 1 else 'are'} before you."
        case "no-face":
            return "No face was found in your photo. Please try another one, in which your face is large and looks at the camera."
        case "refused":
            return status.message[:1].upper() + status.message[1:] + "."
        case "dead":
            # What went wrong is ours, and so is how we say it among us.
            return "Something is wrong on our side. We look at it."
        case "done":
            return status.message
        case _:
            return "This page looks again by itself."


def status(found: Status) -> bytes:
    """How far a job is."""
    moving = found.state in ("waiting", "working", "later") or found.mail in ("pending", "sending")
    picture = (
        f'<p><img src="/job/{found.id}/picture" alt="Your picture"></p>'
        if found.state == "done" and found.result
        else ""
    )
    return fill(
        "status.html",
        refresh='<meta http-equiv="refresh" content="3">' if moving else "",
        title=_TITLES[found.state],
        text=html.escape(text_of(found)),
        picture=picture,
        mail=_MAILS.get(found.mail, ""),
    )


def duration(seconds: float) -> str:
    """
    >>> duration(3600), duration(86400), duration(90), duration(1)
    ('1 hour', '1 day', '90 seconds', '1 second')
    """
    for unit, length in (("day", 86400), ("hour", 3600), ("minute", 60)):
        if seconds >= length and seconds % length == 0:
            return _counted(int(seconds // length), unit)
    return _counted(int(seconds), "second")


def _counted(count: int, unit: str) -> str:
    return f"{count} {unit}" + ("" if count == 1 else "s")
