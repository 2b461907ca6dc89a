"""Grading in the background, while other samples are being solved."""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Self

from vtc_r1.eval.grading import Grade, Grader
from vtc_r1.eval.problem import Problem
from vtc_r1.eval.runs import Graded, Key, Sample
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

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._threads.shutdown(cancel_futures=True)
