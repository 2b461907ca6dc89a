"""Grading beside the solving: samples are handed in, grades come out as they are ready."""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Self

from vtc_r1.eval.grading import Grade, Grader
from vtc_r1.eval.problem import Problem
from vtc_r1.eval.runs import Graded, Key, Sample
from vtc_r1.trace import Trace


def searched(trace: Trace) -> str:
    """Return the text in which an answer is looked for: the last segment; nothing of a failed solve."""
    return trace.iterations[-1].text if trace.iterations and trace.status != "failed" else ""


class Beside:
    """Grades on threads of its own; left early, it finishes what it has begun.

    Args:
        grader: decides.
    """

    def __init__(self, grader: Grader) -> None:
        self.grader = grader
        self._threads = ThreadPoolExecutor(max(1, grader.parallel), "vtc-r1-grading")
        self._running: dict[Future[Grade], Key] = {}

    def submit(self, problem: Problem, sample: Sample) -> None:
        """Hand a sample in."""
        trace = sample.trace
        future = self._threads.submit(self.grader.grade, problem, trace.answer, searched(trace))
        self._running[future] = sample.key

    def ready(self, *, wait: bool = False) -> Iterator[Graded]:
        """Yield the grades that are there; with `wait` those of all that was handed in.

        Raises GradingError.
        """
        for future in list(self._running):
            if wait or future.done():
                problem, sample = self._running.pop(future)
                yield Graded(problem=problem, sample=sample, grade=future.result())

    def stop(self) -> Iterator[Graded]:
        """Begin no more, and yield the grades of what was begun."""
        self._threads.shutdown(cancel_futures=True)
        self._running = {future: key for future, key in self._running.items() if not future.cancelled()}
        yield from self.ready(wait=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._threads.shutdown(cancel_futures=True)
