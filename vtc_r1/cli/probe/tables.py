"""The tables of `vtc-r1 probe`, as Markdown."""

import sys
from collections.abc import Sequence

from vtc_r1.cli.tables import broken, parted, room
from vtc_r1.compression import times
from vtc_r1.eval.probe import Point, ProbeResult
from vtc_r1.eval.probe.item import Task
from vtc_r1.eval.summary import Figure

_HEADINGS: dict[Task, str] = {
    "transcribe": "Transcribing a page",
    "needle": "Asked for one value on a page",
    "state": "Continuing a calculation",
}


_KEYS = 3
"""Columns that tell points apart."""


def tables(result: ProbeResult) -> str:
    """Show all points, a table for every task; as wide as the terminal at most."""
    written = []
    for task in dict.fromkeys(point.task for point in result.points):
        heading = broken(f"## {_HEADINGS[task]} · {result.reader.model}", room())
        written += [heading, points_table(result, task, room())]
    return "\n\n".join(written)


def points_table(result: ProbeResult, task: Task, width: int = sys.maxsize) -> str:
    """Show the points of one task: what the pages cost, and how they were read; `width` columns at most."""
    points = [point for point in result.points if point.task == task]
    knows = any(point.known_error for point in points)
    numbers = any(point.numbers for point in points)
    head = ["profile", "font px", "text", "pages", "characters a page", "compression", "character error"]
    head += ["of what it can write"] if knows else []
    head += ["exact pages" if task == "transcribe" else "exact answers"]
    head += ["numbers misread"] if numbers else []
    head += ["first third", "middle", "last"]
    estimated = {kind for kind, tokens in result.tokens.items() if not tokens.counted}
    rows = [_row(point, estimated, knows=knows, numbers=numbers) for point in points]
    return parted(head, rows, width, _KEYS)


def _row(point: Point, estimated: Sequence[str] | set[str], *, knows: bool, numbers: bool) -> list[str]:
    about = "≈ " if point.kind in estimated else ""
    return [
        point.profile.name,
        f"{point.font_size:.4g}",
        point.kind,
        f"{point.pages:,}" + (f" (+ {point.failed:,} failed)" if point.failed else ""),
        f"{point.characters / point.pages:,.0f}",
        f"{about}{times(point.compression_ratio)}",
        _figure(point.error, point.pages),
        *([_figure(point.known_error, point.pages)] if knows else []),
        _figure(point.exact),
        *([_figure(point.numbers, point.pages)] if numbers else []),
        *(_share(third) for third in point.thirds),
    ]


def _figure(figure: Figure | None, pages: int = 0) -> str:
    """Write a share with its interval, which one page does not have."""
    if figure is None or pages == 1:
        return _share(figure)
    return f"{100 * figure.mean:.2f} %\n[{100 * figure.low:.2f}, {100 * figure.high:.2f}]"


def _share(figure: Figure | None) -> str:
    return "–" if figure is None else f"{100 * figure.mean:.2f} %"
