"""The grader of mathematics: strings, numbers and parts here, computer algebra in processes of its own."""

from collections.abc import Iterable, Sequence

from vtc_r1.eval.grading.canonical import canonical, key
from vtc_r1.eval.grading.clock import clock
from vtc_r1.eval.grading.compare import Algebra, same, unasked
from vtc_r1.eval.grading.extraction import Rule
from vtc_r1.eval.grading.forms import form
from vtc_r1.eval.grading.grade import Verdict
from vtc_r1.eval.grading.grader import EXPLICIT, Grader
from vtc_r1.eval.grading.names import named
from vtc_r1.eval.grading.numbers import number
from vtc_r1.eval.grading.pool import AlgebraPool
from vtc_r1.eval.grading.qualifiers import unqualified
from vtc_r1.eval.grading.quantity import quantity
from vtc_r1.eval.grading.statements import said
from vtc_r1.eval.grading.wording import ABSENT, EMPTY, REALS, in_signs, prose, words
from vtc_r1.eval.problem import Problem

_MOST_WORDS = 5
"""Words in a formula that computer algebra is asked to read; more of them are a sentence."""
_QUICK = 0.6
"""Most seconds that computer algebra gets for what another rule found."""


class Mathematics(Grader):
    """Grades anything that mathematics answers with.

    Args:
        rules: as for every grader.
        pool: the processes; a pool of its own by default, started when it is first needed.
    """

    name = "mathematics"
    takes_statements = True

    def __init__(self, rules: Sequence[Rule] = EXPLICIT, pool: AlgebraPool | None = None) -> None:
        super().__init__(rules)
        self.pool = pool or AlgebraPool()
        self.parallel = 2 * self.pool.workers

    def decide(
        self, gold: str, answer: str, choices: tuple[str, ...], quickly: bool, question: str = ""
    ) -> Verdict:
        """Compare strings, numbers and parts; ask computer algebra only where they do not tell."""
        one, other = canonical(said(gold)), canonical(said(answer))
        if key(one) == key(other):
            return Verdict(True, "normalised")
        algebra = Algebra(unasked, unasked, question)
        decided = same(one, other, algebra)
        if decided is None and prose(other) > max(_MOST_WORDS, prose(one)):
            return Verdict(False, "compared", "unreadable")
        if decided is not None:
            return Verdict(decided, "compared", "unreadable" if algebra.unread and not decided else None)
        return self.pool.decide(gold, answer, _QUICK if quickly else None, question)

    def unreadable(self, problems: Iterable[Problem]) -> list[Problem]:
        """Return the problems with a gold answer of which nothing here can read a part."""
        return [problem for problem in problems if not any(map(self._readable, problem.golds))]

    def close(self) -> None:
        """End the processes."""
        self.pool.close()

    def _readable(self, gold: str) -> bool:
        text = canonical(said(gold))
        if words(text) is not None or in_signs(text) in (REALS, EMPTY, ABSENT) or clock(text) is not None:
            return True
        text, _, _ = unqualified(text, text)
        found = quantity(named(text).value)
        if found is None:
            return False
        items = form(found.value).items or (found.value,)
        return all(number(item) is not None or self.pool.readable(item) for item in items)
