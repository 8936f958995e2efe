"""The command line of `python -m templrender.batch`. What it shares with `templrender feed` has the same name and the same meaning."""

from __future__ import annotations

import argparse
import datetime
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from .._arguments import Between, UpTo

_STATUS = """\
exit status:
  0    done; no row failed, or no more than --max-failures
  1    rows failed, see OUT/rejects; or it could not go on: standard error says why, and the same command goes on where it was
  2    wrong usage
  3    more than --max-failures rows failed, and the rest was not drawn
  130  ctrl-c; the same command goes on where it was
"""


@dataclass(frozen=True)
class Options:
    """What is to be drawn, how, and where to. See `--help`."""

    feed: str
    template: str
    out: str | None
    engine: str
    write: str
    variants: tuple[str | None, ...]
    format: str | None
    lang: str | None
    scale: float | None
    now: float | None
    time_zone: str | None
    fonts: tuple[str, ...]
    models: tuple[str, ...]
    model_engine: str
    ort_library: str | None
    root: tuple[str, ...]
    allow_private: bool
    timeout: float
    per_host: int
    retries: int
    cache_dir: str | None
    id_column: str
    jobs: int | None
    part_rows: int
    shard: tuple[int, int]
    sample: int | None
    estimate: bool
    max_failures: int | None
    again: Literal["failed", "all"] | None
    ray_address: str | None


def parse(arguments: Sequence[str] | None = None) -> Options:
    """Reads the arguments; what is wrong with them ends the program with status 2."""
    parser = _parser()
    given = vars(parser.parse_args(arguments))
    if given["out"] is None and not given["estimate"]:
        parser.error("the following arguments are required: --out, or --estimate")
    given["variants"] = tuple(None if name == "default" else name for name in given.pop("variant") or ["default"])
    if len(set(given["variants"])) < len(given["variants"]):
        parser.error("argument --variant: a variant must be named once")
    for name in ("fonts", "models", "root"):
        given[name] = tuple(given[name])
    return Options(**given)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m templrender.batch",
        description="Draw a picture for each row of a feed, on this machine or on a cluster. Start it again, and it goes on where it was.",
        epilog=_STATUS,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add(
        "feed",
        metavar="FEED",
        help="CSV, TSV, JSON Lines, RSS, Atom (also .gz), Parquet or Arrow IPC: a file, a folder, a glob in quotes; here or a URI that fsspec knows",
    )
    add("--template", required=True, metavar="T", help="a template's folder, its JSON file or its pack")
    add(
        "--out",
        metavar="URI",
        help="a folder, or a URI that fsspec knows (s3://bucket/prefix): what is there is not drawn again",
    )
    add(
        "--engine",
        choices=("local", "ray"),
        default="local",
        help="where it is drawn: on this machine, or by tasks of Ray. Default: local",
    )
    add(
        "--write",
        choices=("parquet", "files"),
        default="parquet",
        help="pictures in Parquet, one a row; or files called by their key, and a manifest. Default: parquet",
    )
    add(
        "--variant",
        action="append",
        metavar="NAME",
        help="a variant to draw, `default` for the template as it stands; may be given several times",
    )
    add("--format", choices=("jpg", "png", "webp"), help="in place of the template's")
    add("--lang", metavar="TAG", help="the language, as a BCP 47 tag, in place of the template's")
    add("--scale", type=float, metavar="N", help="paint larger or smaller, 0.1 to 4")
    add(
        "--now",
        type=time,
        metavar="TIME",
        help="the time that deals and dates are held against: 2026-11-30T12:00:00Z, or seconds since 1970. Default: the system's clock",
    )
    add(
        "--time-zone",
        metavar="NAME",
        help="the time zone, as a name (Europe/London), an offset (+01:00) or UTC, in place of the template's",
    )
    add(
        "--fonts",
        action="append",
        default=[],
        metavar="DIR",
        help="a folder of fonts, after the template's own; may be given several times",
    )
    add(
        "--models",
        action="append",
        default=[],
        metavar="DIR",
        help="a folder of models that the template may name; may be given several times. Default: the template's own folder `models`, where it has one",
    )
    add(
        "--model-engine",
        choices=("auto", "rten", "tract", "ort"),
        default="auto",
        help="who runs models: one that is built in, or ONNX Runtime. Default: auto",
    )
    add(
        "--ort-library",
        metavar="FILE",
        help="ONNX Runtime's shared library or its folder. Default: the package onnxruntime",
    )
    add(
        "--root",
        action="append",
        default=[],
        metavar="DIR",
        help="pictures may be anywhere under this folder too, beside the feed's; may be given several times",
    )
    add(
        "--allow-private",
        action="store_true",
        help="fetch pictures from private addresses too (this machine, the local network)",
    )
    add(
        "--timeout",
        type=UpTo(86_400, "seconds"),
        default=20.0,
        metavar="SECONDS",
        help="the longest time that one picture may take to arrive. Default: 20",
    )
    add(
        "--per-host",
        type=Between(1, 1000),
        default=8,
        metavar="N",
        help="pictures that each process fetches from one host at the same time. Default: 8",
    )
    add(
        "--retries",
        type=Between(0, 100),
        default=2,
        metavar="N",
        help="further tries for a picture whose failure may pass. Default: 2",
    )
    add(
        "--cache-dir",
        metavar="DIR",
        help="keep fetched pictures here, for later runs and other processes; at most 10 GB, for a day",
    )
    add("--id-column", default="id", metavar="NAME", help="the column of a table that names its rows. Default: id")
    add(
        "--jobs",
        type=Between(1, 100_000),
        metavar="N",
        help="threads that draw; with --engine ray, tasks. Default: one for each processor; one is left to Ray",
    )
    add(
        "--part-rows",
        type=Between(1, 1_000_000),
        default=1000,
        metavar="N",
        help="rows that are drawn together and become one file. Default: 1000",
    )
    add(
        "--shard",
        type=_shard,
        default=(1, 1),
        metavar="I/N",
        help="draw only the rows whose id falls into the I-th of N parts",
    )
    add(
        "--sample",
        type=Between(1, 10_000_000),
        metavar="N",
        help="draw only N rows, chosen by their ids, from all over the feed",
    )
    add(
        "--estimate",
        action="store_true",
        help="draw a sample (200 rows without --sample), write nothing, and say how long all would take and how large they would be",
    )
    add(
        "--max-failures",
        type=Between(0, 1 << 62),
        metavar="N",
        help="stop when more rows than this have failed. Default: go on to the end, and exit with status 1 if any has",
    )
    add("--again", choices=("failed", "all"), help="draw again what is there: parts that lack a photo, or all")
    add("--ray-address", metavar="ADDRESS", help="the cluster. Default: that of RAY_ADDRESS, else this machine")
    return parser


def time(text: str) -> float:
    """ISO 8601, or seconds since 1970. A time without an offset is UTC.

    >>> time("2026-11-30T12:00:00Z"), time("2026-11-30"), time("12")
    (1796040000.0, 1795996800.0, 12.0)
    """
    if re.fullmatch(r"-?\d+", text):
        return float(text)
    try:
        when = datetime.datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"a time is written 2026-11-30T12:00:00Z or in seconds since 1970, found {text[:64]!r}"
        ) from None
    return (when if when.tzinfo else when.replace(tzinfo=datetime.UTC)).timestamp()


def _shard(text: str) -> tuple[int, int]:
    found = re.fullmatch(r"(\d{1,6})/(\d{1,6})", text)
    if not found or not 1 <= int(found[1]) <= int(found[2]):
        raise argparse.ArgumentTypeError(f"a shard is written 1/10 to 10/10, found {text[:64]!r}")
    return int(found[1]), int(found[2])
