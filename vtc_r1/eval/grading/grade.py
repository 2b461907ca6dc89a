"""What a grader says of a sample."""

from dataclasses import dataclass
from typing import Literal

from pydantic import Field

from vtc_r1.configuration import EncodableText, Record
from vtc_r1.eval.grading.extraction import Rule

Method = Literal["none", "equal", "normalised", "compared", "math-verify", "too large", "scored"]
"""How a verdict was reached.

`none`: there was no answer. `equal`: the same string. `normalised`: the same string once both are written in
one way. `compared`: part by part, as numbers, words and lists. `math-verify`: by computer algebra.
`too large`: longer, or nested deeper, than any answer. `scored`: by how much of the gold answer it has.
"""
Source = Rule | Literal["given"]
"""The rule that found an answer; `given` where the loop has it and no rule finds the same."""
Failure = Literal["timeout", "memory", "crashed", "unreadable"]
"""Why there is no verdict; the answer then counts as wrong.

`timeout`, `memory`, `crashed`: computer algebra ended so. `unreadable`: the answer, or the gold, could not be
read surely: a word may change its value, or a formula is none.
"""


@dataclass(frozen=True)
class Verdict:
    """Whether an answer is right, and how that was decided."""

    correct: bool
    method: Method
    error: Failure | None = None


class Disagreement(Record):
    """Another rule found another answer, with another verdict."""

    rule: Rule
    extracted: EncodableText
    correct: bool


class Grade(Record):
    """The verdict on a sample, with all that is needed to doubt it.

    Attributes:
        correct: whether the answer is right.
        extracted: the answer that was graded, None where there was none.
        rule: the rule that found it.
        method: how it was decided.
        error: why it was not, None where it was.
        disagreement: the first other rule whose answer has the other verdict.
        score: from 0 to 1, of a grader that gives partial ones; None where right and wrong is all there is.
    """

    correct: bool
    extracted: EncodableText | None
    rule: Source | None
    method: Method
    error: Failure | None = None
    disagreement: Disagreement | None = None
    score: float | None = Field(None, ge=0, le=1)

    @property
    def share(self) -> float:
        """What it counts for accuracy: the score, or 1 where it is right."""
        return float(self.correct) if self.score is None else self.score
