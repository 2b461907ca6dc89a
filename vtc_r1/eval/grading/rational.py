r"""Exact arithmetic: `2^{99}`, `\frac{1}{2004!}`, `3 \cdot 4 + 1`, `\binom{16}{2}`.

The input is canonical text; a text with anything but numbers and these operators is not read.
"""

import math
import re
from fractions import Fraction

_TOKEN = re.compile(
    r"\s*(?:(?P<number>\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?|\.\d+)|(?P<sign>\\(?:frac|binom|cdot)|[-+/^!(){}]))\s*"
)
_LONGEST = 400  #: longest text that is read, in characters
_DEEPEST = 20
_MOST_BITS = 60_000
_LARGEST_FACTORIAL = 3_000


class _Unread(Exception):
    """The text is not arithmetic, or its value is too large."""


def rational(text: str) -> Fraction | None:
    """Return the value of an arithmetic expression in canonical text, None for anything else."""
    if len(text) > _LONGEST or not any(sign.isdigit() for sign in text):
        return None
    try:
        return _Reader(text).whole()
    except (_Unread, ZeroDivisionError, OverflowError):
        return None


class _Reader:
    """A recursive-descent parser; every method consumes the tokens that it reads."""

    def __init__(self, text: str) -> None:
        self._tokens: list[str] = []
        at = 0
        while at < len(text):
            found = _TOKEN.match(text, at)
            if found is None:
                raise _Unread
            if found["number"] and self._tokens and self._tokens[-1][-1].isdigit():
                raise _Unread
            self._tokens.append(found["number"] or found["sign"])
            at = found.end()
        self._at = self._depth = 0

    def whole(self) -> Fraction:
        value = self._sum()
        if self._peek():
            raise _Unread
        return value

    def _peek(self) -> str:
        return self._tokens[self._at] if self._at < len(self._tokens) else ""

    def _next(self, *wanted: str) -> str:
        token = self._peek()
        if not token or (wanted and token not in wanted):
            raise _Unread
        self._at += 1
        return token

    def _sum(self) -> Fraction:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise _Unread
        value = self._product()
        while self._peek() in ("+", "-"):
            sign = 1 if self._next() == "+" else -1
            value += sign * self._product()
        self._depth -= 1
        return _bounded(value)

    def _product(self) -> Fraction:
        value = self._signed()
        while True:
            if self._peek() in ("\\cdot", "/"):
                value = value * self._signed() if self._next() == "\\cdot" else value / self._signed()
            elif self._peek() in ("(", "\\binom"):
                value *= self._power()
            else:
                return _bounded(value)

    def _signed(self) -> Fraction:
        if self._peek() in ("+", "-"):
            sign = 1 if self._next() == "+" else -1
            return sign * self._signed()
        return self._power()

    def _power(self) -> Fraction:
        value = self._factorial()
        if self._peek() != "^":
            return value
        self._next("^")
        exponent = self._atom()
        # Bounded before it is computed: a tower of powers would not end.
        size = max(value.numerator.bit_length(), value.denominator.bit_length())
        if exponent.denominator != 1 or size * abs(exponent) > _MOST_BITS:
            raise _Unread
        return value ** int(exponent)

    def _factorial(self) -> Fraction:
        value = self._atom()
        if self._peek() == "!":
            self._next("!")
            if value.denominator != 1 or not 0 <= value <= _LARGEST_FACTORIAL or self._peek() == "!":
                raise _Unread
            value = Fraction(math.factorial(int(value)))
        return value

    def _atom(self) -> Fraction:
        token = self._next()
        if token in ("(", "{"):
            value = self._sum()
            self._next(")" if token == "(" else "}")
            return value
        if token in ("\\frac", "\\binom"):
            top, bottom = self._braced(), self._braced()
            return top / bottom if token == "\\frac" else _binomial(top, bottom)
        if not token[-1].isdigit():
            raise _Unread
        value = Fraction(token.replace(",", ""))
        if self._peek() == "\\frac" and value.denominator == 1 and "." not in token:
            self._next("\\frac")
            part = self._braced() / self._braced()
            if not 0 < part < 1:
                raise _Unread
            return value + part
        return value

    def _braced(self) -> Fraction:
        self._next("{")
        value = self._sum()
        self._next("}")
        return value


def _binomial(top: Fraction, bottom: Fraction) -> Fraction:
    if top.denominator != 1 or bottom.denominator != 1 or not 0 <= bottom <= top <= _LARGEST_FACTORIAL:
        raise _Unread
    return Fraction(math.comb(int(top), int(bottom)))


def _bounded(value: Fraction) -> Fraction:
    if max(value.numerator.bit_length(), value.denominator.bit_length()) > _MOST_BITS:
        raise _Unread
    return value
