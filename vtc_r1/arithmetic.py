"""Integer expressions: the one kind of problem that the embedded model solves.

An expression is evaluated one operation at a time, from left to right as far as the usual
precedence allows: a sum or difference waits only for the product on its right.
"""

import random
import re
from dataclasses import dataclass

OPERATIONS = range(2, 7)
"""How many operations an expression of this kind has."""
LARGEST_OPERAND = 99
LARGEST_VALUE = 9_999
"""Bound on the absolute value of every intermediate result."""

_SPELLINGS = str.maketrans({"×": "*", "·": "*", "−": "-", "\N{EN DASH}": "-"})
_EXPRESSION = re.compile(r"\d+(?:[+*-]\d+)*", re.ASCII)


@dataclass(frozen=True)
class Step:
    """One operation: `left operator right` equals `value`."""

    left: int
    operator: str
    right: int
    value: int

    def __str__(self) -> str:
        return f"{self.left}{self.operator}{self.right}={self.value}"


@dataclass(frozen=True)
class Expression:
    """`numbers[0] operators[0] numbers[1] …`; only the first number may be negative."""

    numbers: tuple[int, ...]
    operators: tuple[str, ...]

    def __str__(self) -> str:
        rest = zip(self.operators, self.numbers[1:], strict=True)
        return str(self.numbers[0]) + "".join(f"{operator}{number}" for operator, number in rest)

    def reduce(self) -> tuple[Step, "Expression"]:
        """Do the leftmost operation that precedence allows."""
        followers = (*self.operators[1:], "")
        pairs = zip(self.operators, followers, strict=True)
        at = next(at for at, pair in enumerate(pairs) if pair[0] == "*" or pair[1] != "*")
        left, operator, right = self.numbers[at], self.operators[at], self.numbers[at + 1]
        value = {"+": left + right, "-": left - right, "*": left * right}[operator]
        numbers = (*self.numbers[:at], value, *self.numbers[at + 2 :])
        operators = self.operators[:at] + self.operators[at + 1 :]
        return Step(left, operator, right, value), Expression(numbers, operators)

    def steps(self) -> list[tuple[Step, "Expression"]]:
        """Every operation in order, each with the expression that is left after it."""
        taken, expression = [], self
        while expression.operators:
            step, expression = expression.reduce()
            taken.append((step, expression))
        return taken

    @property
    def value(self) -> int:
        """What the expression evaluates to."""
        return self.steps()[-1][1].numbers[0] if self.operators else self.numbers[0]


def parse(question: str) -> Expression | None:
    """Read `question` as an integer expression; None where it is something else."""
    text = question.translate(_SPELLINGS).rstrip().removesuffix("?").rstrip().removesuffix("=")
    if re.search(r"\d\s+\d", text):
        return None
    text = re.sub(r"\s+", "", text)
    if len(text) > 200 or not _EXPRESSION.fullmatch(text):
        return None
    numbers = tuple(int(number) for number in re.findall(r"\d+", text))
    return Expression(numbers, tuple(re.findall(r"[+*-]", text)))


def outside(expression: Expression) -> str | None:
    """Say in what way `expression` lies outside the kind, None where it lies inside."""
    if len(expression.operators) not in OPERATIONS:
        found = len(expression.operators)
        noun = "operation" if found == 1 else "operations"
        return f"it has {found} {noun}, not {OPERATIONS[0]} to {OPERATIONS[-1]}"
    if max(expression.numbers) > LARGEST_OPERAND:
        return f"{max(expression.numbers)} is over {LARGEST_OPERAND}"
    for step, _ in expression.steps():
        if step.operator == "*" and min(step.left, step.right) > 9:
            return f"in {step.left}*{step.right} neither factor has one digit"
        if abs(step.value) > LARGEST_VALUE:
            return f"{step} is over {LARGEST_VALUE:,}"
    return None


def draw(rng: random.Random, operations: int) -> Expression:
    """Draw an expression of the kind: operators uniform, operands from 0 to 99.

    A factor is drawn from 0 to 9 where the product to its left already has two digits.
    """
    while True:
        operators = tuple(rng.choice("+-*") for _ in range(operations))
        numbers = [rng.randint(0, LARGEST_OPERAND)]
        product = numbers[0]
        for operator in operators:
            is_factor = operator == "*"
            number = rng.randint(0, 9 if is_factor and product > 9 else LARGEST_OPERAND)
            product = product * number if is_factor else number
            numbers.append(number)
        expression = Expression(tuple(numbers), operators)
        if outside(expression) is None:
            return expression
