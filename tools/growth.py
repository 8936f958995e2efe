#!/usr/bin/env python3
"""growth.py [--no-run] [SERIES]: draws how cost grows with layers, canvas, photo and text into docs/performance/*.svg, and judges the exponents.

`growth` of bindings/bench measures: the least processor time of several runs of each point, all points of a series in turns. A plot has both axes logarithmic, so that a cost of n^k is a
line of slope k; the dashed line has slope 1. The exponent of a series is the steepest slope of a decade of it; over 1.15 it fails, unless `BOUNDS` knows why.
Other work on the machine only adds to a time, and to a long run more surely than to the best of many short ones: a series that would fail is measured again, up
to twice, and the least of each point counts.
"""

import argparse
import math
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
INTO = ROOT / "docs" / "performance"
MOST_EXPONENT = 1.15
AGAIN = 2
# The steepest slope that is right for a series. Beyond 8 megapixels a frame is more than the C library keeps for the next one (32 MB), so its pages come from the
# kernel each time, zeroed: that takes 45 % of the time at 16 and 64 megapixels, and within each half of the plot cost is linear.
BOUNDS = {"canvas to JPEG": 1.4, "canvas to PNG": 1.4}


@dataclass(frozen=True)
class Plot:
    """A file: its title, the axis of n, what makes the axis' value of n, and the series that stand in it."""

    file: str
    title: str
    axis: str
    series: str
    power: float = 1.0
    unit: float = 1.0


PLOTS = [
    Plot("layers", "Layers on a canvas of 1080 x 1080 px", "layers", "layers:"),
    Plot("canvas", "Canvas of a gradient, a shadow and a banner", "megapixels of the canvas", "canvas", 2.0, 1e6),
    Plot("photo", "Photo that covers 600 x 600 px", "megapixels of the photo", "photo:", 2.0, 1e6),
    Plot("text", "Rows of text on a canvas that holds them", "rows of 60 characters", "rows of text"),
]
COLOURS = ["#1f5fbf", "#c8352d", "#2f8f4e", "#8a4fbf", "#b8860b", "#3a3a3a"]


@dataclass
class Series:
    name: str
    points: list[tuple[float, float]] = field(default_factory=list)
    steps: dict[tuple[float, str], float] = field(default_factory=dict)

    def slopes(self) -> Iterator[tuple[float, float, float]]:
        """From, to and slope of each decade: between each point and the first that is at least ten times as large."""
        for x, y in self.points:
            after = [(x2, y2) for x2, y2 in self.points if x2 >= 9.9 * x]
            if after:
                x2, y2 = after[0]
                yield x, x2, math.log(y2 / y) / math.log(x2 / x)

    def exponent(self) -> float:
        return max((slope for *_, slope in self.slopes()), default=0.0)

    def bound(self) -> float:
        return BOUNDS.get(self.name, MOST_EXPONENT)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("series", nargs="?", default="", help="only what begins so")
    parser.add_argument("--no-run", action="store_true", help="draw what was measured before")
    options = parser.parse_args()
    measured = ROOT / "target" / "growth.tsv"
    if not options.no_run:
        subprocess.run(["cargo", "build", "--locked", "--workspace", "--release", "--bin", "growth"], cwd=ROOT, check=True)
        lines = measure(options.series)
        for _ in range(AGAIN):
            for one in [one for plot in PLOTS for one in read(lines, plot) if one.exponent() > one.bound()]:
                lines = least(lines, measure(one.name))
        measured.write_text("".join("\t".join(line) + "\n" for line in lines), encoding="utf-8")
    lines = [line.split("\t") for line in measured.read_text(encoding="utf-8").splitlines()]
    INTO.mkdir(parents=True, exist_ok=True)
    faults = []
    print(f"load {os.getloadavg()[0]:.1f}\n\n| series | from | to | exponent of a decade | at the end, ms: plan | layout | decode | paint | encode |")
    print("|---|---:|---:|---:|---:|---:|---:|---:|---:|")
    for plot in PLOTS:
        series = read(lines, plot)
        if not series:
            continue
        (INTO / f"{plot.file}.svg").write_text(svg(plot, series), encoding="utf-8")
        for one in series:
            (low, first), (high, last) = one.points[0], one.points[-1]
            steps = " | ".join(f"{one.steps[high, step] / 1e3:.2f}" for step in ("plan", "layout", "decode", "paint", "encode"))
            print(f"| {one.name} | {low:g}: {first:.2f} ms | {high:g}: {last:.2f} ms | {one.exponent():.2f} | {steps} |")
            if one.exponent() > one.bound():
                faults.append(f"{one.name}: grows with the power of {one.exponent():.2f}, at most {one.bound()} is right")
    for fault in faults:
        print(f"growth: {fault}", file=sys.stderr)
    return 1 if faults else 0


def measure(series: str) -> list[list[str]]:
    said = subprocess.run([TARGET / "release" / "growth", series], check=True, stdout=subprocess.PIPE, text=True)
    return [line.split("\t") for line in said.stdout.splitlines()]


def least(lines: list[list[str]], again: list[list[str]]) -> list[list[str]]:
    """The lines with the lesser time of both where a step of a point was measured again."""
    found = {tuple(key): us for *key, us in again}
    return [[*key, min(us, found.get(tuple(key), us), key=float)] for *key, us in lines]


def read(lines: list[list[str]], plot: Plot) -> list[Series]:
    found: dict[str, Series] = {}
    for name, n, step, us in lines:
        if name.startswith(plot.series):
            x = float(n) ** plot.power / plot.unit
            one = found.setdefault(name, Series(name))
            one.steps[x, step] = float(us)
            if step == "all":
                one.points.append((x, float(us) / 1e3))
    return list(found.values())


WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 760, 460, 76, 250, 48, 60


def svg(plot: Plot, series: list[Series]) -> str:
    """Both axes logarithmic, a line of points for each series, and where linear growth would go."""
    xs, ys = [x for one in series for x, _ in one.points], [y for one in series for _, y in one.points]
    x_low, x_high = math.log10(min(xs)), math.log10(max(xs))
    y_low, y_high = math.floor(math.log10(min(ys))), math.ceil(math.log10(max(ys)))

    def at(x: float, y: float) -> tuple[float, float]:
        across = (math.log10(x) - x_low) / (x_high - x_low)
        up = (math.log10(y) - y_low) / (y_high - y_low)
        return LEFT + across * (WIDTH - LEFT - RIGHT), HEIGHT - BOTTOM - up * (HEIGHT - TOP - BOTTOM)

    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="system-ui, sans-serif" font-size="13" fill="#222">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
        f'<text x="{LEFT}" y="28" font-size="16" font-weight="600">{plot.title}</text>',
    ]
    bottom, right = HEIGHT - BOTTOM, WIDTH - RIGHT
    for power in range(y_low, y_high + 1):
        _, y = at(10**x_low, 10.0**power)
        out.append(f'<path d="M{LEFT} {y:.1f}H{right}" stroke="#ddd"/>')
        out.append(f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{number(10.0**power)}</text>')
    for power in range(math.ceil(x_low - 1e-9), math.floor(x_high + 1e-9) + 1):
        x, _ = at(10.0**power, 10.0**y_low)
        out.append(f'<path d="M{x:.1f} {TOP}V{bottom}" stroke="#ddd"/>')
        out.append(f'<text x="{x:.1f}" y="{bottom + 20}" text-anchor="middle">{number(10.0**power)}</text>')
    out.append(f'<path d="M{LEFT} {TOP}V{bottom}H{right}" stroke="#888" fill="none"/>')
    out.append(f'<text x="{(LEFT + right) / 2:.0f}" y="{HEIGHT - 14}" text-anchor="middle">{plot.axis}</text>')
    middle = (TOP + bottom) / 2
    out.append(f'<text x="20" y="{middle:.0f}" text-anchor="middle" transform="rotate(-90 20 {middle:.0f})">ms of processor time</text>')
    out.append(linear(series, at, y_low))
    # Names stand where their lines end, apart from each other.
    ends = sorted((at(*one.points[-1])[1], number_, one) for number_, one in enumerate(series))
    heights = spaced([height for height, *_ in ends], bottom)
    for (end, index, one), height in zip(ends, heights, strict=True):
        colour = COLOURS[index % len(COLOURS)]
        places = [at(*point) for point in one.points]
        out.append(f'<path d="M{" L".join(f"{x:.1f} {y:.1f}" for x, y in places)}" stroke="{colour}" stroke-width="2" fill="none"/>')
        out += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>' for x, y in places]
        out.append(f'<path d="M{places[-1][0] + 4:.1f} {end:.1f}L{right + 18} {height:.1f}" stroke="{colour}" stroke-width="0.7"/>')
        label = f"{one.name.removeprefix(plot.series).strip(' ,') or one.name}: n^{one.exponent():.2f}"
        out.append(f'<text x="{right + 22}" y="{height + 4:.1f}" fill="{colour}">{label}</text>')
    return "\n".join([*out, "</svg>", ""])


def linear(series: list[Series], at: Callable[[float, float], tuple[float, float]], y_low: int) -> str:
    """A dashed line of slope 1 through the last point of the cheapest series, as far down as the plot goes."""
    x2, y2 = min((one.points[-1] for one in series), key=lambda point: point[1])
    x1 = max(min(one.points[0][0] for one in series), x2 * 10.0**y_low / y2)
    (ax, ay), (bx, by) = at(x1, y2 * x1 / x2), at(x2, y2)
    return f'<path d="M{ax:.1f} {ay:.1f}L{bx:.1f} {by:.1f}" stroke="#999" stroke-dasharray="5 4"/>'


def spaced(heights: list[float], bottom: float) -> list[float]:
    """The same heights at least a line apart, within the plot."""
    found: list[float] = []
    for height in heights:
        found.append(max(height, found[-1] + 17 if found else TOP + 6))
    over = max(0.0, found[-1] - bottom) if found else 0.0
    return [height - over for height in found]


def number(value: float) -> str:
    return f"{value:,.0f}" if value >= 1 else f"{value:g}"


if __name__ == "__main__":
    sys.exit(main())
