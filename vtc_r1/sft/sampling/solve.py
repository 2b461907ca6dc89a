"""What is known of a stored solve before its text is read again."""

from dataclasses import dataclass

from vtc_r1.eval.problem import Problem
from vtc_r1.trace import Status


@dataclass(frozen=True)
class Solve:
    """One graded solve of a run.

    Attributes:
        sample: which of its problem's solves.
        start: place of its line in the run's file of samples, in bytes.
        length: of the line, in bytes.
        status: how it ended.
        forced: its last segment was asked for the answer because a budget was spent.
        correct: whether its answer is right.
        answer: the answer that was graded, None if there was none.
        error: why the backend gave up, None if it did not.
        tokens: generated tokens.
        iterations: of the loop.
    """

    sample: int
    start: int
    length: int
    status: Status
    forced: bool
    correct: bool
    answer: str | None
    error: str | None
    tokens: int
    iterations: int

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
