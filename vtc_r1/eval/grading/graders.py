"""The graders by name; those of plain strings and of partial scores."""

from collections.abc import Iterable, Sequence

from vtc_r1.errors import BenchmarkError
from vtc_r1.eval.grading.choice import MultipleChoice
from vtc_r1.eval.grading.extraction import Rule
from vtc_r1.eval.grading.grade import Grade, Verdict
from vtc_r1.eval.grading.grader import EXPLICIT, Grader
from vtc_r1.eval.grading.integer import Integer
from vtc_r1.eval.grading.mathematics import Mathematics
from vtc_r1.eval.problem import Problem
from vtc_r1.eval.scoring import score, words
from vtc_r1.plugins import Registry, subclass_of
from vtc_r1.spec import chosen

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


class Exact(Grader):
    """Grades by string equality, up to white space."""

    name = "exact"

    def decide(
        self, gold: str, answer: str, choices: tuple[str, ...], quickly: bool, question: str = ""
    ) -> Verdict:
        """Compare the strings."""
        return Verdict(answer.split() == gold.split(), "normalised")


GRADERS: Registry[type[Grader]] = Registry(
    "vtc_r1.graders",
    "grader",
    {kind.name: kind for kind in (Mathematics, MultipleChoice, Integer, Exact, Scored)},
    subclass_of(Grader),
)


def grader(spec: str, rules: Sequence[Rule] = EXPLICIT, *, trusted: bool = False) -> Grader:
    """Make the grader that `name`, `module:Class`, or either with `:key=value,…` names.

    Args:
        spec: the grader.
        rules: the extraction rules that count, in order of precedence.
        trusted: it comes from whoever runs the program, so that `module:Class` may be imported.

    Raises UsageError: UnknownName for what is not known, PluginError for what cannot be used.
    """
    return chosen(GRADERS, spec, trusted=trusted).made(rules)
