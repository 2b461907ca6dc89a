"""The grader with partial scores from 0 to 1, by the problem's metric."""

from collections.abc import Iterable

from vtc_r1.errors import BenchmarkError
from vtc_r1.eval.grading.grade import Grade, Verdict
from vtc_r1.eval.grading.grader import Grader
from vtc_r1.eval.problem import Problem
from vtc_r1.eval.scoring import score, words

FULL = 1 - 1e-9
"""Scores from here on count as right."""


class Scored(Grader):
    """Scores an answer against all gold answers; a full score is right."""

    name = "scored"

    def decide(
        self, gold: str, answer: str, choices: tuple[str, ...], quickly: bool, question: str = ""
    ) -> Verdict:
        """Compare as words; used only to group answers for the majority vote."""
        return Verdict(words(answer) == words(gold), "scored")

    def check(self, problems: Iterable[Problem]) -> None:
        """Raise BenchmarkError for a problem without a metric."""
        for problem in problems:
            if problem.metric is None:
                raise BenchmarkError(
                    f"problem {problem.id}: grader scored needs a metric: set metric in the benchmark's file"
                )

    def grade(self, problem: Problem, answer: str | None, text: str = "") -> Grade:
        """Score one sample, by the answer that takes precedence."""
        found = self.found(problem, answer, text)
        rule = next(iter(found), None)
        if problem.metric is None or rule is None or (rule not in self.rules and rule != "given"):
            return Grade(correct=False, extracted=None, rule=None, method="none", score=0.0)
        classes = tuple(map(str, problem.extra.get("all_classes") or ()))
        reached = score(problem.metric, found[rule], problem.answers or (problem.answer,), classes)
        return Grade(
            correct=reached >= FULL,
            extracted=found[rule],
            rule=rule,
            method="scored",
            score=round(reached, 6),
        )
