#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Draws how time and size grow with the group, from the figures that `make bench` saves.

growth.py FIGURES > growth.svg. Both axes are logarithmic; only the standard library is used.
"""

import math
import pathlib
import sys

sys.dont_write_bytecode = True
from figures import Figures  # noqa: E402

PANELS = [
    ("commit, empty, with a path", "commit", "µs"),
    ("process a commit", "process", "µs"),
    ("join from a Welcome", "join", "µs"),
    ("create by one commit", "bulk", "µs"),
    ("bytes of a commit", "commit-bytes", "B"),
    ("bytes of a Welcome for one", "welcome-bytes", "B"),
]
# who, suite, tree, colour, dashes; blue is ours, thin grey and brown are others.
SERIES = [
    ("ours", "0x0001", "cold", "#1f5fbf", ""),
    ("ours", "0x0001", "warm", "#1f5fbf", "5 3"),
    ("ours", "product", "cold", "#0f9d8a", ""),
    ("ours", "product", "warm", "#0f9d8a", "5 3"),
    ("mls-rs-uniffi", "0x0001", "cold", "#b5651d", ""),
    ("rine-mls", "0x0001", "cold", "#8a8a8a", ""),
]
WIDTH, HEIGHT, MARGIN, GAP = 300, 200, 46, 34


def unit(value, kind):
    if kind == "µs":
        for bound, name in ((1e6, "s"), (1e3, "ms")):
            if value >= bound:
                return f"{value / bound:g} {name}"
        return f"{value:g} µs"
    for bound, name in ((1e6, "MB"), (1e3, "kB")):
        if value >= bound:
            return f"{value / bound:g} {name}"
    return f"{value:g} B"


class Panel:
    def __init__(self, figures, title, operation, kind, left, top):
        self.title, self.kind, self.left, self.top = title, kind, left, top
        self.lines = []
        for who, suite, tree, colour, dashes in SERIES:
            points = [
                (key[3], value) for key, value in figures.values.items()
                if key[:3] == (who, suite, tree) and key[4] == operation]
            if points:
                self.lines.append((sorted(points), colour, dashes))
        values = [value for points, _, _ in self.lines for _, value in points]
        self.sizes = sorted({size for points, _, _ in self.lines for size, _ in points})
        self.low = 10 ** math.floor(math.log10(min(values)))
        self.high = 10 ** math.ceil(math.log10(max(values)))

    def x(self, size):
        low, high = math.log(self.sizes[0]), math.log(self.sizes[-1])
        return self.left + WIDTH * (math.log(size) - low) / ((high - low) or 1)

    def y(self, value):
        low, high = math.log(self.low), math.log(self.high)
        return self.top + HEIGHT * (1 - (math.log(value) - low) / (high - low))

    def svg(self):
        yield text(self.left, self.top - 10, self.title, weight="bold")
        value = self.low
        while value <= self.high:
            y = self.y(value)
            yield line(self.left, y, self.left + WIDTH, y, "#dddddd")
            yield text(self.left - 6, y + 4, unit(value, self.kind), anchor="end")
            value *= 10
        for size in self.sizes:
            yield line(self.x(size), self.top, self.x(size), self.top + HEIGHT, "#eeeeee")
            yield text(self.x(size), self.top + HEIGHT + 15, str(size), anchor="middle")
        for points, colour, dashes in self.lines:
            path = " ".join(f"{self.x(size):.1f},{self.y(value):.1f}" for size, value in points)
            yield (
                f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"'
                f' stroke-dasharray="{dashes}"/>')
            for size, value in points:
                yield (
                    f'<circle cx="{self.x(size):.1f}" cy="{self.y(value):.1f}" r="2.5"'
                    f' fill="{colour}"/>')


def text(x, y, words, anchor="start", weight="normal"):
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-weight="{weight}">{words}'
        "</text>")


def line(x1, y1, x2, y2, colour, dashes="", width=1):
    return (
        f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}"'
        f' stroke-width="{width}" stroke-dasharray="{dashes}"/>')


def main():
    figures = Figures(pathlib.Path(sys.argv[1]).read_text().splitlines())
    columns = 3
    across, down = WIDTH + MARGIN + GAP, HEIGHT + MARGIN + GAP
    rows = math.ceil(len(PANELS) / columns)
    width, height = columns * across + GAP, rows * down + 60
    print(
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}"'
        ' font-family="sans-serif" font-size="11">')
    print(f'<rect width="{width}" height="{height}" fill="white"/>')
    for index, (title, operation, kind) in enumerate(PANELS):
        left = GAP + MARGIN + (index % columns) * across
        top = GAP + (index // columns) * down
        print("\n".join(Panel(figures, title, operation, kind, left, top).svg()))
    for index, (who, suite, tree, colour, dashes) in enumerate(SERIES):
        x, y = GAP + MARGIN + index * 182, rows * down + 30
        print(line(x, y, x + 20, y, colour, dashes, width=2))
        print(text(x + 25, y + 4, f"{who}, {suite}, {tree}"))
    print(text(GAP + MARGIN, rows * down + 50, "Horizontal: members of the group."))
    print("</svg>")


if __name__ == "__main__":
    main()
