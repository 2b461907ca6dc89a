"""Random expressions with known values: their linear form must have the same value, however it is read.

Values are numbers modulo a prime; powers and roots are arbitrary functions, so nothing is equal by luck.
The linear form is read twice: with a factor beside another as tight as `·` and `/` from left to right, and
with it tighter than both. Only a text that is parenthesised by structure has the same value in both.
"""

import re

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.many_examples import many_examples
from vtc_r1.renderers.latex import linear_formula

PRIME = 1_000_003
VALUES = {"x": 271_828, "y": 314_159, "z": 577_215, "n": 141_421, "π": 662_607, "θ": 299_792}
LATEX = {"π": r"\pi", "θ": r"\theta"}


def power(base, exponent):
    return (base * base * 31 + exponent * exponent * 17 + base * exponent * 5 + 7) % PRIME


def root(value):
    return (value * value * value + 11) % PRIME


def divide(top, bottom):
    return top * pow(bottom, -1, PRIME) % PRIME if bottom % PRIME else None


def factor(part):
    """The LaTeX of something as a factor: sums in parentheses."""
    latex, _, kind = part
    return f"\\left({latex}\\right)" if kind == "sum" else latex


def begins_with_digit(latex):
    return latex[:1].isdigit()


def ends_with_number(latex):
    return latex[-1:].isdigit()


@st.composite
def combined(draw, parts):
    left, right = draw(parts), draw(parts)
    form = draw(
        st.sampled_from(["frac", "frac", "add", "subtract", "times", "beside", "power", "root", "negative"])
    )
    a, b = left[1], right[1]
    if form == "frac":
        value = divide(a, b)
        assume(value is not None)
        return rf"\frac{{{left[0]}}}{{{right[0]}}}", value, "factor"
    if form == "add":
        return f"{left[0]}+{factor(right)}", (a + b) % PRIME, "sum"
    if form == "subtract":
        return f"{left[0]}-{factor(right)}", (a - b) % PRIME, "sum"
    if form == "negative":
        return f"-{factor(right)}", -b % PRIME, "sum"
    if form == "root":
        return rf"\sqrt{{{left[0]}}}", root(a), "factor"
    if form == "power":
        base = draw(st.sampled_from([r"\left({}\right)", "{{{}}}"])).format(left[0])
        return f"{base}^{{{right[0]}}}", power(a, b), "factor"
    if form == "times":
        return rf"{factor(left)}\cdot {factor(right)}", a * b % PRIME, "factor"
    first, second = factor(left), factor(right)
    assume(
        (not begins_with_digit(second) and not ends_with_number(first))
        or (first.isdigit() and second[0].isalpha())
    )
    return first + " " + second, a * b % PRIME, "factor"


letters = st.sampled_from(sorted(VALUES)).map(lambda name: (LATEX.get(name, name), VALUES[name], "factor"))
numbers = st.integers(1, 30).map(lambda number: (str(number), number, "factor"))
expressions = st.recursive(letters | numbers, combined, max_leaves=9)


class Reader:
    """Reads the linear form by its documented grammar."""

    def __init__(self, text, beside_is_tight):
        self.tokens = [*re.findall(r"\d+|\S", text), ""]
        self.at = 0
        self.beside_is_tight = beside_is_tight

    @property
    def token(self):
        return self.tokens[self.at]

    def take(self):
        self.at += 1
        return self.tokens[self.at - 1]

    def sum(self):
        sign = -1 if self.token == "-" and self.take() else 1
        value = sign * self.product()
        while self.token in ("+", "-"):
            value += self.product() if self.take() == "+" else -self.product()
        return value % PRIME

    def product(self):
        value = self.side_by_side()
        while self.token in ("·", "/") or self.starts_operand():
            if self.token == "/":
                self.take()
                value = divide(value, self.side_by_side())
                assert value is not None
            else:
                value *= self.side_by_side() if self.token != "·" or self.take() else 0
        return value % PRIME

    def starts_operand(self):
        return self.token.isalnum() or self.token in ("(", "√")

    def side_by_side(self):
        value = self.power()
        while self.beside_is_tight and self.starts_operand():
            value *= self.power()
        return value % PRIME

    def power(self):
        if self.token == "√":
            self.take()
            value = root(self.operand())
            assert self.token != "^"
            return value
        value = self.operand()
        if self.token == "^":
            self.take()
            value = power(value, self.operand())
            assert self.token != "^"
        return value

    def operand(self):
        token = self.take()
        if token == "(":
            value = self.sum()
            assert self.take() == ")"
            return value
        return int(token) if token.isdigit() else VALUES[token]


@pytest.mark.slow
@many_examples(400)
@given(expressions)
def test_the_linear_form_has_the_value_of_the_formula(expression):
    latex, value, _ = expression
    line = linear_formula(latex)
    for beside_is_tight in (False, True):
        reader = Reader(line, beside_is_tight)
        assert (reader.sum(), reader.token) == (value % PRIME, ""), line
