"""The runner: solves, stores and, in the background, grades the missing samples of a run, concurrently."""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from typing import Self

from vtc_r1.eval.grading import Grade, Grader
from vtc_r1.eval.problem import Problem
from vtc_r1.eval.runs import Graded, Key, Sample
from vtc_r1.eval.runs.writer import RunWriter
from vtc_r1.eval.setup import sample_seed
from vtc_r1.eval.tally import Tally, Watch, unwatched
from vtc_r1.interface import CONCURRENCY
from vtc_r1.schedule import Streak
from vtc_r1.solver import Solver
from vtc_r1.trace import Trace


def answer_text(trace: Trace) -> str:
    """Return the text that is searched for an answer: the last segment; empty for a failed solve."""
    return trace.iterations[-1].text if trace.iterations and trace.status != "failed" else ""


class BackgroundGrader:
    """Grades on its own threads; on an early exit it finishes the grades that have begun.

    Args:
        grader: the grader to use.
    """

    def __init__(self, grader: Grader) -> None:
        self.grader = grader
        self._threads = ThreadPoolExecutor(max(1, grader.parallel), "vtc-r1-grading")
        self._running: dict[Future[Grade], Key] = {}

    def submit(self, problem: Problem, sample: Sample) -> None:
        """Submit a sample for grading."""
        trace = sample.trace
        future = self._threads.submit(self.grader.grade, problem, trace.answer, answer_text(trace))
        self._running[future] = sample.key

    def ready(self, *, wait: bool = False) -> Iterator[Graded]:
        """Yield the grades that are ready; with `wait`, those of every submitted sample.

        Raises GradingError.
        """
        for future in list(self._running):
            if wait or future.done():
                problem, sample = self._running.pop(future)
                yield Graded(problem=problem, sample=sample, grade=future.result())

    def stop(self) -> Iterator[Graded]:
        """Cancel what has not begun, and yield the grades of what has."""
        self._threads.shutdown(cancel_futures=True)
        self._running = {future: key for future, key in self._running.items() if not future.cancelled()}
        yield from self.ready(wait=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._threads.shutdown(cancel_futures=True)


@dataclass(frozen=True)
class Runner:
    """Completes one run, from wherever it was left."""

    folder: RunWriter  #: of the run, open for writing
    problems: Sequence[Problem]  #: the selected ones, in the benchmark's order
    samples: int  #: solves of each problem
    solver: Solver  #: has the run's configuration
    grader: Grader  #: decides what is right
    concurrency: int = CONCURRENCY  #: the maximum number of solves in flight
    watch: Watch = unwatched  #: called after every solve and every grade
    #: token limits of the memory by sample and iteration; a sample without any is not solved
    limits: Mapping[Key, Sequence[int]] | None = None

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
        base, limits = self.folder.run.seed, self.limits
        if limits is not None:
            owed = [(problem, sample) for problem, sample in owed if (problem.id, sample) in limits]

        def seed(at: int) -> int | None:
            return None if base is None else sample_seed(base, owed[at][0].id, owed[at][1])

        def memory_limits(at: int) -> Sequence[int] | None:
            return None if limits is None else limits[owed[at][0].id, owed[at][1]]

        questions = (problem.question for problem, _ in owed)
        solves = self.solver.map(
            questions,
            concurrency=self.concurrency,
            seeds=seed,
            contexts=lambda at: owed[at][0].documents,
            memory_limits=memory_limits,
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
