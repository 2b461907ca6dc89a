"""The grader of mathematics: strings, numbers and parts here, computer algebra in processes of its own."""

from collections.abc import Iterable, Sequence

from vtc_r1.eval.grading.canonical import canonical, key
from vtc_r1.eval.grading.compare import same, unasked, words
from vtc_r1.eval.grading.extraction import Rule
from vtc_r1.eval.grading.forms import form
from vtc_r1.eval.grading.grade import Verdict
from vtc_r1.eval.grading.grader import EXPLICIT, LONGEST, Grader
from vtc_r1.eval.grading.numbers import number
from vtc_r1.eval.grading.pool import AlgebraPool
from vtc_r1.eval.grading.units import split_unit
from vtc_r1.eval.problem import Problem

_SECOND = 1.0
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

    def judge(
        self, gold: str, answer: str, problem: Problem | None = None, seconds: float | None = None
    ) -> Verdict:
        """Tell whether `answer` is the answer `gold`; asks computer algebra only where nothing else tells."""
        one, other = canonical(gold), canonical(answer)
        if key(one) == key(other):
            return Verdict(True, "normalised")
        decided = same(one, other, unasked)
        if decided is not None:
            return Verdict(decided, "compared")
        return self.pool.decide(gold, answer, seconds)

    def second(self, problem: Problem, answer: str) -> Verdict | None:
        """Judge what another rule found, in less time."""
        if len(answer) > LONGEST:
            return None
        verdict = self.judge(problem.answer, answer, problem, _SECOND)
        return None if verdict.error else verdict

    def unreadable(self, problems: Iterable[Problem]) -> list[Problem]:
        """Return the problems with a gold answer of which neither this grader nor math-verify can read a part."""
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
