"""What a run achieved and what it cost."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, median

from vtc_r1.eval.grading.canonical import canonical, key
from vtc_r1.eval.metrics import Interval, Vote, average, interval, majority, pass_at
from vtc_r1.eval.report.outcome import Outcome
from vtc_r1.eval.report.row import Row


@dataclass(frozen=True)
class Score:
    """One run in figures; costs are means over its samples.

    Attributes:
        label: what the report calls the run within its benchmark.
        colour: its colour in figures.
        shares: of each problem, by its place in the report, the share of its samples that are right.
        samples: samples there are.
        each: most samples that every problem has.
        accuracy: avg@n: the shares averaged over problems.
        majority: maj@n, None where a problem has one sample only.
        any_right: pass@n for n = `each`, likewise.
        outcomes: samples by outcome.
        disagreements: samples on which two extraction rules disagree.
        iterations: iterations of a solve.
        written: tokens that the model wrote.
        read: tokens of all its prompts.
        vision: vision tokens among them.
        cached: those that the server had already.
        compression: text tokens that the pages carried ÷ vision tokens; None without pages.
        seconds: wall time of a solve.
        median_seconds: that of the middle one.
    """

    label: str
    colour: int
    shares: Mapping[int, float]
    samples: int
    each: int
    accuracy: Interval
    majority: Interval | None
    any_right: Interval | None
    outcomes: Counter[Outcome]
    disagreements: int
    iterations: float
    written: float
    read: float
    vision: float
    cached: float
    compression: float | None
    seconds: float
    median_seconds: float


def by_problem(rows: Iterable[Row]) -> dict[int, list[Row]]:
    """Put the rows of each problem together."""
    grouped: dict[int, list[Row]] = {}
    for row in rows:
        grouped.setdefault(row.problem, []).append(row)
    return grouped


def accuracy(grouped: Mapping[int, Sequence[Row]]) -> Interval:
    """Return avg@n over problems, each of which has at least one sample."""
    return interval([average([row.is_right for row in rows]) for rows in grouped.values()])


def score(label: str, colour: int, rows: Sequence[Row]) -> Score:
    """Sum a run up; it has at least one sample."""
    grouped = by_problem(rows)
    each = min(map(len, grouped.values()))
    vision = sum(row.vision_tokens for row in rows)
    return Score(
        label=label,
        colour=colour,
        shares={at: average([row.is_right for row in ours]) for at, ours in grouped.items()},
        samples=len(rows),
        each=each,
        accuracy=accuracy(grouped),
        majority=interval([_majority(ours) for ours in grouped.values()]) if each > 1 else None,
        any_right=interval([_any_right(ours, each) for ours in grouped.values()]) if each > 1 else None,
        outcomes=Counter(row.outcome for row in rows),
        disagreements=sum(row.disagrees for row in rows),
        iterations=fmean(row.iterations for row in rows),
        written=fmean(row.completion_tokens for row in rows),
        read=fmean(row.prompt_tokens for row in rows),
        vision=vision / len(rows),
        cached=fmean(row.cached_tokens for row in rows),
        compression=sum(row.carried_tokens for row in rows) / vision if vision else None,
        seconds=fmean(row.seconds for row in rows),
        median_seconds=median(row.seconds for row in rows),
    )


def _any_right(rows: Sequence[Row], k: int) -> float:
    return pass_at(k, len(rows), sum(row.is_right for row in rows))


def _majority(rows: Sequence[Row]) -> float:
    return majority([Vote(row.answer, row.is_right) for row in rows], _is_same)


def _is_same(one: str, other: str) -> bool:
    return key(canonical(one)) == key(canonical(other))
