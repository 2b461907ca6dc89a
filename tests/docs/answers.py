"""The right answers to the exercises that pages ask, worked out apart from the package."""

import ast
import math
import operator
import re
import shlex
from collections.abc import Callable
from fractions import Fraction

_OPERATORS: dict[type[ast.operator], Callable[[int, int], int]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
}
_GCD = re.compile(r"gcd\((\d+), ?(\d+)\)")
_POWER = re.compile(r"(\d+) ?\^ ?(\d+) (?:mod|%) (\d+)")
_BASE = re.compile(r"(\d+) in base (\d+)")
_EQUATION = re.compile(r"(\d+)x((?: ?[+-] ?\d+)*) ?= ?(\d+)")


def right_answer(question: str) -> str | None:
    """Return the answer to an exercise of the embedded model's kinds; None for any other question."""
    if found := _GCD.fullmatch(question):
        return str(math.gcd(int(found[1]), int(found[2])))
    if found := _POWER.fullmatch(question):
        return str(pow(int(found[1]), int(found[2]), int(found[3])))
    if found := _BASE.fullmatch(question):
        return _digits(int(found[1]), int(found[2]))
    if found := _EQUATION.fullmatch(question):
        rest = _value(found[2]) if found[2].strip() else 0
        return None if rest is None else str(Fraction(int(found[3]) - rest, int(found[1])))
    value = _value(question)
    return None if value is None else str(value)


def asked(command: str) -> str | None:
    """Return the question that `vtc-r1 solve` is asked of the embedded model by a command, else None."""
    words = shlex.split(command.split(" | ")[-1])
    echoed = re.match(r'echo "([^"]*)" \| ', command)
    if words[:2] != ["vtc-r1", "solve"]:
        words = shlex.split(command.split(" && ")[-1])
    if words[:2] != ["vtc-r1", "solve"] or len(words) < 3:
        return None
    if {"--base-url", "--model", "--batch", "--json", "--help"} & {word.split("=")[0] for word in words}:
        return None
    return echoed[1] if words[2] == "-" and echoed else words[2]


def _digits(number: int, base: int) -> str:
    return (_digits(number // base, base) if number >= base else "") + str(number % base)


def _value(text: str) -> int | None:
    """The value of an expression of whole numbers, None for anything else."""
    try:
        return _evaluated(ast.parse(text.strip(), mode="eval").body)
    except (SyntaxError, ValueError):
        return None


def _evaluated(node: ast.expr) -> int:
    if isinstance(node, ast.Constant) and type(node.value) is int:
        return node.value
    if isinstance(node, ast.BinOp) and type(node.op) in _OPERATORS:
        return _OPERATORS[type(node.op)](_evaluated(node.left), _evaluated(node.right))
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.UAdd):
        value = _evaluated(node.operand)
        return -value if isinstance(node.op, ast.USub) else value
    raise ValueError("no expression of whole numbers")
