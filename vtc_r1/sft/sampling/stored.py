"""The solves of a run folder as rows to build examples from, and which of them are learned from."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import BinaryIO, get_args

from vtc_r1.disk.access import readable
from vtc_r1.eval.problem import Problem
from vtc_r1.eval.runs import Graded, RunFolder, Sample
from vtc_r1.eval.runs.folder import SAMPLES
from vtc_r1.sft.building.config import Choose
from vtc_r1.sft.building.work import ShardJob
from vtc_r1.sft.building.workspace import Workspace
from vtc_r1.trace import Status, Trace


@dataclass(frozen=True)
class Solve:
    """One graded solve of a run."""

    sample: int  #: which of its problem's solves
    start: int  #: place of its line in the run's file of samples, in bytes
    length: int  #: of the line, in bytes
    status: Status  #: how it ended
    forced: bool  #: its last segment was asked for the answer because a budget was spent
    correct: bool  #: whether its answer is right
    answer: str | None  #: the answer that was graded, None if there was none
    error: str | None  #: why the backend gave up, None if it did not
    tokens: int  #: generated tokens
    iterations: int  #: of the loop

    @property
    def refusal(self) -> tuple[str, str] | None:
        """Why nothing can be learned from it, and the detail that decided; None if something may be."""
        if self.status == "failed":
            return "failed", self.error or ""
        if self.answer is None:
            return "unanswered", self.status
        if not self.correct:
            return "wrong", self.answer
        if self.status == "answered":
            return None
        return ("forced" if self.forced else "unanswered"), self.status


@dataclass(frozen=True)
class SolvedProblem:
    """A problem with its solves, by the number of their sample."""

    problem: Problem
    solves: tuple[Solve, ...]


RULES: tuple[str, ...] = get_args(Choose)

_ORDER: dict[Choose, Callable[[Solve], tuple[int, ...]]] = {
    "shortest": lambda solve: (solve.tokens, solve.iterations, solve.sample),
    "fewest-iterations": lambda solve: (solve.iterations, solve.tokens, solve.sample),
    "all": lambda solve: (solve.sample,),
}


def in_order(solves: Iterable[Solve], rule: Choose) -> list[Solve]:
    """Return the right solves of a problem, the preferred one first.

    `shortest` prefers the fewest generated tokens, `fewest-iterations` the fewest iterations, and of
    those the fewest tokens; `all` leaves them in the order of their samples.
    """
    return sorted((solve for solve in solves if solve.refusal is None), key=_ORDER[rule])


class StoredSolves:
    """The graded solves of some problems of a run; their texts stay on disk.

    Args:
        folder: of the run.
        problems: those wanted, in order.
        samples: solves of each that are wanted, the first ones.

    Attributes:
        rows: the problems with their solves.

    Raises:
        StorageError: the folder cannot be read.
    """

    def __init__(self, folder: RunFolder, problems: Sequence[Problem], samples: int) -> None:
        self.folder = folder
        found: dict[str, dict[int, Solve]] = {problem.id: {} for problem in problems}
        grades = folder.grades()
        for start, length, sample in folder.placed_samples():
            graded, of_problem = grades.get(sample.key), found.get(sample.problem)
            if graded is not None and of_problem is not None and sample.sample < samples:
                of_problem.setdefault(sample.sample, _solve(start, length, sample, graded))
        self.rows = [_row(problem, found[problem.id]) for problem in problems]

    def jobs(self, workspace: Workspace) -> Iterator[tuple[ShardJob, list[SolvedProblem]]]:
        """Yield the shards with their rows, in order."""
        rows, size, shard = iter(self.rows), workspace.config.shard_rows, 0
        while batch := list(islice(rows, size)):
            yield ShardJob.of(workspace, shard), batch
            shard += 1

    def open(self) -> BinaryIO:
        """Open the file of samples; raises StorageError."""
        path = self.folder.path / SAMPLES
        with readable(path):
            return path.open("rb")


def read_trace(file: BinaryIO, solve: Solve) -> Trace:
    """Read the record of a solve from the open file of samples."""
    file.seek(solve.start)
    return Sample.of(json.loads(file.read(solve.length))).trace


def _row(problem: Problem, solves: Mapping[int, Solve]) -> SolvedProblem:
    return SolvedProblem(problem, tuple(solves[sample] for sample in sorted(solves)))


def _solve(start: int, length: int, sample: Sample, graded: Graded) -> Solve:
    trace, grade = sample.trace, graded.grade
    return Solve(
        sample=sample.sample,
        start=start,
        length=length,
        status=trace.status,
        forced=any(iteration.forced for iteration in trace.iterations),
        correct=grade.correct,
        answer=grade.extracted,
        error=trace.error,
        tokens=trace.usage.completion_tokens,
        iterations=len(trace.iterations),
    )
