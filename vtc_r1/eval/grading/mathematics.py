"""The grader of mathematics: strings, numbers and parts here, computer algebra in processes of its own."""

from collections.abc import Iterable, Sequence

from vtc_r1.eval.grading.canonical import canonical, key
from vtc_r1.eval.grading.compare import prose, same, unasked, words
from vtc_r1.eval.grading.extraction import Rule
from vtc_r1.eval.grading.forms import form
from vtc_r1.eval.grading.grade import Verdict
from vtc_r1.eval.grading.grader import EXPLICIT, Grader
from vtc_r1.eval.grading.numbers import number
from vtc_r1.eval.grading.pool import AlgebraPool
from vtc_r1.eval.grading.units import split_unit
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

    def __init__(self, rules: Sequence[Rule] = EXPLICIT, pool: AlgebraPool | None = None) -> None:
        super().__init__(rules)
        self.pool = pool or AlgebraPool()
        self.parallel = 2 * self.pool.workers

    def decide(self, gold: str, answer: str, choices: tuple[str, ...], quickly: bool) -> Verdict:
        """Compare strings, numbers and parts; ask computer algebra only where they do not tell."""
        one, other = canonical(gold), canonical(answer)
        if key(one) == key(other):
            return Verdict(True, "normalised")
        decided = same(one, other, unasked)
        if decided is not None or prose(other) > max(_MOST_WORDS, prose(one)):
            return Verdict(bool(decided), "compared")
        return self.pool.decide(gold, answer, _QUICK if quickly else None)

    def unreadable(self, problems: Iterable[Problem]) -> list[Problem]:
        """Return the problems with a gold answer of which nothing here can read a part."""
        return [problem for problem in problems if not self._readable(problem.answer)]

    def close(self) -> None:
        """End the processes."""
        self.pool.close()

    def _readable(self, gold: str) -> bool:
        text = canonical(gold)
        if words(text) is not None:
            return True
        value = split_unit(text)[0]
        items = form(value).items or (value,)
        return all(number(item) is not None or self.pool.readable(item) for item in items)
