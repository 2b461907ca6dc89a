"""What a grader says of a sample."""

from dataclasses import dataclass
from typing import Literal

from vtc_r1.eval.grading.extraction import Rule
from vtc_r1.trace import EncodableText, Record

Method = Literal["none", "equal", "normalised", "compared", "math-verify", "too large"]
"""How a verdict was reached.

`none`: there was no answer. `equal`: the same string. `normalised`: the same string once both are written in
one way. `compared`: part by part, as numbers, words and lists. `math-verify`: by computer algebra.
`too large`: longer, or nested deeper, than any answer.
"""
Source = Rule | Literal["given"]
"""The rule that found an answer; `given` where the loop has it and no rule finds the same."""
Failure = Literal["timeout", "memory", "crashed"]
"""Why computer algebra came to no verdict; the answer then counts as wrong."""


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
    """

    correct: bool
    extracted: EncodableText | None
    rule: Source | None
    method: Method
    error: Failure | None = None
    disagreement: Disagreement | None = None
