"""What one graded sample contributes to the figures: everything but its text."""

from dataclasses import dataclass
from typing import Self

from vtc_r1.eval.grading import Grade
from vtc_r1.eval.runs import Key, Sample
from vtc_r1.trace import Spent, Status, Usage


@dataclass(frozen=True)
class Measured:
    """One sample, measured.

    Attributes:
        key: which sample of which problem.
        status: how the solve ended.
        correct: whether its answer is right.
        answer: the answer that was graded, None where there was none.
        doubtful: another extraction rule found an answer with the other verdict.
        ungraded: why the grader came to no verdict, None where it did.
        usage: tokens of the solve.
        seconds: wall time of the solve, from its first request to its last word.
        iterations: of the loop, the forced one included.
        carried: text tokens that the pages sent carried.
        re_prefill: tokens of the memory that a prefix cache could not keep although they were not new.
        score: partial score, None where right and wrong is all there is.
        exhausted: budget that ran out, None where none did.
    """

    key: Key
    status: Status
    correct: bool
    answer: str | None
    doubtful: bool
    ungraded: str | None
    usage: Usage
    seconds: float
    iterations: int
    carried: int
    re_prefill: int = 0
    score: float | None = None
    exhausted: Spent | None = None

    @property
    def share(self) -> float:
        """What it counts for accuracy, from 0 to 1."""
        return float(self.correct) if self.score is None else self.score

    @classmethod
    def of(cls, sample: Sample, grade: Grade) -> Self:
        """Measure a sample."""
        trace = sample.trace
        return cls(
            key=sample.key,
            status=trace.status,
            exhausted=trace.exhausted,
            correct=grade.correct,
            score=grade.score,
            answer=grade.extracted,
            doubtful=grade.disagreement is not None,
            ungraded=grade.error,
            usage=trace.usage,
            seconds=trace.seconds,
            iterations=len(trace.iterations),
            carried=sum(iteration.memory_text_tokens for iteration in trace.iterations),
            re_prefill=sum(iteration.carried.re_prefill for iteration in trace.iterations),
        )
