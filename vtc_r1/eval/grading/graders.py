"""The graders by name, and the grader of plain strings."""

from collections.abc import Sequence
from typing import Literal

from vtc_r1.errors import UnknownName
from vtc_r1.eval.grading.choice import MultipleChoice
from vtc_r1.eval.grading.extraction import Rule
from vtc_r1.eval.grading.grade import Verdict
from vtc_r1.eval.grading.grader import EXPLICIT, Grader
from vtc_r1.eval.grading.integer import Integer
from vtc_r1.eval.grading.mathematics import Mathematics
from vtc_r1.eval.grading.scored import Scored


class Exact(Grader):
    """Grades by string equality, up to white space."""

    name = "exact"

    def decide(
        self, gold: str, answer: str, choices: tuple[str, ...], quickly: bool, question: str = ""
    ) -> Verdict:
        """Compare the strings."""
        return Verdict(answer.split() == gold.split(), "normalised")


GraderName = Literal["mathematics", "choice", "integer", "exact", "scored"]
GRADERS: dict[str, type[Grader]] = {
    kind.name: kind for kind in (Mathematics, MultipleChoice, Integer, Exact, Scored)
}


def grader(name: str, rules: Sequence[Rule] = EXPLICIT) -> Grader:
    """Make the grader called `name`; raises UnknownName."""
    if name not in GRADERS:
        raise UnknownName("grader", name, GRADERS)
    return GRADERS[name](rules)
