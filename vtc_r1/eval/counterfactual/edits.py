"""Edits: changes of one digit, sign, name, step or line in the text of a page."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random
from typing import Literal, TypeVar

T = TypeVar("T")
Change = Literal["digit", "sign", "name", "step", "swap", "blank"]
CHANGES: tuple[Change, ...] = ("digit", "sign", "name", "step", "swap", "blank")

_NUMBER = re.compile(r"(?<![\w.,])\d+(?:\.\d+)?(?![\w]|[.,]\d)")
_RESULT = re.compile(r"=\s*(-?\d+(?:\.\d+)?)(?![\w]|[.,]\d)")
_STEP = re.compile(
    r"(?<![\w.)}])(-?\d+)(\s*)([-+*×·]|\\times|\\cdot)(\s*)(\d+)(\s*=\s*)(-?\d+)(?![\w]|[.,]\d)"
)
_NAME = re.compile(r"(?<![\w\\])([A-Za-z](?:_?\d+)?)(?=\s*=[^=])")
_LINE = re.compile(r"[^\n]*\d[^\n]*")
_SIGNED = re.compile(r"(?<![\w.,)}])-?\d+(?:\.\d+)?(?![\w]|[.,]\d)")


@dataclass(frozen=True)
class Edit:
    """One change of a text.

    Attributes:
        start: where the changed characters begin.
        old: the changed characters.
        new: what stands there afterwards.
        before: the number that was there, None if no single number changes.
        after: the number that is there now.
    """

    start: int
    old: str
    new: str
    before: str | None = None
    after: str | None = None

    def of(self, text: str) -> str:
        """Return the text with this change."""
        return text[: self.start] + self.new + text[self.start + len(self.old) :]


def edits(change: Change, text: str, rng: Random) -> Iterator[Edit]:
    """Yield changes of one kind in random order; none for `swap`, which changes two pages."""
    if change in _FINDERS:
        yield from _FINDERS[change](text, rng)


def numbers(text: str) -> list[str]:
    """Return the numbers in a text with their signs; a minus after a letter, digit or bracket is none."""
    return _SIGNED.findall(text.replace("−", "-"))


def _digits(text: str, rng: Random) -> Iterator[Edit]:
    for found in _shuffled(_NUMBER.finditer(text), rng):
        number = found[0]
        # Every digit of a number is replaced by each other digit before the next number is tried.
        for at in rng.sample(range(len(number)), len(number)):
            if number[at] == ".":
                continue
            known = "123456789" if at == 0 and len(number) > 1 else "0123456789"
            for digit in _shuffled((digit for digit in known if digit != number[at]), rng):
                after = number[:at] + digit + number[at + 1 :]
                yield Edit(found.start() + at, number[at], digit, number, after)


def _signs(text: str, rng: Random) -> Iterator[Edit]:
    """Yield results with the opposite sign."""
    for found in _shuffled(_RESULT.finditer(text), rng):
        number = found[1]
        after = number[1:] if number.startswith("-") else f"-{number}"
        if float(number):
            yield Edit(found.start(1), number, after, number, after)


def _names(text: str, rng: Random) -> Iterator[Edit]:
    """Yield definitions with their name replaced by that of another one."""
    found = list(_NAME.finditer(text))
    for one in _shuffled(iter(found), rng):
        others = sorted({other[1] for other in found} - {one[1]})
        for other in _shuffled(iter(others), rng):
            yield Edit(one.start(1), one[1], other)


def _steps(text: str, rng: Random) -> Iterator[Edit]:
    """Yield steps with another operand and the right result for it."""
    for found in _shuffled(_STEP.finditer(text), rng):
        left, before, sign, after, right, equals, result = found.groups()
        a, b = int(left), int(right)
        for other in _shuffled(iter(one for one in range(max(1, b - 9), b + 10) if one != b), rng):
            value = a + other if sign == "+" else a - other if sign == "-" else a * other
            new = f"{left}{before}{sign}{after}{other}{equals}{value}"
            yield Edit(found.start(), found[0], new, result, str(value))


def _blanks(text: str, rng: Random) -> Iterator[Edit]:
    """Yield lines with a digit, left blank."""
    for found in _shuffled(_LINE.finditer(text), rng):
        yield Edit(found.start(), found[0], " " * len(found[0]))


def _shuffled(found: Iterator[T], rng: Random) -> list[T]:
    every = list(found)
    rng.shuffle(every)
    return every


_FINDERS: dict[str, Callable[[str, Random], Iterator[Edit]]] = {
    "digit": _digits,
    "sign": _signs,
    "name": _names,
    "step": _steps,
    "blank": _blanks,
}
