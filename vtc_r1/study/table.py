"""The table of a study: figures of every benchmark and memory, over all seeds, and comparisons in pairs."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from vtc_r1.disk.lines import pass_over
from vtc_r1.eval.evaluation import measure
from vtc_r1.eval.measured import Measured
from vtc_r1.eval.metrics import interval
from vtc_r1.eval.pairs import pairs
from vtc_r1.eval.runs import RunFolder, find_runs
from vtc_r1.eval.summary import Figure, grouped
from vtc_r1.study.jobs import Job, Jobs


@dataclass(frozen=True)
class Cell:
    """One run of a study."""

    step: str  #: the step that it belongs to
    benchmark: str  #: name of the benchmark
    fingerprint: str  #: of its questions
    memory: str  #: memory policy
    folder: RunFolder  #: its run
    measured: tuple[Measured, ...]  #: its solves
    job: str  #: hash of the job that made it


def cells(jobs: Jobs, done: Sequence[Job]) -> list[Cell]:
    """Read the runs of finished evaluations; raises StorageError."""
    found = []
    for job in done:
        if job.kind == "eval":
            found += cells_of(job.step, job.hash, jobs.folder(job))
    return found


def cells_of(step: str, job: str, out: Path) -> list[Cell]:
    """Read the runs in the folder of one evaluation; raises StorageError."""
    read = []
    for path in find_runs([out]):
        folder = RunFolder(path.path, pass_over)
        run = folder.run
        solves = tuple(measure(folder))
        read.append(Cell(step, run.benchmark.name, run.fingerprint, run.memory, folder, solves, job))
    return read


def rows(every: Sequence[Cell]) -> list[dict[str, Any]]:
    """Return the figures of every step, benchmark and memory, over all of its seeds, as JSON values."""
    groups: dict[tuple[str, str, str], list[Cell]] = {}
    for cell in every:
        groups.setdefault((cell.step, cell.fingerprint, cell.memory), []).append(cell)
    return [_row(group) for group in groups.values()]


def compared(every: Sequence[Cell]) -> list[dict[str, Any]]:
    """Compare every two rows of a benchmark on the problems that both have, as JSON values."""
    by_benchmark: dict[str, dict[str, list[Measured]]] = {}
    names: dict[str, str] = {}
    steps = {cell.step for cell in every}
    for cell in every:
        label = f"{cell.step} · {cell.memory}" if len(steps) > 1 else cell.memory
        names[cell.fingerprint] = cell.benchmark
        runs = by_benchmark.setdefault(cell.fingerprint, {})
        runs[label] = [*runs.get(label, ()), *_apart(cell.measured, len(runs.get(label, ())))]
    return [
        _without_seconds(pair.model_dump(mode="json"))
        for fingerprint, runs in by_benchmark.items()
        for pair in pairs(names[fingerprint], runs)
        if len(steps) == 1 or _alike(pair.first, pair.second)
    ]


def _row(group: Sequence[Cell]) -> dict[str, Any]:
    measured = [one for cell in group for one in cell.measured]
    shares = [
        sum(one.share for one in solves) / len(solves) for solves in grouped(measured).values() if solves
    ]
    first, ran = group[0], [one for one in measured if one.iterations]
    return {
        "step": first.step,
        "benchmark": first.benchmark,
        "memory": first.memory,
        "model": first.folder.run.model.name,
        "seeds": [cell.folder.run.seed for cell in group],
        "problems": len(shares),
        "solves": len(measured),
        "accuracy": Figure.of(interval(shares)).model_dump(mode="json") if shares else None,
        "failed": sum(one.status == "failed" for one in measured),
        "unanswered": sum(one.answer is None and one.status != "failed" for one in measured),
        "iterations": _mean([one.iterations for one in ran]),
        "completion_tokens": _mean([one.usage.completion_tokens for one in ran]),
        "vision_tokens": _mean([one.usage.vision_tokens for one in ran]),
        "jobs": [cell.job for cell in group],
        "references": [one.model_dump(mode="json") for one in first.folder.run.benchmark.reference],
    }


def _alike(first: str, second: str) -> bool:
    """Tell whether two rows share their step or their memory: others differ in too much to say why."""
    one, other = first.split(" · "), second.split(" · ")
    return any(here == there for here, there in zip(one, other, strict=True))


def _mean(values: Sequence[float]) -> float | None:
    return round(sum(values) / len(values), 4) if values else None


def _apart(measured: Sequence[Measured], before: int) -> list[Measured]:
    """Number the samples of another seed behind those that are there."""
    return [replace(one, key=(one.key[0], one.key[1] + before)) for one in measured]


def _without_seconds(pair: dict[str, Any]) -> dict[str, Any]:
    """Leave out what differs from one machine to the next."""
    return {name: value for name, value in pair.items() if name != "seconds"}
