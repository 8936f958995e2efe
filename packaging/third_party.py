#!/usr/bin/env python3
"""The licences of all crates that are linked into what a package installs: packaging/third_party.py CRATE... > THIRD-PARTY

Crates are those that `cargo metadata` resolves for this machine, without dev- and build-dependencies of the named workspace members. A crate's own
files of licence are printed once, with the names of all crates that have the same text; a crate without such a file is told by its licence's name.
"""
import collections
import json
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
FILES = re.compile(r"(?i)^(licen[cs]e|copying|copyright|notice|unlicense)([-._].*)?$")


def resolved(members):
    host = re.search(r"^host: (.*)$", subprocess.check_output(["rustc", "-vV"], text=True), re.M)[1]
    command = ["cargo", "metadata", "--locked", "--format-version", "1", "--filter-platform", host]
    found = json.loads(subprocess.check_output(command, cwd=ROOT, text=True))
    packages = {package["id"]: package for package in found["packages"]}
    nodes = {node["id"]: node for node in found["resolve"]["nodes"]}
    open_ = [id_ for id_ in found["workspace_members"] if packages[id_]["name"] in members]
    if len(open_) != len(members):
        sys.exit(f"unknown members among {members}")
    seen = set()
    while open_:
        id_ = open_.pop()
        if id_ in seen:
            continue
        seen.add(id_)
        for dependency in nodes[id_]["deps"]:
            if any(kind["kind"] is None for kind in dependency["dep_kinds"]):
                open_.append(dependency["pkg"])
    return sorted((packages[id_] for id_ in seen if packages[id_]["source"]), key=lambda package: (package["name"], package["version"]))


def main():
    members = sys.argv[1:]
    if not members:
        sys.exit(__doc__)
    crates = resolved(members)
    texts = collections.defaultdict(list)
    print("These Rust crates, in their versions of Cargo.lock, are linked into the libraries and programs of this package.\n")
    for package in crates:
        name = f"{package['name']} {package['version']}"
        folder = pathlib.Path(package["manifest_path"]).parent
        files = sorted(path for path in folder.iterdir() if path.is_file() and FILES.match(path.name))
        who = ", ".join(package["authors"]) or package["repository"]
        print(f"{name}: {package['license'] or package['license_file']}{'' if files else f' (its sources hold no text of it; by {who})'}")
        for path in files:
            texts["\n".join(line.rstrip() for line in path.read_text(errors="replace").strip().splitlines())].append(name)
    for text, names in texts.items():
        print(f"\n{'-' * 79}\n{', '.join(dict.fromkeys(names))}\n\n{text}")


main()
