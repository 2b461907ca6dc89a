"""Plots of a probe's result: precision against compression."""

import io
from collections.abc import Callable, Sequence
from typing import Any

from vtc_r1.errors import MissingExtra
from vtc_r1.eval.probe.result import Point, ProbeResult
from vtc_r1.eval.probe.setup import Task

FOX: dict[str, tuple[tuple[float, float], ...]] = {
    "100 tokens": ((6.7, 98.5), (7.5, 97.3), (9.7, 96.8), (10.6, 91.5), (12.6, 87.1)),
    "64 tokens": ((10.5, 96.5), (19.7, 59.1)),
}
"""Compression ratio and precision in percent that DeepSeek-OCR published on Fox, by vision tokens per page.

Measured on its own texts with its own metric (arXiv 2510.18234)."""
FOX_LABEL = "DeepSeek-OCR on Fox, {} (published, other texts)"


MARKERS = "osD^vPX*<>hp"
COLOURS = ("#1f5fa8", "#c8551b", "#2c8a4b", "#8a4fa3", "#b03a48", "#6b6b1f", "#138a8a", "#a8781f")
GREY = "#7a7f87"
_TITLES: dict[Task, str] = {
    "transcribe": "transcribing",
    "needle": "asked for one value on the page",
    "state": "continuing a calculation",
    "edited": "reading what was changed",
}
_PANEL = (4.6, 3.5)
_SETTINGS = {"svg.fonttype": "none", "svg.hashsalt": "vtc-r1", "font.family": "DejaVu Sans"}


def figures(result: ProbeResult) -> list[tuple[str, bytes]]:
    """Draw the result as `figure.png` and `figure.svg`, with a row of panels for each task.

    Raises MissingExtra if matplotlib is not installed.
    """
    tasks = list(dict.fromkeys(point.task for point in result.points))
    if not tasks:
        return []
    rows = [_panels([point for point in result.points if point.task == task]) for task in tasks]
    across = max(map(len, rows))

    def draw(figure: Any) -> None:
        grid = figure.subplots(len(rows), across, squeeze=False, sharex=True, sharey=True)
        for task, panels, axes in zip(tasks, rows, grid, strict=True):
            _row(result, task, panels, axes)
        figure.suptitle(
            f"What {_short(result.reader.model)} reads, by how densely pages are written", fontsize=12
        )
        _legend(figure, grid)

    return drawn("figure", (max(6.4, _PANEL[0] * across), _PANEL[1] * len(rows) + 1.6), "the plot", draw)


def drawn(
    name: str, size: tuple[float, float], what: str, draw: Callable[[Any], None]
) -> list[tuple[str, bytes]]:
    """Draw a figure, sized in inches, as `NAME.png` and `NAME.svg`; MissingExtra names `what` needs it."""
    try:
        import matplotlib as mpl
        from matplotlib.figure import Figure
    except ImportError as error:
        raise MissingExtra("matplotlib", "probe", what) from error
    files = []
    with mpl.rc_context(_SETTINGS):
        figure = Figure(figsize=size, layout="constrained", facecolor="white")
        draw(figure)
        for kind in ("png", "svg"):
            file = io.BytesIO()
            metadata = {"Date": None} if kind == "svg" else None
            figure.savefig(file, format=kind, dpi=110, metadata=metadata)
            files.append((f"{name}.{kind}", file.getvalue()))
    return files


def unboxed(panel: Any) -> None:
    """Give a panel a grid in place of a box."""
    panel.grid(color="#e4e6ea", linewidth=0.8)
    panel.set_axisbelow(True)
    panel.spines[["top", "right"]].set_visible(False)


def _panels(points: Sequence[Point]) -> dict[str, dict[str, list[Point]]]:
    """Sort points into panels and series: one panel per kind of text, or a single one for one profile."""
    profiles = dict.fromkeys(point.profile.name for point in points)
    panels: dict[str, dict[str, list[Point]]] = {}
    for point in points:
        panel, series = ("", point.kind) if len(profiles) == 1 else (point.kind, point.profile.name)
        panels.setdefault(panel, {}).setdefault(series, []).append(point)
    return panels


def _row(result: ProbeResult, task: Task, panels: dict[str, dict[str, list[Point]]], axes: Any) -> None:
    for panel in axes[len(panels) :]:
        panel.set_visible(False)
    for panel, (name, series) in zip(axes, panels.items(), strict=False):
        _fox(panel)
        for at, (label, points) in enumerate(series.items()):
            _series(panel, label, points, at)
        only = next(iter(next(iter(panels.values())).values()))[0].profile.name
        panel.set_title(f"{name or f'profile {only}'} · {_TITLES[task]}", fontsize=10)
        panel.set_xlim(left=0)
        panel.set_ylim(-3, 103)
        unboxed(panel)
        panel.tick_params(labelbottom=True)
        estimated = not all(result.tokens[point.kind].counted for one in series.values() for point in one)
        panel.set_xlabel(f"text tokens ÷ vision tokens{' (text tokens estimated)' if estimated else ''}")
    axes[0].set_ylabel("precision: characters read right, %")


def _series(panel: Any, label: str, points: Sequence[Point], at: int) -> None:
    placed = sorted(points, key=lambda point: point.compression_ratio)
    right = [100 * point.precision for point in placed]
    below = [100 * (point.error.high - point.error.mean) for point in placed]
    above = [100 * (point.error.mean - point.error.low) for point in placed]
    panel.errorbar(
        [point.compression_ratio for point in placed],
        right,
        yerr=[[max(0, one) for one in below], [max(0, one) for one in above]],
        label=label,
        color=COLOURS[at % len(COLOURS)],
        marker=MARKERS[at % len(MARKERS)],
        markersize=5,
        linewidth=1.4,
        capsize=2.5,
        zorder=3,
    )


def _fox(panel: Any) -> None:
    for (name, points), marker in zip(FOX.items(), "os", strict=True):
        ratios, precisions = zip(*points, strict=True)
        panel.plot(
            ratios,
            precisions,
            label=FOX_LABEL.format(name),
            color=GREY,
            linestyle="--",
            linewidth=1,
            marker=marker,
            markersize=4.5,
            markerfacecolor="white",
            zorder=2,
        )


def _legend(figure: Any, grid: Any) -> None:
    """Draw one legend for all panels below them, our results first."""
    found: dict[str, Any] = {}
    for panel in grid.flat:
        found.update(
            {label: handle for handle, label in zip(*panel.get_legend_handles_labels(), strict=True)}
        )
    published = [FOX_LABEL.format(name) for name in FOX]
    labels = [*(label for label in found if label not in published), *published]
    columns = 3 if figure.get_figwidth() > 8 else 2
    figure.legend(
        [found[label] for label in labels],
        labels,
        loc="outside lower center",
        ncols=columns,
        fontsize="small",
        frameon=False,
    )


def _short(model: str) -> str:
    name = "".join(character for character in model if character.isprintable() and character != "$")
    return name if len(name) <= 48 else f"{name[:47]}…"
