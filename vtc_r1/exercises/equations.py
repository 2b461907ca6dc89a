"""Linear equations in one unknown: move the terms to the right one by one, then divide.

`7x+12-5=56` → `56-12=44`, `44+5=49`, `49/7=7`.
"""

import random
import re
from collections.abc import Sequence

from vtc_r1.exercises.exercise import SEGMENT_LINES, Exercise, OutOfRange, result_of

LARGEST_TERM = 99
LARGEST_VALUE = 999
LARGEST_SOLUTION = 30
_QUESTION = re.compile(r"(\d?)\*?x((?:[+-]\d+)+)=(-?\d+)", re.ASCII)


class Equations:
    """A coefficient, x, terms and the right-hand side."""

    name = "equation"
    example = "7x + 12 - 5 = 56"
    trained_range = (
        f"a coefficient from 2 to 9, 1 to 9 terms up to {LARGEST_TERM}, a solution from 0 to "
        f"{LARGEST_SOLUTION}, every result within ±{LARGEST_VALUE}"
    )
    lines = range(2, 11)
    segment_lines = SEGMENT_LINES

    def read(self, question: str, given: Sequence[str] = ()) -> Exercise | None:
        """Solve `question` for x."""
        if not (found := _QUESTION.fullmatch(question)):
            return None
        coefficient = int(found[1] or 1)
        terms = [int(term) for term in re.findall(r"[+-]\d+", found[2])]
        value, lines = int(found[3]), []
        self._check(coefficient, terms)
        written = f"{coefficient}x" + "".join(f"{term:+}" for term in terms) + f"={value}"
        for line in given:
            value = result_of(line)
            lines.append(line)
        for term in terms[len(given) :]:
            lines.append(f"{value}{-term:+}={value - term}")
            value -= term
            if max(abs(value), abs(value + term)) > LARGEST_VALUE:
                raise OutOfRange(f"{lines[-1]} is not within ±{LARGEST_VALUE}")
        solution, rest = divmod(value, coefficient)
        if rest or not 0 <= solution <= LARGEST_SOLUTION:
            raise OutOfRange(f"its solution is not a whole number from 0 to {LARGEST_SOLUTION}")
        lines.append(f"{value}/{coefficient}={solution}")
        return Exercise(self.name, written, tuple(lines), str(solution))

    def draw(self, rng: random.Random, lines: int) -> Exercise:
        """Draw the solution first, then the terms."""
        while True:
            coefficient, value = rng.randint(2, 9), rng.randint(0, LARGEST_SOLUTION)
            terms = [rng.randint(1, LARGEST_TERM) * rng.choice((1, -1)) for _ in range(lines - 1)]
            right = coefficient * value + sum(terms)
            written = f"{coefficient}x" + "".join(f"{term:+}" for term in terms) + f"={right}"
            try:
                found = self.read(written)
            except OutOfRange:
                continue
            assert found is not None
            return found

    def _check(self, coefficient: int, terms: list[int]) -> None:
        if coefficient < 2:
            raise OutOfRange("its coefficient is not from 2 to 9")
        if len(terms) + 1 not in self.lines:
            raise OutOfRange(f"it has {len(terms)} terms, not 1 to {self.lines[-1] - 1}")
        if not 0 < min(map(abs, terms)) <= max(map(abs, terms)) <= LARGEST_TERM:
            raise OutOfRange(f"its terms are not from 1 to {LARGEST_TERM}")
