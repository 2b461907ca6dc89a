"""Runs compared in pairs: do two memory policies differ, what does each cost, were both graded alike?"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import combinations
from statistics import fmean

from pydantic import Field

from vtc_r1.configuration import Record
from vtc_r1.eval.grading.provenance import golds_of
from vtc_r1.eval.measured import Measured
from vtc_r1.eval.metrics import average, compare
from vtc_r1.eval.runs import RunFolder
from vtc_r1.eval.summary import Figure, grouped


class Pair(Record):
    """Two memory policies over the same problems."""

    benchmark: str = Field(description="name of the benchmark.")
    first: str = Field(description="one memory policy.")
    second: str = Field(description="the other.")
    problems: int = Field(description="problems that both runs have.")
    difference: Figure = Field(description="accuracy of the first minus that of the second.")
    better: int = Field(description="problems on which the first is better.")
    worse: int = Field(description="problems on which it is worse.")
    p: float = Field(
        description="two-sided p-value of the paired test; the null hypothesis is that neither is better."
    )
    p_holm: float = Field(description="the same, Holm-corrected for all pairs of the benchmark.")
    exact: bool = Field(description="whether p is exact rather than sampled.")
    completion: tuple[float, float] = Field(
        description="mean tokens generated per solve that ran, first and second."
    )
    vision: tuple[float, float] = Field(
        description="mean vision tokens read per solve that ran, first and second."
    )
    seconds: tuple[float, float] = Field(description="mean seconds per solve that ran, first and second.")


def pairs(benchmark: str, runs: Mapping[str, Sequence[Measured]], reference: str | None = None) -> list[Pair]:
    """Compare every two runs of a benchmark; those without a common problem are left out.

    Args:
        benchmark: its name.
        runs: the solves of each memory policy.
        reference: a policy that every other one is compared with, in place of every two.
    """
    grouped_runs = {memory: grouped(measured) for memory, measured in runs.items()}
    found = []
    both = combinations(grouped_runs, 2) if reference is None else _with(grouped_runs, reference)
    for one, other in both:
        first, second = grouped_runs[one], grouped_runs[other]
        common = [name for name in first if name in second]
        if common:
            halves = [[half[name] for name in common] for half in (first, second)]
            found.append(_pair(benchmark, one, other, *halves))
    return _corrected(found)


def _with(names: Iterable[str], reference: str) -> Iterator[tuple[str, str]]:
    return ((name, reference) for name in names if name != reference)


def _pair(
    benchmark: str, one: str, other: str, first: list[list[Measured]], second: list[list[Measured]]
) -> Pair:
    tested = compare(_shares(first), _shares(second))
    solves = [[one for solves in half for one in solves if one.iterations] for half in (first, second)]
    return Pair(
        benchmark=benchmark,
        first=one,
        second=other,
        problems=len(first),
        difference=Figure.of(tested.difference),
        better=tested.better,
        worse=tested.worse,
        p=tested.p,
        p_holm=tested.p,
        exact=tested.exact,
        completion=_means([[one.usage.completion_tokens for one in half] for half in solves]),
        vision=_means([[one.usage.vision_tokens for one in half] for half in solves]),
        seconds=_means([[one.seconds for one in half] for half in solves]),
    )


def _shares(half: list[list[Measured]]) -> list[float]:
    return [average([one.share for one in solves]) for solves in half]


def _means(halves: Sequence[Sequence[float]]) -> tuple[float, float]:
    first, second = (fmean(half) if half else 0.0 for half in halves)
    return first, second


def _corrected(found: Sequence[Pair]) -> list[Pair]:
    """Correct the p-values by Holm's method: the smallest is multiplied by the number of pairs, and so on."""
    order = sorted(range(len(found)), key=lambda at: found[at].p)
    corrected, least = list(found), 0.0
    for rank, at in enumerate(order):
        least = max(least, min(1.0, found[at].p * (len(found) - rank)))
        corrected[at] = found[at].model_copy(update={"p_holm": least})
    return corrected


REMEDY = "vtc-r1 eval --regrade --out DIR grades them alike"


def grading_mismatch(runs: Sequence[tuple[str, RunFolder]]) -> str | None:
    """Return a sentence if a run of one benchmark was graded differently from the first; otherwise None.

    Args:
        runs: the runs, each with its name.
    """
    if len(runs) < 2:
        return None
    (first, one), *others = runs
    for name, other in others:
        difference = _difference(one, other)
        if difference is not None:
            title = one.run.benchmark.title
            return f"{title}: {first} and {name} were graded differently ({difference}); {REMEDY}"
    return None


def _difference(one: RunFolder, other: RunFolder) -> str | None:
    ours, theirs = one.run.grading, other.run.grading
    if ours is None or theirs is None:
        return "one of them does not record its grading versions"
    if (difference := ours.difference(theirs, golds=False)) is not None:
        return difference
    first, second = ({problem.id: problem for problem in run.problems()} for run in (one, other))
    common = first.keys() & second.keys()
    same = golds_of(first[name] for name in common) == golds_of(second[name] for name in common)
    return None if same else "other gold answers"
