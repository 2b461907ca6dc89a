"""How a sample came out, in one word."""

from typing import Literal, get_args

from vtc_r1.eval.grading import Grade
from vtc_r1.trace import Status

Outcome = Literal["failed", "wrong", "no answer", "ungraded", "right"]
OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)
"""Worst first: the order in which they are listed."""


def outcome_of(status: Status, answer: str | None, grade: Grade | None) -> Outcome:
    """Say how a sample came out; what the grader calls right is right."""
    if grade is not None and grade.correct:
        return "right"
    if status in ("failed", "cancelled"):
        return "failed"
    if grade is None:
        return "ungraded"
    return "no answer" if answer is None else "wrong"
