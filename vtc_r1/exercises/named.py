"""Problems of named values: statements of which each names a value, made from numbers or from earlier values.

`a=1+2;b=8-3;c=b+a?` → `a=1+2=3`, `b=8-3=5`, `c=b+a=5+3=8`. A step repeats what the question
says of its name, puts the values in, and works it out: what stands on the pages is looked up by its name.
"""

import random
import re
from abc import ABC, abstractmethod
from collections.abc import Sequence
from string import ascii_lowercase

from vtc_r1.exercises.exercise import Exercise, OutOfRange, result_of

NAMES = ascii_lowercase  #: of the values, in this order
SMALLEST, LARGEST = 1, 9  #: bounds of every number: one digit, as the memory is to be difficult, not the sums
SEGMENT_LINES = 4
_ANY = range(SMALLEST, LARGEST + 1)
_NUMBERS = re.compile(r"([a-z])=(\d+)([+-])(\d+)", re.ASCII)
_VALUES = re.compile(r"([a-z])=([a-z])([+-])([a-z])", re.ASCII)
_STEP = re.compile(r"[a-z]=.*=-?\d+", re.ASCII)


class Named(ABC):
    """Base of these kinds: values from numbers, then a chain, each value from the one before and another.

    Attributes:
        name: as every kind has it; likewise `lines`.
        segment_lines: steps of a segment.
    """

    name: str
    lines: range
    segment_lines = SEGMENT_LINES

    @abstractmethod
    def takes(self, values: int, operands: Sequence[int]) -> bool:
        """Whether a chain over this many values, whose steps use these of them (from 0), is of this kind."""

    @abstractmethod
    def choices(self, lines: int) -> tuple[int, list[Sequence[int]]]:
        """Return the number of values of a problem, and which of them each step of its chain may use."""

    def read(self, question: str, given: Sequence[str] = ()) -> Exercise | None:
        """Work out `question`."""
        written = question.removesuffix("?")
        statements = written.split(";")
        values = [statement for statement in statements if _NUMBERS.fullmatch(statement)]
        chain = [_VALUES.fullmatch(statement) for statement in statements[len(values) :]]
        if not values or not chain or not all(chain):
            return None
        operands = [NAMES.index(found[4]) for found in chain if found]
        if not self.takes(len(values), operands):
            return None
        _check_names(statements)
        if len(statements) not in self.lines:
            counts = f"{self.lines[0]} to {self.lines[-1]}"
            raise OutOfRange(f"it has {len(statements)} statements, which is not one of {counts}")
        lines = work_out(statements, given)
        return Exercise(self.name, f"{written}?", lines, lines[-1].rpartition("=")[2], self.segment_lines)

    def draw(self, rng: random.Random, lines: int) -> Exercise:
        """Draw the chain, the values as it needs them, and then how they come about."""
        count, choices = self.choices(lines)
        while (drawn := _chain(rng, count, choices)) is None:
            pass
        values, chain = drawn
        first = [f"{name}={_made(rng, value)}" for name, value in zip(NAMES, values, strict=False)]
        found = self.read(";".join([*first, *chain]))
        assert found is not None
        return found


def states_value(line: str) -> bool:
    """Whether a line is a step of such a problem, which ends with the value of a name: `e=d-b=4-2=2`."""
    return _STEP.fullmatch(line) is not None


def work_out(statements: Sequence[str], given: Sequence[str] = ()) -> tuple[str, ...]:
    """Return the steps, one for each statement; raises OutOfRange.

    Args:
        statements: each with a name that is not used before.
        given: the first lines, right or wrong; the others continue from them as they are.
    """
    lines = list(given)
    values = {name: result_of(line) for name, line in zip(NAMES, lines, strict=False)}
    for statement in statements[len(lines) :]:
        found = _NUMBERS.fullmatch(statement) or _VALUES.fullmatch(statement)
        assert found is not None
        name, left, sign, right = found.groups()
        first, second = (int(one) if one.isdecimal() else values[one] for one in (left, right))
        value = first + second if sign == "+" else first - second
        if not SMALLEST <= min(first, second, value) <= max(first, second, value) <= LARGEST:
            raise OutOfRange(f"in {statement}, a number is not from {SMALLEST} to {LARGEST}")
        stated = name if left.isdecimal() else statement
        lines.append(f"{stated}={first}{sign}{second}={value}")
        values[name] = value
    return tuple(lines)


def _check_names(statements: Sequence[str]) -> None:
    """Raise OutOfRange unless names follow the alphabet, and a chain goes on from the value before."""
    if len(statements) > len(NAMES):
        raise OutOfRange(f"it has {len(statements)} statements, more than there are letters")
    for name, before, statement in zip(NAMES, ("", *NAMES), statements, strict=False):
        if statement[0] != name:
            raise OutOfRange(f"{statement} is not named {name}: names follow the alphabet")
        if statement[2].isalpha() and statement[2] != before:
            raise OutOfRange(f"{statement} does not go on from {before}")


def _chain(
    rng: random.Random, count: int, choices: Sequence[Sequence[int]]
) -> tuple[list[int], list[str]] | None:
    """Draw values and the statements of a chain; None if no value keeps a step in range."""
    values: dict[int, int] = {count - 1: rng.randint(SMALLEST, LARGEST)}
    value, statements = values[count - 1], list[str]()
    for at, allowed in enumerate(choices, count):
        fits = [
            (operand, number, sign, result)
            for operand in allowed
            for number in ([values[operand]] if operand in values else _ANY)
            for sign, result in (("+", value + number), ("-", value - number))
            if SMALLEST <= result <= LARGEST
        ]
        if not fits:
            return None
        operand = rng.choice(sorted({fit[0] for fit in fits}))
        _, number, sign, value = rng.choice([fit for fit in fits if fit[0] == operand])
        values[operand] = number
        statements.append(f"{NAMES[at]}={NAMES[at - 1]}{sign}{NAMES[operand]}")
    return [values.get(at) or rng.choice(_ANY) for at in range(count)], statements


def _made(rng: random.Random, value: int) -> str:
    """Write a value as the sum or difference of two numbers."""
    if value >= 2 * SMALLEST and (value == LARGEST or rng.random() < 0.5):
        first = rng.randint(SMALLEST, value - SMALLEST)
        return f"{first}+{value - first}"
    second = rng.randint(SMALLEST, LARGEST - value)
    return f"{value + second}-{second}"
