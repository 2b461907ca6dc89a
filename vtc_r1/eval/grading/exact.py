"""The grader of strings."""

from vtc_r1.eval.grading.grade import Verdict
from vtc_r1.eval.grading.grader import Grader
from vtc_r1.eval.problem import Problem


class Exact(Grader):
    """Grades by equality, blanks around and runs of them inside aside."""

    name = "exact"

    def judge(self, gold: str, answer: str, problem: Problem | None = None) -> Verdict:
        """Compare the strings."""
        if answer.strip() == gold.strip():
            return Verdict(True, "equal")
        return Verdict(answer.split() == gold.split(), "normalised")
