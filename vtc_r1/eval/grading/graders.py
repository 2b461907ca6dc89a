"""The graders by name, and the grader of plain strings."""

from collections.abc import Sequence

from vtc_r1.eval.grading.choice import MultipleChoice
from vtc_r1.eval.grading.extraction import Rule
from vtc_r1.eval.grading.grade import Verdict
from vtc_r1.eval.grading.grader import EXPLICIT, Grader
from vtc_r1.eval.grading.integer import Integer
from vtc_r1.eval.grading.mathematics import Mathematics
from vtc_r1.eval.grading.scored import Scored
from vtc_r1.plugins import Registry, subclass_of
from vtc_r1.spec import chosen


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
