#!/usr/bin/env python3
"""Fills a configuration's @NAMES@ from the environment: fill.py TEMPLATE [NAME=VALUE...] > CONFIGURATION

A line with @LIST.NAME@, @LIST.HOST@, @LIST.PORT@, @LIST.ADDRESS@ or @LIST.NUMBER@ stands once for each member of LIST, which is written
"name=host:port name=host:port". A name that nobody set is an error, and so are two lists in one line.
"""

import os
import re
import sys

FIELD = re.compile(r"@([A-Z][A-Z0-9_]*)(?:\.(NAME|HOST|PORT|ADDRESS|NUMBER))?@")


def members(name, values):
    """The members of a list as dictionaries."""
    every = []
    for number, entry in enumerate(value(name, values).split(), 1):
        label, equals, address = entry.partition("=")
        host, colon, port = address.rpartition(":")
        if not (equals and colon and label and host and port.isdigit()):
            raise ValueError(f"{name} must be a list of name=host:port, found {entry!r}")
        every.append({"NAME": label, "HOST": host, "PORT": port, "ADDRESS": address, "NUMBER": str(number)})
    return every


def value(name, values):
    if name not in values:
        raise ValueError(f"@{name}@ must be set")
    return values[name]


def filled(text, values):
    lines = []
    for number, line in enumerate(text.splitlines(), 1):
        try:
            lists = {match[1] for match in FIELD.finditer(line) if match[2]}
            if len(lists) > 1:
                raise ValueError(f"a line may have one list, found {', '.join(sorted(lists))}")
            for member in members(lists.pop(), values) if lists else [{}]:
                lines.append(FIELD.sub(lambda match: member[match[2]] if match[2] else value(match[1], values), line))
        except ValueError as error:
            raise ValueError(f"line {number}: {error}") from None
    return "\n".join(lines) + "\n"


def main(template, *settings):
    values = {**os.environ, **dict(setting.split("=", 1) for setting in settings)}
    try:
        sys.stdout.write(filled(open(template, encoding="utf-8").read(), values))
    except ValueError as error:
        sys.exit(f"{template}: {error}")


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    main(*sys.argv[1:])
