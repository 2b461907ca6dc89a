"""The figures of a run: accuracy with confidence intervals, and costs."""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from statistics import fmean, median, quantiles
from typing import Self

from pydantic import Field

from vtc_r1.compression import Compression
from vtc_r1.configuration import Record
from vtc_r1.errors import Cause
from vtc_r1.eval.measured import Measured, warned
from vtc_r1.eval.metrics import Interval, Majority, Vote, average, interval, majority, pass_at
from vtc_r1.eval.problem import Problem
from vtc_r1.eval.runs import Run
from vtc_r1.eval.tally import Tally

VERSION = 2  #: version 2: other intervals, votes grouped into classes, means without solves that never ran


class Figure(Record):
    """A mean over problems, with the bounds of its 95 % interval; shares run from 0 to 1."""

    mean: float
    low: float
    high: float

    @classmethod
    def of(cls, found: Interval) -> Self:
        """Convert an interval."""
        return cls(mean=found.mean, low=found.low, high=found.high)


class Tokens(Record):
    """Mean tokens per solve that ran: text and vision tokens read, cached ones included, and generated.

    `memory` are those of the memory, summed over its prompts; `re_prefill` are those of them that were not
    new and yet could not be kept in a prefix cache.
    """

    text: float = 0.0
    vision: float = 0.0
    cached: float = 0.0
    memory: float = 0.0
    re_prefill: float = 0.0
    completion: float = 0.0


class Latency(Record):
    """Wall time per solve in seconds, with other solves in flight at the same time."""

    mean: float = 0.0
    median: float = 0.0
    p95: float = 0.0


class Throughput(Record):
    """Throughput of all solves in flight, in the last session that solved any."""

    solves: int
    seconds: float
    solves_per_minute: float
    tokens_per_second: float

    @classmethod
    def of(cls, tally: Tally) -> Self | None:
        """Compute it from the tally of a finished run; None if nothing was solved."""
        if not tally.solved:
            return None
        return cls(
            solves=tally.solved,
            seconds=round(tally.seconds, 2),
            solves_per_minute=round(tally.solves_per_minute, 2),
            tokens_per_second=round(tally.tokens_per_second, 1),
        )


class Summary(Record):
    """The figures of a run, or of a selected part of it."""

    version: int = VERSION  #: version of this record
    benchmark: str  #: name of the benchmark
    title: str  #: its name in reports
    model: str  #: name of the model
    memory: str  #: memory policy
    problems: int  #: number of selected problems
    samples: int  #: requested solves of each problem
    solved: int  #: solves that are stored and graded
    owed: int  #: solves that are still missing
    failed: int  #: solves on which the backend gave up; they count as wrong
    #: failed solves by cause, as far as it was recorded
    causes: dict[Cause, int] = Field(default_factory=dict)
    unanswered: int  #: solves without an answer that did not fail; they count as wrong
    doubtful: int  #: solves in which another extraction rule found an answer with the other verdict
    ungraded: int  #: solves on which the grader reached no verdict; they count as wrong
    unreadable: int = 0  #: ungraded solves whose answer could not be read with certainty
    #: solves that ran out of a budget, by budget; some of them gave a forced answer
    exhausted: dict[str, int] = Field(default_factory=dict)
    accuracy: Figure | None = None  #: avg@n; with partial scores, their mean
    by_level: dict[str, Figure] = Field(default_factory=dict)  #: avg@n by level; empty if problems have none
    #: pass@k by k; empty with one sample per problem
    pass_at: dict[int, Figure] = Field(default_factory=dict)
    #: maj@n over the problems that have all n samples; None with one sample per problem, and if no problem
    #: has n
    majority: Figure | None = None
    voted: int = 0  #: number of these problems
    unsettled: int = 0  #: votes that might change if all answers were compared, which took too long
    ran: int = 0  #: solves with at least one segment, over which tokens and iterations are averaged
    tokens: Tokens = Tokens()  #: mean tokens per solve
    latency: Latency = Latency()  #: wall time per solve
    iterations: float = 0.0  #: mean iterations per solve
    by_iterations: dict[int, int] = Field(default_factory=dict)  #: solves by their number of iterations
    #: text tokens carried by all sent pages ÷ their vision tokens, to two digits; None without pages, or if
    #: they carry nothing
    compression: float | None = None
    throughput: Throughput | None = None  #: None if nothing has been solved
    #: why answers may be wrong, with the number of solves each applies to
    warnings: dict[str, int] = Field(default_factory=dict)


def summarise(
    run: Run,
    problems: Sequence[Problem],
    samples: int,
    measured: Sequence[Measured],
    same: Callable[[str, str], bool],
    throughput: Throughput | None = None,
) -> Summary:
    """Compute the figures.

    Args:
        run: the run.
        problems: the selected problems.
        samples: requested solves of each problem.
        measured: the graded solves, in the benchmark's order.
        same: tells whether two answers are equal, for the majority vote.
        throughput: throughput of the solves.
    """
    by_problem = grouped(measured)
    ran = [one for one in measured if one.iterations]
    votes = _votes(by_problem, samples, same)
    shares = {name: average([one.share for one in solves]) for name, solves in by_problem.items()}
    return Summary(
        benchmark=run.benchmark.name,
        title=run.benchmark.title,
        model=run.model.name,
        memory=run.memory,
        problems=len(problems),
        samples=samples,
        solved=len(measured),
        owed=len(problems) * samples - len(measured),
        failed=sum(one.status == "failed" for one in measured),
        causes=dict(Counter(one.cause for one in measured if one.cause is not None)),
        unanswered=sum(one.answer is None and one.status != "failed" for one in measured),
        doubtful=sum(one.doubtful for one in measured),
        ungraded=sum(one.ungraded is not None for one in measured),
        unreadable=sum(one.ungraded == "unreadable" for one in measured),
        exhausted=dict(Counter(one.exhausted for one in measured if one.exhausted is not None)),
        accuracy=_figure(list(shares.values())),
        by_level=_by_level(problems, shares),
        pass_at=_pass_at(by_problem),
        majority=_figure([one.share for one in votes]),
        voted=len(votes),
        unsettled=sum(not one.is_sure for one in votes),
        ran=len(ran),
        tokens=_tokens(ran),
        latency=_latency([one.seconds for one in measured if one.status != "failed"]),
        iterations=fmean(one.iterations for one in ran) if ran else 0.0,
        by_iterations=dict(sorted(Counter(one.iterations for one in measured).items())),
        compression=sum((one.compression for one in measured), Compression()).ratio,
        throughput=throughput,
        warnings=warned(measured),
    )


def grouped(measured: Sequence[Measured]) -> Mapping[str, list[Measured]]:
    """Group the solves by problem, in the order given."""
    by_problem: defaultdict[str, list[Measured]] = defaultdict(list)
    for one in measured:
        by_problem[one.key[0]].append(one)
    return by_problem


def _figure(values: Sequence[float]) -> Figure | None:
    return Figure.of(interval(values)) if values else None


def _by_level(problems: Sequence[Problem], shares: Mapping[str, float]) -> dict[str, Figure]:
    levels: defaultdict[str, list[float]] = defaultdict(list)
    for problem in problems:
        if problem.level is not None and problem.id in shares:
            levels[problem.level].append(shares[problem.id])
    return {
        level: Figure.of(interval(values))
        for level, values in sorted(levels.items(), key=lambda one: natural_key(one[0]))
    }


def _pass_at(by_problem: Mapping[str, Sequence[Measured]]) -> dict[int, Figure]:
    """Return pass@k for powers of two, and for the number of samples that every problem has."""
    most = min(map(len, by_problem.values()), default=1)
    wanted = sorted({1 << power for power in range(1, most.bit_length())} | {most})
    right = [(len(solves), sum(one.correct for one in solves)) for solves in by_problem.values()]
    return {k: Figure.of(interval([pass_at(k, *counts) for counts in right])) for k in wanted if k > 1}


def _votes(
    by_problem: Mapping[str, Sequence[Measured]], samples: int, same: Callable[[str, str], bool]
) -> list[Majority]:
    """Let the samples of each problem vote; problems with fewer than `samples` are left out."""
    if samples < 2:
        return []
    whole = (solves for solves in by_problem.values() if len(solves) >= samples)
    return [majority([Vote(one.answer, one.correct) for one in solves], same) for solves in whole]


def _tokens(measured: Sequence[Measured]) -> Tokens:
    if not measured:
        return Tokens()
    usages = [one.usage for one in measured]
    return Tokens(
        text=fmean(usage.prompt_tokens - usage.vision_tokens for usage in usages),
        vision=fmean(usage.vision_tokens for usage in usages),
        cached=fmean(usage.cached_tokens for usage in usages),
        memory=fmean(one.memory for one in measured),
        re_prefill=fmean(one.re_prefill for one in measured),
        completion=fmean(usage.completion_tokens for usage in usages),
    )


def _latency(seconds: Sequence[float]) -> Latency:
    if len(seconds) < 2:
        only = seconds[0] if seconds else 0.0
        return Latency(mean=only, median=only, p95=only)
    p95 = quantiles(seconds, n=20, method="inclusive")[-1]
    return Latency(mean=fmean(seconds), median=median(seconds), p95=p95)


_PARTS = re.compile(r"(\d+)")


def natural_key(name: str) -> tuple[tuple[int, int, str], ...]:
    """Return a sort key for natural order: numbers in names by value, and before letters."""
    return tuple(
        (0, int(part), "") if part.isdecimal() else (1, 0, part) for part in _PARTS.split(name) if part
    )
