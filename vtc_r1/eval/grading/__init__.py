"""Grading: extract the answer and decide whether it is right."""

from vtc_r1.eval.grading.grade import Disagreement, Grade, Verdict
from vtc_r1.eval.grading.grader import Grader
from vtc_r1.eval.grading.graders import GRADERS, grader

__all__ = ["GRADERS", "Disagreement", "Grade", "Grader", "Verdict", "grader"]
