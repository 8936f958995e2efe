#!/usr/bin/env python3
"""The jobs of bindings/bench from Python, behind the same line protocol: what `peer` is for the Rust library.

J1 is the shipped template `product-ad`, J2 the shipped `og-card`, J3 one picture scaled to cover a square, and `tiny` is so small that what a call costs
shows beside it. Rows are dictionaries and are converted at each call, as in a program that has them from elsewhere. Photos, texts and fonts come
from $PEERS_ROOT; without it only `tiny` is there.
"""

import json
import os
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from templrender import Fonts, Need, Renderer, Resources, Template

ROOT = Path(__file__).resolve().parent.parent
COVER = """{ "templrender": 1, "name": "cover", "size": [600, 600], "output": { "format": "jpeg", "quality": 85, "subsampling": 420 },
  "layers": [ { "type": "image", "src": "{{ photo }}", "left": 0, "top": 0, "width": 600, "height": 600, "object-fit": "cover" } ] }"""
# Also in bindings/bench/src/jobs.rs.
TINY = """{ "templrender": 1, "name": "tiny", "size": [16, 16], "background": "{{ color }}", "layers": [
  { "type": "box", "left": 4, "top": 4, "width": 8, "height": 8, "background": "{{ inner }}" } ] }"""

Job = Callable[[int], bytes]


def jobs() -> dict[str, Job]:
    found = {"tiny": drawn(Renderer(), TINY, [{"color": "#123456", "inner": "#abcdef"}], {})}
    if "PEERS_ROOT" not in os.environ:
        return found
    root = Path(os.environ["PEERS_ROOT"])
    asset = {
        name: (root / "assets" / file).read_bytes()
        for name, file in {
            "photo": "product.jpg",
            "logo": "logo.png",
            "avatar": "avatar.jpg",
            "400": "Inter-Regular.ttf",
            "700": "Inter-Bold.ttf",
        }.items()
    }
    data = json.loads((root / "data.json").read_text(encoding="utf-8"))
    renderer = Renderer(Fonts([asset["400"], asset["700"]], default=False))
    shipped = {
        name: (ROOT / "templates" / name / "template.json").read_text(encoding="utf-8")
        for name in ("product-ad", "og-card")
    }
    return {
        "J1": drawn(renderer, shipped["product-ad"], [row | {"photo": "photo"} for row in data["j1"]], asset),
        "J2": drawn(renderer, shipped["og-card"], [row | {"avatar": "avatar"} for row in data["j2"]], asset),
        "J3": drawn(renderer, COVER, [{"photo": "photo"}], asset),
        **found,
    }


def drawn(renderer: Renderer, json_text: str, rows: list[dict[str, Any]], asset: dict[str, bytes]) -> Job:
    template = Template(json_text)

    def picture(need: Need) -> bytes:
        return asset[need.asset if need.is_asset else need.location]  # type: ignore[index]

    def draw(number: int) -> bytes:
        plan = renderer.plan(template, rows[number % len(rows)])
        resources = Resources()
        while needs := plan.pending(resources):
            for need in needs:
                resources.insert(need, picture(need))
        return renderer.render(plan, resources).encode()

    return draw


def run(job: Job, count: int, start: int) -> dict[str, object]:
    ms, cpu, data = [], [], b""
    for number in range(start, start + count):
        cpu_from, began = time.process_time(), time.perf_counter()
        data = job(number)
        ms.append((time.perf_counter() - began) * 1e3)
        cpu.append((time.process_time() - cpu_from) * 1e3)
    return {"ms": ms, "cpu": cpu, "size": len(data)}


def par(job: Job, count: int, threads: int) -> dict[str, object]:
    with ThreadPoolExecutor(threads) as pool:
        began = time.perf_counter()
        for _ in pool.map(job, range(count)):
            pass
        return {"wall": (time.perf_counter() - began) * 1e3, "n": count}


def dump(job: Job, start: int, path: str) -> dict[str, object]:
    data = job(start)
    Path(path).write_bytes(data)
    return {"size": len(data)}


def answer(known: dict[str, Job], asked: dict[str, Any]) -> dict[str, object]:
    job = known[asked["job"]]
    match asked["cmd"]:
        case "run":
            return run(job, asked["n"], asked.get("start", 0))
        case "par":
            return par(job, asked["n"], asked["threads"])
        case "dump":
            return dump(job, asked.get("start", 0), asked["path"])
        case other:
            return {"error": f"unknown command {other!r}"}


def main() -> None:
    known = jobs()
    if sys.argv[1:2] == ["--cold"]:
        print("size", len(known[sys.argv[2]](0)))
        return
    print(json.dumps({"ready": True, "jobs": list(known)}), flush=True)
    for line in sys.stdin:
        asked = json.loads(line)
        if asked["cmd"] == "quit":
            break
        try:
            said = answer(known, asked)
        except Exception as fault:  # the script that asks prints it
            said = {"error": repr(fault)}
        print(json.dumps(said), flush=True)


if __name__ == "__main__":
    main()
