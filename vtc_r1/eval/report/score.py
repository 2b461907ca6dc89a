"""What a run achieved and what it cost."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import fmean, median

from vtc_r1.eval.report.estimate import Estimate
from vtc_r1.eval.report.outcome import Outcome
from vtc_r1.eval.report.row import Row


@dataclass(frozen=True)
class Score:
    """One run in figures; means are over samples.

    Attributes:
        label: what the report calls the run within its benchmark.
        colour: its colour in figures.
        problems: problems with at least one sample.
        samples: samples there are.
        accuracy: in percent, averaged over the samples of each problem, then over problems.
        majority: the same for the answer that most samples of a problem give; None for one sample.
        any_right: percent of problems with at least one right sample; None for one sample.
        outcomes: samples by outcome.
        iterations: iterations a sample.
        written: tokens that the model wrote.
        read: tokens of the prompts of all iterations.
        vision: vision tokens among them.
        cached: those that the server had already.
        compression: text tokens that the pages carried, a vision token; None without pages.
        seconds: wall time of a solve.
        median_seconds: the middle one.
    """

    label: str
    colour: int
    problems: int
    samples: int
    accuracy: Estimate
    majority: Estimate | None
    any_right: Estimate | None
    outcomes: Counter[Outcome]
    iterations: float
    written: float
    read: float
    vision: float
    cached: float
    compression: float | None
    seconds: float
    median_seconds: float
