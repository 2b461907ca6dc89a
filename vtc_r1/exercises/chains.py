"""Chains: named values, each from two others, where later ones need values from far back.

`a=17+15;b=40-12;c=11+12;d=90-30;e=d-b;f=e+a?` → `a=17+15=32`, `b=40-12=28`, …, `e=d-b=60-28=32`,
`f=e+a=32+32=64`. A step repeats what the question says of its name, puts the values in, and works it out.
"""

import random
import re
from collections.abc import Sequence
from string import ascii_lowercase as NAMES

from vtc_r1.exercises.exercise import Exercise, OutOfRange, result_of

SMALLEST, LARGEST = 10, 99  #: bounds of every number
_STATEMENT = r"[a-z]=(?:\d+[+-]\d+|[a-z][+-][a-z])"
_QUESTION = re.compile(rf"{_STATEMENT}(?:;{_STATEMENT})+", re.ASCII)
_PARTS = re.compile(r"(\w+)=(\w+)([+-])(\w+)")


def work_out(question: str, given: Sequence[str] = ()) -> tuple[str, ...]:
    """Return the steps of a question, one for each statement; raises OutOfRange.

    Args:
        question: statements, separated by `;`.
        given: the first lines as they stand, right or wrong: the rest goes on from what they say.
    """
    lines: list[str] = []
    values: dict[str, int] = {}
    for at, statement in enumerate(question.split(";")):
        name, left, operator, right = _PARTS.fullmatch(statement).groups()  # type: ignore[union-attr]
        if name != NAMES[at]:
            raise OutOfRange(f"its names are not in the order of the alphabet: {name} is not {NAMES[at]}")
        if at < len(given):
            lines.append(given[at])
            values[name] = result_of(given[at])
            continue
        if missing := [one for one in (left, right) if one.isalpha() and one not in values]:
            raise OutOfRange(f"in {statement}, {missing[0]} is not known")
        first, second = (values[one] if one.isalpha() else int(one) for one in (left, right))
        value = first + second if operator == "+" else first - second
        if not SMALLEST <= min(first, second, value) <= max(first, second, value) <= LARGEST:
            raise OutOfRange(f"in {statement}, a number is not from {SMALLEST} to {LARGEST}")
        written = f"{first}{operator}{second}={value}"
        lines.append(f"{statement}={written}" if left.isalpha() else f"{name}={written}")
        values[name] = value
    return tuple(lines)


class Named:
    """Base of the kinds whose steps name their values."""

    name: str
    lines: range
    segment_lines = 4

    def read(self, question: str, given: Sequence[str] = ()) -> Exercise | None:
        """Work out `question`."""
        written = question.removesuffix("?")
        if not _QUESTION.fullmatch(written) or not self.takes(written.split(";")):
            return None
        lines = work_out(written, given)
        if len(lines) not in self.lines:
            raise OutOfRange(f"it has {len(lines)} statements, not {self.lines[0]} to {self.lines[-1]}")
        return Exercise(self.name, f"{written}?", lines, lines[-1].rpartition("=")[2])

    def takes(self, statements: Sequence[str]) -> bool:
        """Whether a question of these statements is of this kind."""
        raise NotImplementedError

    def finish(self, rng: random.Random, numbers: Sequence[int], operands: Sequence[int]) -> Exercise | None:
        """Draw how `numbers` came about, and combine the last of them with `operands` in turn."""
        statements = []
        for at, number in enumerate(numbers):
            statements.append(f"{NAMES[at]}={_made(rng, number)}")
        value = numbers[-1]
        for operand in operands:
            fits = [
                (sign, result)
                for sign, result in (("+", value + numbers[operand]), ("-", value - numbers[operand]))
                if SMALLEST <= result <= LARGEST
            ]
            if not fits:
                return None
            sign, value = rng.choice(fits)
            at = len(statements)
            statements.append(f"{NAMES[at]}={NAMES[at - 1]}{sign}{NAMES[operand]}")
        return self.read(";".join(statements))


class Chains(Named):
    """Four values, and a chain of steps of which each takes one of them."""

    name = "chain"
    example = "a = 17+15; b = 40-12; c = 11+12; d = 90-30; e = d-b; f = e+a"
    trained_range = (
        f"four sums or differences, then 6 to 22 steps that each add one of them to the value before or take "
        f"it away, every number from {SMALLEST} to {LARGEST}"
    )
    lines = range(10, 27)
    values = 4

    def takes(self, statements: Sequence[str]) -> bool:
        """Whether just the first four statements are of numbers."""
        return sum(statement[2].isdigit() for statement in statements) == self.values

    def draw(self, rng: random.Random, lines: int) -> Exercise:
        """Draw the four values, then the steps."""
        while True:
            numbers = [rng.randint(SMALLEST, 60) for _ in range(self.values)]
            operands = [rng.randrange(self.values) for _ in range(lines - self.values)]
            if operands and operands[0] == self.values - 1:
                continue
            if found := self.finish(rng, numbers, operands):
                return found


def _made(rng: random.Random, number: int) -> str:
    """Write a number as the sum or difference of two."""
    if number >= 2 * SMALLEST and (rng.random() < 0.5 or number > LARGEST - SMALLEST):
        first = rng.randint(SMALLEST, number - SMALLEST)
        return f"{first}+{number - first}"
    second = rng.randint(SMALLEST, LARGEST - number)
    return f"{number + second}-{second}"
