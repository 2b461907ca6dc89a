"""Figures as PNG files, drawn by matplotlib."""

from collections.abc import Sequence
from functools import singledispatch
from pathlib import Path
from typing import TYPE_CHECKING

from vtc_r1.eval.report import figure as figures
from vtc_r1.eval.report.section import Section

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_DPI = 160


def write_drawings(sections: Sequence[Section], folder: Path) -> list[str]:
    """Draw every figure into `folder`/figures and return the relative paths. Raises ImportError."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure as Canvas

    (folder / "figures").mkdir()
    drawn = []
    for section in sections:
        for figure in section.figures:
            canvas = Canvas(figsize=(6.4, _height(figure)), dpi=_DPI, layout="constrained")
            FigureCanvasAgg(canvas)
            axes = canvas.add_subplot()
            axes.set_title(_plain(figure.title), fontsize=11, loc="left")
            axes.spines[["top", "right"]].set_visible(False)
            _draw(figure, axes)
            if len(axes.get_legend_handles_labels()[1]) > 1:
                longest = max(map(len, axes.get_legend_handles_labels()[1]))
                columns = max(1, min(3, 84 // (longest + 4)))
                canvas.legend(loc="outside lower center", ncols=columns, frameon=False, fontsize=9)
            name = f"figures/{section.name}-{figure.name}.png"
            canvas.savefig(folder / name)
            drawn.append(name)
    return drawn


def _height(figure: figures.Figure) -> float:
    if isinstance(figure, figures.Forest):
        return 1.2 + 0.3 * len(figure.marks)
    if isinstance(figure, figures.Breakdown):
        return 1.2 + sum(0.25 + 0.14 * len(marks) for _, _, marks in figure.parts)
    return 4.2


@singledispatch
def _draw(figure: figures.Figure, axes: "Axes") -> None:
    raise TypeError(type(figure))


@_draw.register(figures.Forest)
def _(figure: figures.Forest, axes: "Axes") -> None:
    for at, mark in enumerate(figure.marks):
        _whisker(axes, mark, -at)
    axes.set_yticks([-at for at in range(len(figure.marks))], [_plain(mark.label) for mark in figure.marks])
    axes.set_xlabel("accuracy, %")


@_draw.register(figures.Scatter)
def _(figure: figures.Scatter, axes: "Axes") -> None:
    for mark in figure.marks:
        ends = [[mark.y.mean - mark.y.low], [mark.y.high - mark.y.mean]]
        axes.errorbar(
            [mark.x], [mark.y.mean], yerr=ends, fmt="o", color=_colour(mark), label=_plain(mark.label)
        )
    axes.set_xlim(0, 1.25 * max((mark.x for mark in figure.marks), default=1.0) or 1.0)
    axes.set_ylim(*figures.accuracy_range([mark.y for mark in figure.marks]))
    axes.set_xlabel(figure.x_label)
    axes.set_ylabel("accuracy, %")


@_draw.register(figures.Distribution)
def _(figure: figures.Distribution, axes: "Axes") -> None:
    wide = 0.8 / max(1, len(figure.strips))
    for place, strip in enumerate(figure.strips):
        total = max(1, sum(strip.samples.values()))
        colour = figures.COLOURS[strip.colour % len(figures.COLOURS)]
        xs = [at - 0.4 + wide * (place + 0.5) for at in strip.samples]
        axes.bar(xs, [100 * one / total for one in strip.samples.values()], wide, color=colour, alpha=0.3)
        right = [100 * strip.right.get(at, 0) / total for at in strip.samples]
        axes.bar(xs, right, wide, color=colour, label=_plain(strip.label))
    axes.set_xlabel("iterations")
    axes.set_ylabel("samples, %")


@_draw.register(figures.Breakdown)
def _(figure: figures.Breakdown, axes: "Axes") -> None:
    named: set[str] = set()
    for at, (_name, _problems, marks) in enumerate(figure.parts):
        for place, mark in enumerate(marks):
            label = None if mark.label in named else _plain(mark.label)
            named.add(mark.label)
            _whisker(axes, mark, -at + 0.35 - 0.7 * (place + 0.5) / len(marks), label)
    names = [f"{_plain(name)} ({problems})" for name, problems, _ in figure.parts]
    axes.set_yticks([-at for at in range(len(figure.parts))], names)
    axes.set_xlabel("accuracy, %")


def _whisker(axes: "Axes", mark: figures.Mark, y: float, label: str | None = None) -> None:
    ends = [[mark.y.mean - mark.y.low], [mark.y.high - mark.y.mean]]
    shape = {"fmt": "D", "mfc": "white"} if mark.colour is None else {"fmt": "o"}
    axes.errorbar([mark.y.mean], [y], xerr=ends, color=_colour(mark), markersize=5, label=label, **shape)


def _colour(mark: figures.Mark) -> str:
    return "#77736b" if mark.colour is None else figures.COLOURS[mark.colour % len(figures.COLOURS)]


def _plain(text: str) -> str:
    """Escape text so that mathtext does not interpret it."""
    return text.replace("\\", "/").replace("$", r"\$")
