"""Reads Prometheus's text format 0.0.4 and lets nothing pass that the format does not allow."""

import math
import re

NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
SAMPLE = re.compile(rf"({NAME})(?:\{{(.*)\}})? (\S+)")
LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(,|$)')
KINDS = ("counter", "gauge", "histogram", "summary", "untyped")


class Page:
    """A page: `types` by name, `samples` by name and sorted labels, in the order of the page."""

    def __init__(self, text):
        self.types, self.helps, self.samples = {}, {}, {}
        if not text.endswith("\n"):
            raise ValueError("the last line must end with a line feed")
        closed, family = set(), None
        for number, line in enumerate(text[:-1].split("\n"), 1):
            try:
                name = self._line(line)
            except ValueError as error:
                raise ValueError(f"line {number}: {error}: {line!r}") from None
            if name is not None and name != family:
                if name in closed:
                    raise ValueError(f"line {number}: the lines of {name} must stand together")
                closed.add(family)
                family = name
        for name in self.types:
            if name not in self.helps:
                raise ValueError(f"{name} has no HELP")
            if self.types[name] == "histogram":
                self._histogram(name)
        for name, labels in self.samples:
            if self.types[self._family(name)] == "counter" and not self.samples[name, labels] >= 0:
                raise ValueError(f"the counter {name} is {self.samples[name, labels]}")

    def _line(self, line):
        if not line:
            return None
        if line.startswith("#"):
            words = line.split(" ", 3)
            if len(words) < 4 or words[0] != "#" or words[1] not in ("HELP", "TYPE") or not re.fullmatch(NAME, words[2]):
                raise ValueError("a line with # must be a HELP or a TYPE")
            known = self.helps if words[1] == "HELP" else self.types
            if words[2] in known:
                raise ValueError(f"a second {words[1]}")
            if words[1] == "TYPE" and words[3] not in KINDS:
                raise ValueError("an unknown type")
            if words[1] == "TYPE" and any(self._family(name) == words[2] for name, _ in self.samples):
                raise ValueError("TYPE must stand before the samples")
            known[words[2]] = words[3]
            return words[2]
        match = SAMPLE.fullmatch(line)
        if not match:
            raise ValueError("no sample")
        name, labels = match[1], self._labels(match[2] or "")
        if (name, labels) in self.samples:
            raise ValueError("a series that stands twice")
        if self._family(name) not in self.types:
            raise ValueError("a sample without TYPE")
        self.samples[name, labels] = float(match[3].replace("Inf", "inf"))
        return self._family(name)

    @staticmethod
    def _labels(text):
        found, at = {}, 0
        while at < len(text):
            match = LABEL.match(text, at)
            if not match or match[1] in found:
                raise ValueError("labels that cannot be read, or twice the same")
            found[match[1]] = match[2]
            at = match.end()
            if match[3] == "," and at == len(text):
                raise ValueError("a comma at the end of the labels")
        return tuple(sorted(found.items()))

    def _family(self, name):
        if name in self.types:
            return name
        base = re.sub(r"_(bucket|sum|count)$", "", name)
        return base if self.types.get(base) in ("histogram", "summary") else name

    def _histogram(self, name):
        series = {}
        for (known, labels), value in self.samples.items():
            if known == name + "_bucket":
                rest = tuple(label for label in labels if label[0] != "le")
                series.setdefault(rest, []).append((float(dict(labels)["le"].replace("Inf", "inf")), value))
        for rest, buckets in series.items():
            ordered = sorted(buckets)
            if ordered != buckets or [v for _, v in ordered] != sorted(v for _, v in ordered) or ordered[-1][0] != math.inf:
                raise ValueError(f"the buckets of {name} must rise up to +Inf")
            if self.samples.get((name + "_count", rest)) != ordered[-1][1] or (name + "_sum", rest) not in self.samples:
                raise ValueError(f"the histogram {name} needs a sum, and a count that is its last bucket")

    def get(self, name, **labels):
        """The sum of all series of this name that have these labels, 0 where there is none."""
        return sum(v for (known, has), v in self.samples.items() if known == name and labels.items() <= dict(has).items())
