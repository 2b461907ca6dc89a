"""The grader of mathematics: simple comparisons in this process, computer algebra in worker processes."""

from collections.abc import Iterable, Sequence

from vtc_r1.eval.grading.canonical import canonical, key
from vtc_r1.eval.grading.clock import clock
from vtc_r1.eval.grading.compare import Algebra, no_algebra, same
from vtc_r1.eval.grading.extraction import Rule
from vtc_r1.eval.grading.forms import form
from vtc_r1.eval.grading.grade import Verdict
from vtc_r1.eval.grading.grader import EXPLICIT, Grader
from vtc_r1.eval.grading.names import named
from vtc_r1.eval.grading.numbers import number
from vtc_r1.eval.grading.pool import AlgebraPool
from vtc_r1.eval.grading.qualifiers import unqualified
from vtc_r1.eval.grading.quantity import quantity
from vtc_r1.eval.grading.statements import stated_answer
from vtc_r1.eval.grading.wording import ABSENT, EMPTY, REALS, as_symbols, prose, words
from vtc_r1.eval.problem import Problem
from vtc_r1.spec import Options

_MOST_WORDS = 5
"""Most words in a formula for computer algebra; a text with more is a sentence."""
_QUICK = 0.6
"""Maximum seconds of computer algebra for the answer of another rule."""


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
