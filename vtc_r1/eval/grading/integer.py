"""The grader of integers: exact, in this process."""

from collections.abc import Iterable

from vtc_r1.errors import BenchmarkError
from vtc_r1.eval.grading.canonical import canonical
from vtc_r1.eval.grading.compare import value_of
from vtc_r1.eval.grading.grade import Verdict
from vtc_r1.eval.grading.grader import Grader
from vtc_r1.eval.grading.numbers import number
from vtc_r1.eval.grading.units import split_unit
from vtc_r1.eval.problem import Problem


class Integer(Grader):
    """Grades answers that are one integer: `073`, `1,000`, `$18.00`, `m+n=73`, `42 ways`."""

    name = "integer"

    def decide(self, gold: str, answer: str, choices: tuple[str, ...], quickly: bool) -> Verdict:
        """Compare the integers; an answer that is none is wrong."""
        return Verdict(integer(answer) is not None and integer(answer) == integer(gold), "compared")

    def check(self, problems: Iterable[Problem]) -> None:
        """Raise BenchmarkError for a gold answer that is no integer."""
        for problem in problems:
            if integer(problem.answer) is None:
                raise BenchmarkError(
                    f"problem {problem.id}: gold answer {problem.answer[:60]!r} is no integer; set "
                    'grader = "mathematics", or name the right column as the answer'
                )


def integer(text: str) -> int | None:
    """Read the integer that an answer is, None where it is anything else."""
    found = number(split_unit(value_of(canonical(text)))[0])
    if found is None or found.percent or found.base not in (None, 10) or found.value.denominator != 1:
        return None
    return int(found.value)
