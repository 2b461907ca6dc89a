"""A grader: a number that is near enough."""

import math

from pydantic import Field

from vtc_r1.eval.grading import Grader, Verdict
from vtc_r1.spec import Options


class Tolerance(Options):
    """`within`: maximum relative difference from the gold answer."""

    within: float = Field(0.01, ge=0)


class Near(Grader[Tolerance]):
    """Grades numbers within a relative tolerance."""

    def decide(
        self, gold: str, answer: str, choices: tuple[str, ...], quickly: bool, question: str = ""
    ) -> Verdict:
        """Compare the numbers; anything else is wrong."""
        try:
            near = math.isclose(float(answer), float(gold), rel_tol=self.options.within)
        except ValueError:
            return Verdict(False, "compared", "unreadable")
        return Verdict(near, "compared")
