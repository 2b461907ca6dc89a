"""The shape of a printed row: how tightly it holds together, and so where it needs parentheses."""

from collections.abc import Sequence
from enum import IntEnum
from typing import NamedTuple

from vtc_r1.renderers.latex.tree import (
    ADD,
    BAR,
    BIG,
    CALL,
    CLOSE,
    FRACTION,
    GROUP,
    LETTER,
    MIXED,
    MULTIPLY,
    NAME,
    NUMBER,
    OPEN,
    POSTFIX,
    PUNCTUATION,
    RELATION,
    SCRIPT,
    TEXT,
    THIN,
    WIDE,
    Atom,
)


class Shape(IntEnum):
    """From nothing to the loosest row."""

    EMPTY = 0
    ATOM = 1
    PRODUCT = 2
    NEGATIVE = 3
    SUM = 4
    QUOTIENT = 5
    LOOSE = 6


EMPTY, ATOM, PRODUCT, NEGATIVE, SUM, QUOTIENT, LOOSE = Shape


class Line(NamedTuple):
    """A printed row: its text and its parts."""

    text: str
    parts: Sequence[Atom]

    @property
    def shape(self) -> Shape:
        """How tightly it holds together."""
        return shape_of([part for part in self.parts if part[1] != THIN])


_LOOSE = frozenset([RELATION, PUNCTUATION, WIDE, TEXT])
_LOOSENING = _LOOSE | {ADD, GROUP, NAME, BIG, FRACTION, MIXED, BAR, MULTIPLY}
_PLAIN_PRODUCTS = frozenset("·×*")
_ALONE = {
    FRACTION: QUOTIENT,
    MIXED: QUOTIENT,
    GROUP: SUM,
    ADD: SUM,
    MULTIPLY: LOOSE,
    RELATION: LOOSE,
    PUNCTUATION: LOOSE,
    OPEN: LOOSE,
    CLOSE: LOOSE,
    BAR: LOOSE,
}


def shape_of(parts: Sequence[Atom]) -> Shape:
    """How tightly `parts` hold together; fractions among them are bare, not parenthesised."""
    if not parts:
        return EMPTY
    first = parts[0]
    if len(parts) == 1:
        if first.kind == TEXT:
            return ATOM if first.text.isalnum() else LOOSE
        return _ALONE.get(first.kind, ATOM)
    applied = first.kind == NAME and parts[1].kind in (OPEN, CALL)
    if _is_fenced(parts) or (applied and parts[1].text[0] == "(" and _is_fenced(parts[1:])):
        return ATOM
    return _top_level(parts)


def _is_fenced(parts: Sequence[Atom]) -> bool:
    """One operand or one pair of delimiters around everything, except for postfixes."""
    end = len(parts)
    while end > 1 and parts[end - 1].kind == POSTFIX:
        end -= 1
    if end == 1:
        return parts[0].kind in (NUMBER, LETTER, SCRIPT, CALL)
    if parts[0].kind != OPEN or parts[end - 1].kind != CLOSE:
        return False
    level = 0
    for at in range(end):
        level += (parts[at].kind == OPEN) - (parts[at].kind == CLOSE)
        if level == 0:
            return at == end - 1
    return False


def _top_level(parts: Sequence[Atom]) -> Shape:
    level, shape = 0, PRODUCT
    for at, part in enumerate(parts):
        kind = part[1]
        if kind == OPEN:
            level += 1
        elif kind == CLOSE:
            level -= 1
            if level < 0:
                return LOOSE
        elif level == 0 and kind in _LOOSENING:
            if kind in _LOOSE:
                return LOOSE
            shape = max(shape, _holds(part, at))
    return shape if level == 0 else LOOSE


def _holds(part: Atom, at: int) -> Shape:
    if part.kind == ADD or part.kind == GROUP:
        return NEGATIVE if at == 0 and part.text == "-" else SUM
    return PRODUCT if part.text in _PLAIN_PRODUCTS and part.kind == MULTIPLY else QUOTIENT
