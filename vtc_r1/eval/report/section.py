"""One benchmark of a report: tables and figures of its runs and of published results."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from vtc_r1.eval.benchmark import Benchmark
from vtc_r1.eval.measured import Measured
from vtc_r1.eval.metrics import Interval, average, interval
from vtc_r1.eval.pairs import pairs
from vtc_r1.eval.problem import Problem
from vtc_r1.eval.report.figure import Breakdown, Distribution, Figure, Forest, Mark, Scatter, Strip
from vtc_r1.eval.report.row import Row
from vtc_r1.eval.report.score import Score, score
from vtc_r1.eval.report.sources import Sources
from vtc_r1.eval.report.table import Table, accuracy_table, cost_table, pair_table
from vtc_r1.eval.runs import Run
from vtc_r1.eval.summary import grouped, natural_key

_MOST_PARTS = 12


@dataclass(frozen=True)
class Section:
    """A benchmark with its runs."""

    name: str  #: its unique name in the report
    benchmark: Benchmark  #: the benchmark, with its published figures
    revision: str  #: revision of its rows
    scores: Sequence[Score]  #: one score per run
    accuracy: Table  #: the table of accuracies, including published ones
    cost: Table  #: the table of costs
    comparisons: Table | None  #: pairwise comparisons on common problems; None for a single run
    figures: Sequence[Figure]  #: the figures to draw


def sections(sources: Sources, labels: Sequence[str]) -> list[Section]:
    """Make a section for every benchmark, in the given order; `labels` names the runs."""
    colours = {label: at for at, label in enumerate(dict.fromkeys(labels))}
    rows: list[list[Row]] = [[] for _ in sources.folders]
    for row in sources.rows:
        if row.method is not None:
            rows[row.run].append(row)
    groups: dict[str, list[int]] = {}
    for at, folder in enumerate(sources.folders):
        if rows[at]:
            groups.setdefault(folder.run.fingerprint, []).append(at)
    made: list[Section] = []
    for runs in groups.values():
        scores = [score(sources.folders[at], labels[at], colours[labels[at]], rows[at]) for at in runs]
        run = sources.folders[runs[0]].run
        again = sum(section.benchmark.name == run.benchmark.name for section in made)
        name = f"{run.benchmark.name}-{again + 1}" if again else run.benchmark.name
        made.append(_section(name, sources, scores, run))
    return made


def run_labels(sources: Sources) -> list[str]:
    """Name the runs by memory policy, by model too if there are several, and by folder if still ambiguous.

    A run has the same name on every benchmark, so that it is one row of the overview table.
    """
    runs = [folder.run for folder in sources.folders]
    are_several = len({run.model.name for run in runs}) > 1
    by_memory = [f"{run.memory} · {run.model.name}" if are_several else run.memory for run in runs]
    outs = [folder.path.parent.parent for folder in sources.folders]
    by_out = [f"{name} · {out}" for name, out in zip(by_memory, outs, strict=True)]
    by_folder = [f"{name} · {one.path}" for name, one in zip(by_memory, sources.folders, strict=True)]
    for names in (by_memory, by_out, by_folder):
        if max(Counter(zip((run.fingerprint for run in runs), names, strict=True)).values()) == 1:
            return names
    return [f"{name} ({at + 1})" for at, name in enumerate(by_memory)]


def _section(name: str, sources: Sources, scores: Sequence[Score], run: Run) -> Section:
    benchmark = run.benchmark
    problems = [problem for _, problem in sources.problems]
    found = pairs(benchmark.name, {one.label: one.measured for one in scores})
    figures: list[Figure | None] = [
        Forest("accuracy", "Accuracy, with 95 % confidence intervals", _forest(scores, benchmark)),
        Scatter(
            "tokens",
            "Accuracy against tokens",
            "tokens read and generated per solve",
            _against(scores, _tokens),
        ),
        Scatter("latency", "Accuracy against latency", "seconds per solve", _against(scores, _seconds)),
        Distribution("iterations", "Iterations per solve (solid: right)", [*map(_strip, scores)]),
        _breakdown("level", scores, problems, _level),
        _breakdown("subject", scores, problems, lambda problem: problem.subject),
    ]
    return Section(
        name=name,
        benchmark=benchmark,
        revision=run.revision,
        scores=scores,
        accuracy=accuracy_table(scores, benchmark.reference),
        cost=cost_table(scores),
        comparisons=pair_table(found) if found else None,
        figures=[figure for figure in figures if figure is not None],
    )


def _forest(scores: Sequence[Score], benchmark: Benchmark) -> list[Mark]:
    published = [
        Mark(f"{one.model} {one.method}", None, Interval(one.accuracy, one.accuracy, one.accuracy, 0))
        for one in benchmark.reference
    ]
    return [Mark(one.label, one.colour, _accuracy(one.measured)) for one in scores] + published


def _against(scores: Sequence[Score], cost: Callable[[Score], float]) -> list[Mark]:
    return [Mark(one.label, one.colour, _accuracy(one.measured), cost(one)) for one in scores]


def _tokens(one: Score) -> float:
    spent = one.summary.tokens
    return spent.text + spent.vision + spent.completion


def _seconds(one: Score) -> float:
    return one.summary.latency.mean


def _strip(one: Score) -> Strip:
    right = Counter(measured.iterations for measured in one.measured if measured.correct)
    return Strip(one.label, one.colour, one.summary.by_iterations, dict(right))


def _breakdown(
    name: str,
    scores: Sequence[Score],
    problems: Sequence[Problem],
    part_of: Callable[[Problem], str | None],
) -> Breakdown | None:
    """Accuracy by part of the benchmark, the largest ones; None if there are fewer than two."""
    parts: dict[str, set[int]] = {}
    for row in (row for one in scores for row in one.rows):
        part = part_of(problems[row.problem])
        if part is not None:
            parts.setdefault(part, set()).add(row.problem)
    if len(parts) < 2:
        return None
    shown = []
    for part in sorted(sorted(parts, key=lambda part: -len(parts[part]))[:_MOST_PARTS], key=natural_key):
        ours = [(one, [row.measured for row in one.rows if row.problem in parts[part]]) for one in scores]
        marks = [Mark(one.label, one.colour, _accuracy(measured)) for one, measured in ours if measured]
        shown.append((part, len(parts[part]), marks))
    return Breakdown(name, f"Accuracy by {name}", shown)


def _level(problem: Problem) -> str | None:
    return f"level {problem.level}" if (problem.level or "").isdigit() else problem.level


def _accuracy(measured: Sequence[Measured]) -> Interval:
    """Return avg@n over the measured problems, in percent."""
    shares = [100 * average([one.share for one in solves]) for solves in grouped(measured).values()]
    return interval(shares, most=100.0)
