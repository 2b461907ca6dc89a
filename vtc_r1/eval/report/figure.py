"""Figures as data, drawn as SVG for the page and by matplotlib for files."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, floor, log10

from vtc_r1.eval.metrics import Interval


@dataclass(frozen=True, slots=True)
class Mark:
    """One data point."""

    label: str  #: its name
    colour: int | None  #: index into the palette; None for a published figure
    y: Interval  #: accuracy in percent
    x: float = 0.0  #: its cost, if the figure has such an axis


@dataclass(frozen=True, slots=True)
class Forest:
    """A forest plot of accuracies, ours and published ones."""

    name: str
    title: str
    marks: Sequence[Mark]


@dataclass(frozen=True, slots=True)
class Scatter:
    """Accuracy against a cost."""

    name: str
    title: str
    x_label: str
    marks: Sequence[Mark]


@dataclass(frozen=True, slots=True)
class Strip:
    """Histogram of iterations, over all samples and over the right ones."""

    label: str
    colour: int
    samples: dict[int, int]
    right: dict[int, int]


@dataclass(frozen=True, slots=True)
class Distribution:
    """Iterations of the solves, one strip per run."""

    name: str
    title: str
    strips: Sequence[Strip]


@dataclass(frozen=True, slots=True)
class Breakdown:
    """Accuracy by part of a benchmark: the part's name, its number of problems, and one mark per run."""

    name: str
    title: str
    parts: Sequence[tuple[str, int, Sequence[Mark]]]


Figure = Forest | Scatter | Distribution | Breakdown
COLOURS = ("#3d5a98", "#c0603f", "#3f8f6b", "#8a5a9e", "#b8892c", "#4a97a8", "#a34a6b", "#6d7480")
"""One per memory policy, in order of first appearance."""


def ticks(low: float, high: float, most: int = 5) -> list[float]:
    """Return round values from `low` to `high`, with about `most` steps."""
    rough = max(high - low, 1e-9) / most
    power = 10.0 ** floor(log10(rough))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough * (1 - 1e-9))
    return [step * at for at in range(ceil(low / step - 1e-9), floor(high / step + 1e-9) + 1)]


def accuracy_range(estimates: Sequence[Interval]) -> tuple[float, float]:
    """Return the range of the estimates within 0 to 100, with some padding."""
    low = min((one.low for one in estimates), default=0.0)
    high = max((one.high for one in estimates), default=100.0)
    room = max(2.0, (high - low) * 0.15)
    return max(0.0, low - room), min(100.0, high + room)


def short(value: float) -> str:
    """Format an axis label: `850`, `12k`, `2.5M`."""
    for size, letter in ((1e6, "M"), (1e3, "k")):
        if abs(value) >= size:
            return f"{value / size:.3g}{letter}"
    return f"{value:.3g}"
