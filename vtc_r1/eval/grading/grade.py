"""The grade of a sample."""

from dataclasses import dataclass
from typing import Literal

from pydantic import Field

from vtc_r1.configuration import EncodableText, Record
from vtc_r1.eval.grading.extraction import Rule

Method = Literal["none", "equal", "normalised", "compared", "math-verify", "too large", "scored"]
"""How a verdict was reached.

`none`: there was no answer. `equal`: the same string. `normalised`: the same string once both are in
canonical form. `compared`: part by part, as numbers, words and lists. `math-verify`: by computer algebra.
`too large`: longer, or more deeply nested, than any answer. `scored`: by a partial score.
"""
Source = Rule | Literal["given"]
"""The rule that found an answer; `given` if the loop has it and no rule finds the same."""
Failure = Literal["timeout", "memory", "crashed", "unreadable"]
"""Why there is no verdict; the answer then counts as wrong.

`timeout`, `memory`, `crashed`: how computer algebra ended. `unreadable`: the answer, or the gold answer,
could not be read with certainty: a word may change its value, or a formula is not valid.
"""


@dataclass(frozen=True)
class Verdict:
    """Whether an answer is right, and how that was decided."""

    correct: bool
    method: Method
    error: Failure | None = None


class Disagreement(Record):
    """Another rule found a different answer with a different verdict."""

    rule: Rule
    extracted: EncodableText
    correct: bool


class Grade(Record):
    """The verdict on a sample, with everything needed to check it.

    Attributes:
        correct: whether the answer is right.
        extracted: the answer that was graded, None if there was none.
        rule: the rule that found it.
        method: how the verdict was reached.
        error: why there is no verdict, None if there is one.
        disagreement: the first other rule whose answer has the other verdict.
        score: a partial score from 0 to 1; None if the grader gives only right or wrong.
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
        """Its contribution to accuracy: the score, or 1 if it is right."""
        return float(self.correct) if self.score is None else self.score
