"""The runner: solves, stores and grades the missing samples of a run, all concurrently."""

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass

from vtc_r1.eval.background import BackgroundGrader
from vtc_r1.eval.grading import Grader
from vtc_r1.eval.problem import Problem
from vtc_r1.eval.runs import Key, Sample
from vtc_r1.eval.runs.writer import RunWriter
from vtc_r1.eval.setup import sample_seed
from vtc_r1.eval.tally import Tally, Watch, unwatched
from vtc_r1.interface import CONCURRENCY
from vtc_r1.schedule import Streak
from vtc_r1.solver import Solver


@dataclass(frozen=True)
class Runner:
    """Completes one run, from wherever it was left.

    Attributes:
        folder: of the run, open for writing.
        problems: the selected ones, in the benchmark's order.
        samples: solves of each problem.
        solver: has the run's configuration.
        grader: decides what is right.
        concurrency: the maximum number of solves in flight.
        watch: called after every solve and every grade.
    """

    folder: RunWriter
    problems: Sequence[Problem]
    samples: int
    solver: Solver
    grader: Grader
    concurrency: int = CONCURRENCY
    watch: Watch = unwatched

    def wanted(self) -> list[tuple[Problem, int]]:
        """Return the samples of the run: the first of every problem, then the second of each, and so on."""
        return [(problem, sample) for sample in range(self.samples) for problem in self.problems]

    def run(self) -> Tally:
        """Solve and grade what is missing. An interrupt is re-raised once the finished samples are stored.

        If the server fails one solve after another, the run stops and the rest stays missing.

        Raises:
            StorageError: the folder cannot be written.
            GradingError: nothing can be graded; the solves are kept.
        """
        with BackgroundGrader(self.grader) as grading:
            tally, owed = self._stand(grading)
            self.watch(tally)
            try:
                self._solve(owed, grading, tally)
            except KeyboardInterrupt:
                self._store(grading, tally, stop=True)
                raise
            self._store(grading, tally, wait=True)
        return tally

    def _stand(self, grading: BackgroundGrader) -> tuple[Tally, list[tuple[Problem, int]]]:
        """Count the stored samples, submit those without a grade, and return the missing ones."""
        wanted = {(problem.id, sample): problem for problem, sample in self.wanted()}
        grades = self.folder.grades()
        tally = Tally(total=len(wanted))
        there: set[Key] = set()
        for sample in self.folder.samples():
            if sample.key not in wanted or sample.key in there:
                continue
            there.add(sample.key)
            tally.failed += sample.trace.status == "failed"
            tally.note(sample.trace)
            if graded := grades.get(sample.key):
                tally.grade(graded.grade.correct)
            else:
                grading.submit(wanted[sample.key], sample)
        tally.before = len(there)
        return tally, [(problem, key[1]) for key, problem in wanted.items() if key not in there]

    def _solve(self, owed: Sequence[tuple[Problem, int]], grading: BackgroundGrader, tally: Tally) -> None:
        base = self.folder.run.seed

        def seed(at: int) -> int | None:
            return None if base is None else sample_seed(base, owed[at][0].id, owed[at][1])

        questions = (problem.question for problem, _ in owed)
        solves = self.solver.map(
            questions,
            concurrency=self.concurrency,
            seeds=seed,
            contexts=lambda at: owed[at][0].documents,
        )
        streak = Streak(self.concurrency)
        with closing(solves):
            for trace in solves:
                assert trace.index is not None
                problem, number = owed[trace.index]
                # The index counts missing samples of this session and means nothing in the stored run.
                placed = trace.model_copy(update={"index": None})
                sample = Sample(problem=problem.id, sample=number, trace=placed)
                self.folder.add(sample)
                grading.submit(problem, sample)
                tally.add(trace)
                self._store(grading, tally)
                if streak.add(trace):
                    tally.stopped = True
                    return

    def _store(
        self, grading: BackgroundGrader, tally: Tally, *, wait: bool = False, stop: bool = False
    ) -> None:
        for graded in grading.stop() if stop else grading.ready(wait=wait):
            self.folder.add_grade(graded)
            tally.grade(graded.grade.correct)
        self.watch(tally)
