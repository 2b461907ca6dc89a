"""A sample as a row: what tables, lists and figures need, and the position of its trace."""

from dataclasses import dataclass, replace
from typing import Literal, Self, get_args

from vtc_r1.eval.grading import Grade
from vtc_r1.eval.measured import Measured
from vtc_r1.eval.runs import Sample
from vtc_r1.trace import Status

Outcome = Literal["failed", "wrong", "no answer", "ungraded", "right"]
OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)  #: worst first, as in lists


def outcome_of(status: Status, answer: str | None, grade: Grade | None) -> Outcome:
    """Return the outcome of a sample; an answer that the grader calls right is right."""
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
    """One sample."""

    run: int  #: index of the run in the report
    problem: int  #: index of the problem in the report
    outcome: Outcome  #: the outcome in one word
    rule: str | None  #: the rule that found the answer
    method: str | None  #: the grading method, None if it is not graded
    measured: Measured  #: its contribution to figures; a long answer is truncated
    start: int  #: byte offset of its line in `samples.jsonl`
    size: int  #: length of the line in bytes

    @property
    def sample(self) -> int:
        """The number of the sample within its problem, from 0."""
        return self.measured.key[1]

    @property
    def answer(self) -> str | None:
        """The answer, None if there is none."""
        return self.measured.answer

    @classmethod
    def of(
        cls, sample: Sample, grade: Grade | None, *, run: int, problem: int, start: int, size: int
    ) -> Self:
        """Make the row of a sample from its trace and grade."""
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
