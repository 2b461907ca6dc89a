"""What is known of a stored solve before its text is read again, and which solves are learned from."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import get_args

from vtc_r1.eval.problem import Problem
from vtc_r1.sft.building.config import Choose
from vtc_r1.trace import Status


@dataclass(frozen=True)
class Solve:
    """One graded solve of a run."""

    sample: int  #: which of its problem's solves
    start: int  #: place of its line in the run's file of samples, in bytes
    length: int  #: of the line, in bytes
    status: Status  #: how it ended
    forced: bool  #: its last segment was asked for the answer because a budget was spent
    correct: bool  #: whether its answer is right
    answer: str | None  #: the answer that was graded, None where there was none
    error: str | None  #: why the backend gave up, None where it did not
    tokens: int  #: generated tokens
    iterations: int  #: of the loop

    @property
    def refusal(self) -> tuple[str, str] | None:
        """Why nothing can be learned from it, and the detail that decided; None where something may be."""
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
    """Return the right solves of a problem, the one that the rule prefers first.

    `shortest` prefers the fewest generated tokens, `fewest-iterations` the fewest iterations, and of
    those the fewest tokens; `all` leaves them in the order of their samples.
    """
    return sorted((solve for solve in solves if solve.refusal is None), key=_ORDER[rule])
