"""The integer grader: exact, without computer algebra."""

import re
from collections.abc import Iterable
from fractions import Fraction

from vtc_r1.errors import BenchmarkError
from vtc_r1.eval.grading.canonical import canonical
from vtc_r1.eval.grading.compare import Algebra, no_algebra
from vtc_r1.eval.grading.grade import Verdict
from vtc_r1.eval.grading.grader import Grader
from vtc_r1.eval.grading.names import is_closed, named
from vtc_r1.eval.grading.numbers import number
from vtc_r1.eval.grading.qualifiers import unqualified
from vtc_r1.eval.grading.quantity import quantity
from vtc_r1.eval.grading.statements import stated_answer
from vtc_r1.eval.grading.wording import asks_for_count
from vtc_r1.eval.problem import Problem

_ONE_IN_BRACKETS = re.compile(r"\[\s*(-?[\d.,/]+)\s*\]")
_LABELLED = re.compile(r"^(?:\([A-J]\)|[A-J]\)|\\text\s*\{\s*\(?[A-J]\)\s*\})\s*(?=-?\d)")


class Integer(Grader):
    """Grades answers that are one integer: `073`, `1,000`, `$18.00`, `m+n=73`, `42 ways`."""

    name = "integer"
    takes_statements = True

    def decide(
        self, gold: str, answer: str, choices: tuple[str, ...], quickly: bool, question: str = ""
    ) -> Verdict:
        """Compare the integers; an answer that is not an integer is wrong."""
        found = integer(answer, question)
        return Verdict(
            found is not None and found == integer(gold),
            "compared",
            None if found is not None else "unreadable",
        )

    def check(self, problems: Iterable[Problem]) -> None:
        """Raise BenchmarkError for a gold answer that is not an integer."""
        for problem in problems:
            if all(integer(gold) is None for gold in problem.golds):
                raise BenchmarkError(
                    f"problem {problem.id}: gold answer {problem.shown_gold[:60]!r} is not an integer; set "
                    'grader = "mathematics", or name another column as the answer'
                )


def integer(text: str, question: str = "") -> int | None:
    """Read an answer as an integer, None if it is anything else.

    A percentage counts as its number unless the question asks how many without mentioning percent.
    """
    algebra = Algebra(no_algebra, no_algebra, question)
    answer, _, _ = unqualified(*[canonical(stated_answer(text))] * 2)
    answer = _LABELLED.sub("", _ONE_IN_BRACKETS.sub(r"\1", answer))
    parted = named(answer, question)
    if not (parted.is_name or is_closed(parted.name)):
        return None
    sides = parted.steps if parted.is_name else (parted.name, *parted.steps)
    values = [_value(side, algebra) for side in (parted.value, *sides)]
    value = values[0]
    if value is None or any(side != value for side in values) or value.denominator != 1:
        return None
    return int(value)


def _value(text: str, algebra: Algebra) -> Fraction | None:
    found = quantity(text, algebra.question)
    read = number(found.value) if found else None
    if read is None or read.base not in (None, 10):
        return None
    return None if read.percent and asks_for_count(algebra.question) else read.value
