"""The graders by name: of mathematics, integers, plain strings and partial scores."""

import re
from collections.abc import Iterable, Sequence
from fractions import Fraction

from vtc_r1.errors import BenchmarkError
from vtc_r1.eval import scoring
from vtc_r1.eval.grading.canonical import canonical, key
from vtc_r1.eval.grading.choice import MultipleChoice
from vtc_r1.eval.grading.compare import Algebra, no_algebra, same
from vtc_r1.eval.grading.extraction import Rule
from vtc_r1.eval.grading.forms import form
from vtc_r1.eval.grading.grade import Grade, Verdict
from vtc_r1.eval.grading.grader import EXPLICIT, Grader
from vtc_r1.eval.grading.names import is_closed, named, unqualified
from vtc_r1.eval.grading.numbers import number
from vtc_r1.eval.grading.pool import AlgebraPool
from vtc_r1.eval.grading.quantity import quantity
from vtc_r1.eval.grading.statements import stated_answer
from vtc_r1.eval.grading.wording import ABSENT, EMPTY, REALS, as_symbols, asks_for_count, clock, prose, words
from vtc_r1.eval.problem import Problem
from vtc_r1.plugins import Registry, subclass_of
from vtc_r1.spec import Options, chosen

_MOST_WORDS = 5  #: most words in a formula for computer algebra; a text with more is a sentence
_QUICK = 0.6  #: maximum seconds of computer algebra for the answer of another rule


class Mathematics(Grader):
    """Grades mathematical answers of any kind.

    Args:
        rules: as for every grader.
        pool: the worker processes; by default its own pool, started on first use.
        options: there are none.
    """

    name = "mathematics"
    takes_statements = True

    def __init__(
        self,
        rules: Sequence[Rule] = EXPLICIT,
        pool: AlgebraPool | None = None,
        options: Options | None = None,
    ) -> None:
        super().__init__(rules, options)
        self.pool = pool or AlgebraPool()
        self.parallel = 2 * self.pool.workers

    def decide(
        self, gold: str, answer: str, choices: tuple[str, ...], quickly: bool, question: str = ""
    ) -> Verdict:
        """Compare strings, numbers and parts; ask computer algebra only if they do not decide."""
        one, other = canonical(stated_answer(gold)), canonical(stated_answer(answer))
        if key(one) == key(other):
            return Verdict(True, "normalised")
        algebra = Algebra(no_algebra, no_algebra, question)
        decided = same(one, other, algebra)
        if decided is None and prose(other) > max(_MOST_WORDS, prose(one)):
            return Verdict(False, "compared", "unreadable")
        if decided is not None:
            return Verdict(decided, "compared", "unreadable" if algebra.unread and not decided else None)
        return self.pool.decide(gold, answer, _QUICK if quickly else None, question)

    def unreadable(self, problems: Iterable[Problem]) -> list[Problem]:
        """Return the problems whose gold answers cannot be read in full."""
        return [problem for problem in problems if not any(map(self._readable, problem.golds))]

    def close(self) -> None:
        """Stop the worker processes."""
        self.pool.close()

    def _readable(self, gold: str) -> bool:
        text = canonical(stated_answer(gold))
        if words(text) is not None or as_symbols(text) in (REALS, EMPTY, ABSENT) or clock(text) is not None:
            return True
        text, _, _ = unqualified(text, text)
        found = quantity(named(text).value)
        if found is None:
            return False
        items = form(found.value).items or (found.value,)
        return all(number(item) is not None or self.pool.readable(item) for item in items)


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


FULL = 1 - 1e-9  #: scores from here on count as right


class Scored(Grader):
    """Scores an answer against all gold answers; a full score is right."""

    name = "scored"

    def decide(
        self, gold: str, answer: str, choices: tuple[str, ...], quickly: bool, question: str = ""
    ) -> Verdict:
        """Compare as words; used only to group answers for the majority vote."""
        return Verdict(scoring.words(answer) == scoring.words(gold), "scored")

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
        reached = scoring.score(problem.metric, found[rule], problem.answers or (problem.answer,), classes)
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
    """Make the grader of a spec: `name` or `module:Class`, either with options `:key=value,…`.

    Args:
        spec: the grader.
        rules: the extraction rules that count, in order of precedence.
        trusted: it comes from whoever runs the program, so that `module:Class` may be imported.

    Raises UsageError: UnknownName for an unknown name, PluginError for a plug-in that cannot be used.
    """
    return chosen(GRADERS, spec, trusted=trusted).made(rules)
