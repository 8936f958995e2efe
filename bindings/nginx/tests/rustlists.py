"""The lists of tests/origins.rs, read out of its source: one list of tricks for the library and for what stands before it."""

import re

from kitchen import ROOT

ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "0": "\0", "\\": "\\", '"': '"', "'": "'"}
SOURCE = (ROOT / "tests" / "origins.rs").read_text()


def _text(literal):
    """The text of a Rust string literal without its quotes."""
    literal = re.sub(r"\\\n\s*", "", literal)
    return re.sub(r"\\(u\{([0-9a-f]+)\}|.)", lambda m: chr(int(m[2], 16)) if m[2] else ESCAPES[m[1]], literal)


def inner_hosts():
    """Hosts that some reader takes for this machine, its neighbours or a cloud's metadata service."""
    return _text(re.search(r'const INNER_HOSTS: &str = "((?:[^"\\]|\\.|\\\n)*)";', SOURCE)[1]).split()


def tricks():
    """URLs with user names, backslashes, control characters, other schemes."""
    block = re.search(r"let tricks = \[\n(.*?)\n    \];", SOURCE, re.S)[1]
    return [_text(literal) for literal in re.findall(r'"((?:[^"\\]|\\.)*)"', block)]
