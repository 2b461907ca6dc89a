"""Greatest common divisors by Euclid's subtraction: the smaller from the larger until both are equal.

`gcd(24,18)` → `24-18=6`, `18-6=12`, `12-6=6`.
"""

import random
import re
from collections.abc import Sequence
from functools import cache

from vtc_r1.exercises.exercise import SEGMENT_LINES, Exercise, OutOfRange

LARGEST = 199
_QUESTION = re.compile(r"gcd\((\d+),(\d+)\)=?", re.ASCII)


class Divisors:
    """The greatest common divisor of two numbers."""

    name = "gcd"
    example = "gcd(84, 36)"
    trained_range = f"two different numbers up to {LARGEST} that take 1 to 10 subtractions"
    lines = range(1, 11)
    segment_lines = SEGMENT_LINES

    def read(self, question: str, given: Sequence[str] = ()) -> Exercise | None:
        """Subtract the smaller from the larger until both are equal."""
        if not (found := _QUESTION.fullmatch(question)):
            return None
        first, second = int(found[1]), int(found[2])
        if not 0 < min(first, second) < max(first, second) <= LARGEST:
            raise OutOfRange(f"its numbers are not two different ones from 1 to {LARGEST}")
        written = f"gcd({first},{second})"
        for line in given:
            if not (stated := re.fullmatch(r"\d+-([1-9]\d*)=([1-9]\d*)", line.strip())):
                raise OutOfRange(f"{line!r} is not a step of a subtraction")
            first, second = int(stated[1]), int(stated[2])
        lines = (*given, *_subtract(first, second))
        if len(lines) not in self.lines:
            raise OutOfRange(f"it takes {len(lines)} subtractions, not {self.lines[0]} to {self.lines[-1]}")
        return Exercise(self.name, written, lines, lines[-1].partition("=")[2])

    def draw(self, rng: random.Random, lines: int) -> Exercise:
        """Draw a pair, half the time by divisor first, as most have 1; half begin with the larger."""
        of_divisors = _pairs()[lines]
        weights = [len(pairs) for pairs in of_divisors] if rng.random() < 0.5 else None
        (pairs,) = rng.choices(of_divisors, weights)
        larger, smaller = rng.choice(pairs)
        first, second = (larger, smaller) if rng.random() < 0.5 else (smaller, larger)
        found = self.read(f"gcd({first},{second})")
        assert found is not None
        return found


def _subtract(first: int, second: int) -> tuple[str, ...]:
    larger, smaller = max(first, second), min(first, second)
    lines = []
    while larger != smaller:
        rest = larger - smaller
        lines.append(f"{larger}-{smaller}={rest}")
        larger, smaller = max(rest, smaller), min(rest, smaller)
    return tuple(lines)


@cache
def _pairs() -> dict[int, list[list[tuple[int, int]]]]:
    """Return all pairs by their number of subtractions, in one list per divisor."""
    found: dict[int, dict[str, list[tuple[int, int]]]] = {}
    for larger in range(2, LARGEST + 1):
        for smaller in range(1, larger):
            lines = _subtract(larger, smaller)
            divisor = lines[-1].partition("=")[2]
            found.setdefault(len(lines), {}).setdefault(divisor, []).append((larger, smaller))
    return {count: list(by_divisor.values()) for count, by_divisor in found.items()}
