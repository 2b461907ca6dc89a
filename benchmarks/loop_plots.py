"""The two plots of loop.py: latency by reasoning length, throughput by concurrency."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any

EDGES = (0, 1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 1 << 30)
"""Reasoning tokens between which problems are taken together."""


def binned(points: Sequence[tuple[int, float]]) -> list[tuple[float, float]]:
    """Return (median tokens, median seconds) of the problems between each pair of edges."""
    bins = [[point for point in points if low <= point[0] < high] for low, high in pairwise(EDGES)]
    return [(median(x for x, _ in held), median(y for _, y in held)) for held in bins if held]


def plot(
    by_length: Mapping[str, Sequence[tuple[int, float]]], rows: Sequence[Mapping[str, Any]], folder: Path
) -> list[Path]:
    """Draw both into `folder`, as PNG and SVG; return what was written."""
    folder.mkdir(parents=True, exist_ok=True)
    latency = [(name, binned(points)) for name, points in by_length.items()]
    rates = [
        (
            name,
            [(row["concurrency"], row["problems_a_second"]) for row in rows if row["schedule"] == name],
        )
        for name in by_length
    ]
    return [
        *_draw(latency, "reasoning tokens", "seconds, begin to answer (median)", folder / "latency", "log"),
        *_draw(rates, "concurrency", "problems a second", folder / "throughput", "linear"),
    ]


def _draw(
    lines: Sequence[tuple[str, Sequence[tuple[float, float]]]], x: str, y: str, path: Path, scale: str
) -> list[Path]:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6.4, 4.4), layout="constrained")
    axes = figure.subplots()
    for at, (name, points) in enumerate(lines):
        axes.plot(*zip(*points, strict=True), marker="os^Dv"[at % 5], label=name)
    axes.set(xlabel=x, ylabel=y, yscale=scale)
    axes.set_xscale("log", base=2)
    axes.xaxis.set_major_formatter("{x:,.0f}")
    if scale == "log":
        axes.yaxis.set_major_formatter("{x:,.0f}")
    axes.grid(alpha=0.3)
    axes.legend(fontsize="small")
    if scale == "linear":
        axes.set_ylim(bottom=0)
    written = [path.with_suffix(f".{kind}") for kind in ("png", "svg")]
    for file in written:
        figure.savefig(file, dpi=150)
    return written
