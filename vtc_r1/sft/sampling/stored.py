"""The solves of a run folder as rows to build examples from."""

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import BinaryIO

from vtc_r1.disk.access import readable
from vtc_r1.eval.problem import Problem
from vtc_r1.eval.runs import Graded, RunFolder, Sample
from vtc_r1.eval.runs.folder import SAMPLES
from vtc_r1.sft.building.work import ShardJob
from vtc_r1.sft.building.workspace import Workspace
from vtc_r1.sft.sampling.solve import Solve, SolvedProblem
from vtc_r1.trace import Trace


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
