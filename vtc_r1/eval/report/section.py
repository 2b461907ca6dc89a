"""One benchmark of a report: its runs beside published figures, in tables and figures."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations

from vtc_r1.eval.benchmark import Benchmark
from vtc_r1.eval.metrics import Interval, compare
from vtc_r1.eval.problem import Problem
from vtc_r1.eval.report.figure import Breakdown, Distribution, Figure, Forest, Mark, Scatter, Strip, percent
from vtc_r1.eval.report.row import Row
from vtc_r1.eval.report.score import Score, accuracy, by_problem, score
from vtc_r1.eval.report.sources import Sources
from vtc_r1.eval.report.table import Pair, Table, comparison_table, score_table

_MOST_PARTS = 12


@dataclass(frozen=True)
class Section:
    """A benchmark with its runs.

    Attributes:
        benchmark: what was asked, with its published figures.
        revision: where its rows came from.
        scores: one a run.
        table: the runs beside the published figures.
        comparisons: any two runs on the problems that both have; None for a single run.
        figures: what is drawn.
    """

    benchmark: Benchmark
    revision: str
    scores: Sequence[Score]
    table: Table
    comparisons: Table | None
    figures: Sequence[Figure]


def sections(sources: Sources, labels: Sequence[str]) -> list[Section]:
    """Make a section of every benchmark, in the order in which they were given; `labels` names the runs."""
    colours = {label: at for at, label in enumerate(dict.fromkeys(labels))}
    rows: list[list[Row]] = [[] for _ in sources.folders]
    for row in sources.rows:
        rows[row.run].append(row)
    groups: dict[str, list[int]] = {}
    for at, folder in enumerate(sources.folders):
        if rows[at]:
            groups.setdefault(folder.run.fingerprint, []).append(at)
    return [
        _section(
            sources,
            [(score(labels[at], colours[labels[at]], rows[at]), rows[at]) for at in runs],
            sources.folders[runs[0]].run.benchmark,
            sources.folders[runs[0]].run.revision,
        )
        for runs in groups.values()
    ]


def run_labels(sources: Sources) -> list[str]:
    """Name the runs: by memory, and where that names two of one benchmark, by model or folder as well."""
    runs = [folder.run for folder in sources.folders]
    for names in (
        [run.memory for run in runs],
        [f"{run.memory}, {run.model.name}" for run in runs],
        [f"{run.memory}, {folder.path}" for run, folder in zip(runs, sources.folders, strict=True)],
    ):
        seen = Counter((run.fingerprint, name) for run, name in zip(runs, names, strict=True))
        if max(seen.values(), default=0) == 1:
            return names
    return [f"{name} ({at + 1})" for at, name in enumerate(names)]


def _section(
    sources: Sources, runs: Sequence[tuple[Score, list[Row]]], benchmark: Benchmark, revision: str
) -> Section:
    scores = [one for one, _ in runs]
    pairs = [_pair(one, other) for one, other in combinations(scores, 2)]
    problems = [problem for _, problem in sources.problems]
    figures: list[Figure | None] = [
        Forest("accuracy", "Accuracy, with 95 % confidence intervals", _forest(scores, benchmark)),
        _scatter("tokens", "Accuracy against tokens", "tokens written and read, a solve", scores, lambda one: one.written + one.read),
        _scatter("latency", "Accuracy against latency", "seconds, a solve", scores, lambda one: one.seconds),
        Distribution("iterations", "Iterations of a solve: right ones solid, the others pale", [_strip(*run) for run in runs]),
        _breakdown("level", "Accuracy by level", runs, problems, lambda problem: problem.level),
        _breakdown("subject", "Accuracy by subject", runs, problems, lambda problem: problem.subject),
    ]  # fmt: skip
    return Section(
        benchmark=benchmark,
        revision=revision,
        scores=scores,
        table=score_table(scores, benchmark.reference),
        comparisons=comparison_table([pair for pair in pairs if pair is not None]) if pairs else None,
        figures=[figure for figure in figures if figure is not None],
    )


def _pair(one: Score, other: Score) -> Pair | None:
    shared = sorted(one.shares.keys() & other.shares.keys())
    if not shared:
        return None
    return one, other, compare([one.shares[at] for at in shared], [other.shares[at] for at in shared])


def _forest(scores: Sequence[Score], benchmark: Benchmark) -> list[Mark]:
    ours = [Mark(one.label, one.colour, percent(one.accuracy)) for one in scores]
    published = [
        Mark(f"{one.model} {one.method}", None, Interval(one.accuracy, one.accuracy, one.accuracy, 0))
        for one in benchmark.reference
    ]
    return ours + published


def _scatter(
    name: str, title: str, x_label: str, scores: Sequence[Score], cost: Callable[[Score], float]
) -> Scatter:
    marks = [Mark(one.label, one.colour, percent(one.accuracy), cost(one)) for one in scores]
    return Scatter(name, title, x_label, marks)


def _strip(one: Score, rows: Sequence[Row]) -> Strip:
    samples = Counter(row.iterations for row in rows)
    right = Counter(row.iterations for row in rows if row.is_right)
    return Strip(one.label, one.colour, dict(samples), dict(right))


def _breakdown(
    name: str,
    title: str,
    runs: Sequence[tuple[Score, list[Row]]],
    problems: Sequence[Problem],
    part_of: Callable[[Problem], str | None],
) -> Breakdown | None:
    """Accuracy by a part of the benchmark; None where there are not several, the largest where there are many."""
    parts: dict[str, set[int]] = {}
    for _, rows in runs:
        for row in rows:
            part = part_of(problems[row.problem])
            if part is not None:
                parts.setdefault(part, set()).add(row.problem)
    if len(parts) < 2:
        return None
    largest = sorted(parts, key=lambda part: -len(parts[part]))[:_MOST_PARTS]
    shown = []
    for part in sorted(largest):
        marks = []
        for one, rows in runs:
            ours = by_problem(row for row in rows if row.problem in parts[part])
            if ours:
                marks.append(Mark(one.label, one.colour, percent(accuracy(ours))))
        shown.append((part, len(parts[part]), marks))
    return Breakdown(name, title, shown)
