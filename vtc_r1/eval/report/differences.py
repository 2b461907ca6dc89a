"""Two runs compared: the problems on which either is better."""

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
    """A problem on which two runs differ."""

    problem: Problem  #: the problem
    gap: float  #: share of right samples, or mean score, of the first run minus that of the second
    first: Row  #: the sample of the first run that shows the difference best
    second: Row  #: that of the second run


@dataclass(frozen=True)
class Differences:
    """The differences between two runs of one benchmark."""

    benchmark: str  #: its title
    runs: tuple[int, int]  #: indices of the two runs in the report
    labels: tuple[str, str]  #: their names in the report
    better: Sequence[Difference]  #: problems on which the first run is better, largest gap first
    worse: Sequence[Difference]  #: problems on which the second run is better
    common: int  #: number of problems that both have


def paired(first: Path, second: Path) -> list[tuple[RunFolder, RunFolder]]:
    """Pair the runs in two folders by benchmark, and by memory policy if a benchmark has several runs.

    Raises:
        StorageError: one of the folders holds no run.
        UsageError: no runs can be paired, or the pairing is ambiguous.
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
    """Find the differences between the runs of each pair."""
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
    return Difference(problem, gap, _extreme(first, best=gap > 0), _extreme(second, best=gap < 0))


def _extreme(rows: Sequence[Row], *, best: bool) -> Row:
    return (max if best else min)(rows, key=lambda row: row.measured.share)


def _by_benchmark(path: Path) -> dict[str, list[RunFolder]]:
    found: dict[str, list[RunFolder]] = {}
    for folder in find_runs([path]):
        found.setdefault(folder.run.fingerprint, []).append(folder)
    return found


def _named(runs: Mapping[str, Sequence[RunFolder]]) -> str:
    return ", ".join(dict.fromkeys(one.run.benchmark.name for several in runs.values() for one in several))
