"""A sample in one line: what tables, lists and figures need of it, and where its trace lies."""

from dataclasses import dataclass, replace
from typing import Literal, Self, get_args

from vtc_r1.eval.grading import Grade
from vtc_r1.eval.measured import Measured
from vtc_r1.eval.runs import Sample
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


_LONGEST_ANSWER = 2_000
_UNGRADED = Grade(correct=False, extracted=None, rule=None, method="none")


@dataclass(frozen=True, slots=True)
class Row:
    """One sample.

    Attributes:
        run: which of the report's runs.
        problem: which of the report's problems.
        outcome: how it came out.
        rule: the rule that found the answer.
        method: how the grade was decided, None where it is not graded.
        measured: what it contributes to figures; a long answer is cut short.
        start: where its line starts in `samples.jsonl`, in bytes.
        size: how long the line is, in bytes.
    """

    run: int
    problem: int
    outcome: Outcome
    rule: str | None
    method: str | None
    measured: Measured
    start: int
    size: int

    @property
    def sample(self) -> int:
        """Which of the problem's samples, from 0."""
        return self.measured.key[1]

    @property
    def answer(self) -> str | None:
        """The answer, None where there is none."""
        return self.measured.answer

    @classmethod
    def of(
        cls, sample: Sample, grade: Grade | None, *, run: int, problem: int, start: int, size: int
    ) -> Self:
        """Draw the line of a sample from its trace and grade."""
        measured = Measured.of(sample, grade or _UNGRADED)
        answer = measured.answer if measured.answer is not None else sample.trace.answer
        return cls(
            run=run,
            problem=problem,
            outcome=outcome_of(sample.trace.status, answer, grade),
            rule=None if grade is None else grade.rule,
            method=None if grade is None else grade.method,
            measured=replace(measured, answer=None if answer is None else answer[:_LONGEST_ANSWER]),
            start=start,
            size=size,
        )
