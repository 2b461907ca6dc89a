"""Two runs against each other: the problems on which they differ, both ways."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from vtc_r1.errors import UsageError
from vtc_r1.eval.metrics import average
from vtc_r1.eval.problem import Problem
from vtc_r1.eval.report.row import Row
from vtc_r1.eval.report.sources import Sources
from vtc_r1.eval.runs import RunFolder, find_runs


@dataclass(frozen=True)
class Difference:
    """A problem on which two runs differ.

    Attributes:
        problem: which.
        gap: share of right samples of the first run minus that of the second; with scores, of their means.
        first: the sample of the first run that shows it.
        second: that of the second.
    """

    problem: Problem
    gap: float
    first: Row
    second: Row


@dataclass(frozen=True)
class Differences:
    """What two runs of one benchmark differ in.

    Attributes:
        benchmark: its title.
        runs: places of the two runs among those of the report.
        labels: what the report calls them.
        better: problems on which the first is better, the furthest apart first.
        worse: problems on which the second is.
        common: problems that both have.
    """

    benchmark: str
    runs: tuple[int, int]
    labels: tuple[str, str]
    better: Sequence[Difference]
    worse: Sequence[Difference]
    common: int


def paired(first: Path, second: Path) -> list[tuple[RunFolder, RunFolder]]:
    """Pair the runs below two folders: those of one benchmark, of one policy where there are several.

    Raises:
        StorageError: one of the folders holds no run.
        UsageError: no two runs go together, or more than two do.
    """
    ours, theirs = _by_benchmark(first), _by_benchmark(second)
    found = []
    for fingerprint in (name for name in ours if name in theirs):
        pairs = [
            (one, other)
            for one in ours[fingerprint]
            for other in theirs[fingerprint]
            if one.path.resolve() != other.path.resolve()
        ]
        if len(pairs) > 1:
            pairs = [pair for pair in pairs if pair[0].run.memory == pair[1].run.memory]
        if not pairs:
            name = ours[fingerprint][0].run.benchmark.name
            raise UsageError(
                f"--diff {first} {second}: which runs of {name}? give the folders of two runs, such as "
                f"{ours[fingerprint][0].path}"
            )
        found += pairs
    if not found:
        raise UsageError(
            f"--diff {first} {second}: no benchmark in common: {_named(ours)} there, {_named(theirs)} here"
        )
    return found


def differences(
    sources: Sources, labels: Sequence[str], pairs: Sequence[tuple[RunFolder, RunFolder]]
) -> list[Differences]:
    """Find what the runs of each pair differ in."""
    places = {folder.path.resolve(): at for at, folder in enumerate(sources.folders)}
    rows: list[dict[int, list[Row]]] = [{} for _ in sources.folders]
    for row in sources.rows:
        if row.method is not None:
            rows[row.run].setdefault(row.problem, []).append(row)
    found = []
    for one, other in pairs:
        runs = places[one.path.resolve()], places[other.path.resolve()]
        first, second = rows[runs[0]], rows[runs[1]]
        common = [problem for problem in first if problem in second]
        every = [_difference(sources.problems[at][1], first[at], second[at]) for at in common]
        apart = sorted((one for one in every if one.gap), key=lambda one: -abs(one.gap))
        found.append(
            Differences(
                benchmark=one.run.benchmark.title,
                runs=runs,
                labels=(labels[runs[0]], labels[runs[1]]),
                better=[one for one in apart if one.gap > 0],
                worse=[one for one in apart if one.gap < 0],
                common=len(common),
            )
        )
    return found


def _difference(problem: Problem, first: Sequence[Row], second: Sequence[Row]) -> Difference:
    gap = average([row.measured.share for row in first]) - average([row.measured.share for row in second])
    gap = 0.0 if abs(gap) < 1e-9 else gap
    return Difference(problem, gap, _telling(first, best=gap > 0), _telling(second, best=gap < 0))


def _telling(rows: Sequence[Row], *, best: bool) -> Row:
    return (max if best else min)(rows, key=lambda row: row.measured.share)


def _by_benchmark(path: Path) -> dict[str, list[RunFolder]]:
    found: dict[str, list[RunFolder]] = {}
    for folder in find_runs([path]):
        found.setdefault(folder.run.fingerprint, []).append(folder)
    return found


def _named(runs: Mapping[str, Sequence[RunFolder]]) -> str:
    return ", ".join(dict.fromkeys(one.run.benchmark.name for several in runs.values() for one in several))
