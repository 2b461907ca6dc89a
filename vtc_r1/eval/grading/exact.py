"""The grader of strings."""

from vtc_r1.eval.grading.grade import Verdict
from vtc_r1.eval.grading.grader import Grader


class Exact(Grader):
    """Grades by equality, blanks around and runs of them inside aside."""

    name = "exact"

    def decide(
        self, gold: str, answer: str, choices: tuple[str, ...], quickly: bool, question: str = ""
    ) -> Verdict:
        """Compare the strings."""
        return Verdict(answer.split() == gold.split(), "normalised")
