"""Integer expressions: sums and differences of numbers, products and parentheses.

The first term is worked out, then each following one is added to or subtracted from the total:
`9+3*(7-2)-4` → `7-2=5`, `3*5=15`, `9+15=24`, `24-4=20`.
"""

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass

from vtc_r1.exercises.exercise import SEGMENT_LINES, Exercise, OutOfRange, result_of

LARGEST_OPERAND = 99
LARGEST_VALUE = 999  #: bound on the absolute value of every intermediate result
_GROUP = r"\(\d+[+-]\d+\)"
_FACTOR = rf"(?:\d+|{_GROUP})"
_TERM = rf"{_FACTOR}(?:\*{_FACTOR})*"
_EXPRESSION = re.compile(rf"{_TERM}(?:[+-]{_TERM})*=?", re.ASCII)
_OPERATIONS = {"number": 0, "product": 1, "group": 1, "group*": 2, "*group": 2}
"""Number of operations inside a term of each shape."""
_FIRST = tuple(_OPERATIONS)
_SHAPES = ("number",) * 6 + ("product",) * 3 + ("group", "group*", "*group")


@dataclass
class _Working:
    """The steps of one evaluation."""

    lines: list[str]
    given: Sequence[str] = ()  #: the first lines as they stand

    def step(self, left: int, operator: str, right: int) -> int:
        """Do one operation; raises OutOfRange."""
        value = {"+": left + right, "-": left - right, "*": left * right}[operator]
        if (at := len(self.lines)) < len(self.given):
            self.lines.append(self.given[at])
            return result_of(self.given[at])
        self.lines.append(f"{left}{operator}{right}={value}")
        if operator == "*" and max(left, right) > LARGEST_OPERAND:
            raise OutOfRange(f"in {left}*{right} a factor has three digits")
        if abs(value) > LARGEST_VALUE:
            raise OutOfRange(f"{self.lines[-1]} is over {LARGEST_VALUE}")
        return value

    def term(self, text: str) -> int:
        """Evaluate a number, a group, or a product of two numbers, or of a number and a group."""
        factors = re.findall(_FACTOR, text)
        if len(factors) > 2:
            raise OutOfRange(f"{text} is a product of {len(factors)} factors, not of two")
        if len(factors) == 2 and not any(re.fullmatch("[2-9]", factor) for factor in factors):
            raise OutOfRange(f"in {text} no factor is a digit from 2 to 9")
        value: int | None = None
        for factor in factors:
            found = self.factor(factor)
            value = found if value is None else self.step(value, "*", found)
        assert value is not None
        return value

    def factor(self, text: str) -> int:
        numbers = [int(number) for number in re.findall(r"\d+", text)]
        if max(numbers) > LARGEST_OPERAND:
            raise OutOfRange(f"{max(numbers)} is over {LARGEST_OPERAND}")
        if len(numbers) == 1:
            return numbers[0]
        value = self.step(numbers[0], text[1 + len(str(numbers[0]))], numbers[1])
        if value < 0:
            raise OutOfRange(f"({text[1:-1]}) is negative")
        return value


class Expressions:
    """Sums and differences of numbers, products and parentheses of two numbers."""

    name = "expression"
    example = "37 + 85 - 19 * 2 + (46 - 8) * 3"
    trained_range = (
        "+ - * and parentheses of two numbers, 1 to 6 operations, numbers up to 99, products of two factors "
        f"of which one is a digit from 2 to 9, every result within ±{LARGEST_VALUE}"
    )
    lines = range(1, 7)
    segment_lines = SEGMENT_LINES

    def read(self, question: str, given: Sequence[str] = ()) -> Exercise | None:
        """Evaluate `question`."""
        if not _EXPRESSION.fullmatch(question) or question.isdecimal():
            return None
        written = re.sub(r"0*(\d+)", r"\1", question.removesuffix("="))
        working = _Working([], given)
        terms = re.findall(rf"([+-]?)({_TERM})", written)
        total = working.term(terms[0][1])
        for operator, term in terms[1:]:
            total = working.step(total, operator, working.term(term))
        if len(working.lines) not in self.lines:
            count = len(working.lines)
            raise OutOfRange(f"it has {count} operations, not {self.lines[0]} to {self.lines[-1]}")
        return Exercise(self.name, written, tuple(working.lines), str(total))

    def draw(self, rng: random.Random, lines: int) -> Exercise:
        """Draw terms until they take `lines` operations, within the trained range."""
        while True:
            shapes = [rng.choice(_FIRST)]
            while (spent := sum(map(_OPERATIONS.__getitem__, shapes)) + len(shapes) - 1) < lines:
                shapes.append(rng.choice(_SHAPES))
            if spent > lines:
                continue
            text = _write(rng, shapes[0]) + "".join(rng.choice("+-") + _write(rng, one) for one in shapes[1:])
            try:
                found = self.read(text)
            except OutOfRange:
                continue
            assert found is not None
            return found


def _write(rng: random.Random, shape: str) -> str:
    """Draw a term of that shape."""
    small, number = rng.randint(2, 9), rng.randint(0, LARGEST_OPERAND)
    if shape == "number":
        return str(rng.randint(1, LARGEST_OPERAND))
    if shape == "product":
        number = rng.choice((number, number % 21))
        return f"{small}*{number}" if rng.random() < 0.5 else f"{number}*{small}"
    other = rng.randint(0, LARGEST_OPERAND)
    group = f"({number}+{other})"
    if rng.random() < 0.5 or (shape != "group" and number + other > LARGEST_OPERAND):
        group = f"({max(number, other)}-{min(number, other)})"
    return {"group": group, "group*": f"{group}*{small}", "*group": f"{small}*{group}"}[shape]
