"""The same template, row and pictures give the same bytes through nginx as from the program: every shipped template, row and variant."""

import hashlib
import json
import re
import subprocess

from kitchen import FRONT, PROGRAM, ROOM, ROOT, Case, at_once


def variants(folder):
    """The names of a template's variants, with None for the template as it stands."""
    text = "\n".join(line for line in (folder / "template.json").read_text().splitlines() if not line.lstrip().startswith("//"))
    found = json.loads(text)
    return [None, *found.get("variants", {})], {"jpeg": "jpg"}.get(found.get("output", {}).get("format", "png"), found.get("output", {}).get("format", "png"))


def rows(folder):
    """Its rows, the default one first, as the program chooses it."""
    files = sorted((folder / "rows").glob("*.json"))
    return sorted(files, key=lambda file: file.stem != "default")


def with_urls(value, start):
    """A row whose photos are the shop's."""
    if isinstance(value, dict):
        return {name: with_urls(inner, start) for name, inner in value.items()}
    if isinstance(value, list):
        return [with_urls(inner, start) for inner in value]
    return start + value if isinstance(value, str) and re.fullmatch(r"rows/photos/[\w.-]+", value) else value


def jobs():
    """What is drawn: template, row, variant and format. All rows as the template stands, the first in all variants, and that of one in all formats."""
    found = []
    for folder in sorted(path.parent for path in (ROOT / "templates").glob("*/template.json")):
        names, own = variants(folder)
        for number, row in enumerate(rows(folder)):
            for variant in names if number == 0 else names[:1]:
                formats = {own, "jpg", "png", "webp"} if number == 0 and variant is None else {own}
                found += [(folder, row, variant, format) for format in sorted(formats)]
    return found


class Bytes(Case):
    settings = {"shipped": True, "templates": {}}

    def url(self, folder, row, variant, format):
        columns = with_urls(json.loads(row.read_text()), self.shop.url(f"/templates/{folder.name}/"))
        command = [PROGRAM, "url", "sign", "--template", folder, "--row", json.dumps(columns), "--format", format, "--secret-file", self.kitchen.keys]
        return subprocess.run(command + (["--variant", variant] if variant else []), capture_output=True, text=True, check=True).stdout.strip()

    def drawn_by_the_program(self, folder, row, variant, format, to):
        command = [PROGRAM, "render", folder, "--row", row, "-o", to]
        subprocess.run(command + (["--variant", variant] if variant else []), check=True, capture_output=True)
        return to.read_bytes()

    def one(self, number, job):
        folder, row, variant, format = job
        target = self.url(*job)
        wanted = self.drawn_by_the_program(*job, self.kitchen.folder / f"{number}.{format}")
        got, head = self.kitchen.get(target), self.kitchen.get(target, "HEAD")
        name = f"{folder.name} {row.stem} {variant or 'default'} {format}"
        self.served(got)
        self.assertEqual(got.header("content-type"), {"jpg": "image/jpeg", "png": "image/png", "webp": "image/webp"}[format], name)
        self.assertEqual((head.status, head.body), (200, b""), name)
        for field in ("content-type", "content-length", "etag"):
            self.assertEqual(head.header(field), got.header(field), f"{name}: {field}")
        through_front = self.kitchen.get(target, port=FRONT)
        self.assertEqual(through_front.body, got.body, name)
        hashes = [hashlib.sha256(picture).hexdigest() for picture in (wanted, got.body)]
        return name, len(got.body), hashes

    def test_every_template_row_and_variant(self):
        work = jobs()
        self.assertGreaterEqual(len(work), 35)
        self.assertEqual(len({folder for folder, *_ in work}), len(list((ROOT / "templates").glob("*/template.json"))))
        told = at_once([lambda n=n, job=job: self.one(n, job) for n, job in enumerate(work)], threads=3)
        table = "".join(f"{mine[:16]}… {length:8} {name}{'' if mine == theirs else '  NOT ' + theirs[:16]}\n" for name, length, (theirs, mine) in told)
        (ROOM / "bytes.txt").write_text(table)
        for name, _, (theirs, mine) in told:
            with self.subTest(name):
                self.assertEqual(mine, theirs)
        print(f"\n{len(told)} pictures equal to the program's, SHA-256 in {ROOM / 'bytes.txt'}")
