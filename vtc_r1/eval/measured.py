"""What one graded sample contributes to the figures: everything except its text."""

import sys
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from vtc_r1.compression import Compression
from vtc_r1.errors import Cause
from vtc_r1.eval.grading import Grade
from vtc_r1.eval.runs import Key, Sample
from vtc_r1.iteration import Usage
from vtc_r1.trace import Spent, Status


@dataclass(frozen=True)
class Measured:
    """One sample, measured."""

    key: Key  #: which sample of which problem
    status: Status  #: how the solve ended
    correct: bool  #: whether its answer is right
    answer: str | None  #: the answer that was graded, None if there was none
    doubtful: bool  #: another extraction rule found an answer with the other verdict
    ungraded: str | None  #: why the grader reached no verdict, None if it did
    usage: Usage  #: tokens of the solve
    seconds: float  #: wall time of the solve, from its first request to its last token
    iterations: int  #: of the loop, the forced one included
    carried: int  #: text tokens carried by the pages that were sent
    memory: int = 0  #: tokens of the memory, summed over its prompts
    re_prefill: int = 0  #: memory tokens that were not new and yet could not be kept in a prefix cache
    score: float | None = None  #: partial score, None if answers are only right or wrong
    warnings: tuple[str, ...] = ()  #: why its answer may be wrong, one sentence each
    pictures: int = 0  #: vision tokens of the question's own pictures, which are not pages
    cause: Cause | None = None  #: why the solve failed, None if it did not or no cause was recorded
    exhausted: Spent | None = None  #: the budget that ran out, None if none did

    @property
    def share(self) -> float:
        """Its contribution to accuracy, from 0 to 1."""
        return float(self.correct) if self.score is None else self.score

    @property
    def compression(self) -> Compression:
        """Compression over the pages of all its prompts."""
        return Compression(self.carried, self.usage.vision_tokens - self.pictures)

    @classmethod
    def of(cls, sample: Sample, grade: Grade) -> Self:
        """Measure a sample."""
        trace = sample.trace
        return cls(
            key=sample.key,
            status=trace.status,
            cause=trace.cause,
            exhausted=trace.exhausted,
            correct=grade.correct,
            score=grade.score,
            answer=grade.extracted,
            doubtful=grade.disagreement is not None,
            ungraded=grade.error,
            usage=trace.usage,
            seconds=trace.seconds,
            iterations=len(trace.iterations),
            carried=round(trace.compression.text),
            pictures=sum(image.vision_tokens for image in trace.images) * len(trace.iterations),
            memory=sum(each.carried.vision + each.carried.text for each in trace.iterations),
            re_prefill=sum(iteration.carried.re_prefill for iteration in trace.iterations),
            warnings=tuple(map(sys.intern, trace.warnings)),
        )


def warned(measured: Iterable[Measured]) -> dict[str, int]:
    """Count the solves with each warning, the most frequent first."""
    return dict(Counter(sentence for one in measured for sentence in one.warnings).most_common())
