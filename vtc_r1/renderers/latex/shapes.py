"""The shape of a printed row: how tightly it holds together, and so where it needs parentheses."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property

from vtc_r1.renderers.latex.tree import Atom, Kind


class Shape(IntEnum):
    """From nothing to what falls apart at the slightest touch."""

    EMPTY = 0
    ATOM = 1
    PRODUCT = 2
    NEGATIVE = 3
    SUM = 4
    QUOTIENT = 5
    LOOSE = 6


@dataclass(frozen=True)
class Line:
    """A printed row: its text and the parts that it is made of."""

    text: str
    parts: Sequence[Atom]

    @cached_property
    def shape(self) -> Shape:
        """How tightly it holds together."""
        return shape_of([part for part in self.parts if part.kind != Kind.THIN])


_LOOSE = frozenset([Kind.RELATION, Kind.PUNCTUATION, Kind.WIDE, Kind.TEXT])
_PLAIN_PRODUCTS = frozenset("·×*")
_ALONE = {
    Kind.FRACTION: Shape.QUOTIENT,
    Kind.MIXED: Shape.QUOTIENT,
    Kind.GROUP: Shape.SUM,
    Kind.ADD: Shape.SUM,
    Kind.MULTIPLY: Shape.LOOSE,
    Kind.RELATION: Shape.LOOSE,
    Kind.PUNCTUATION: Shape.LOOSE,
    Kind.OPEN: Shape.LOOSE,
    Kind.CLOSE: Shape.LOOSE,
    Kind.BAR: Shape.LOOSE,
}


def shape_of(parts: Sequence[Atom]) -> Shape:
    """How tightly `parts` hold together; fractions among them are bare, not parenthesised."""
    if not parts:
        return Shape.EMPTY
    first = parts[0]
    if len(parts) == 1:
        if first.kind == Kind.TEXT:
            return Shape.ATOM if first.text.isalnum() else Shape.LOOSE
        return _ALONE.get(first.kind, Shape.ATOM)
    applied = first.kind == Kind.NAME and parts[1].kind in (Kind.OPEN, Kind.CALL)
    if _is_fenced(parts) or (applied and parts[1].text[0] == "(" and _is_fenced(parts[1:])):
        return Shape.ATOM
    return _top_level(parts)


def _is_fenced(parts: Sequence[Atom]) -> bool:
    """One operand or one pair of delimiters around everything, but for postfixes."""
    end = len(parts)
    while end > 1 and parts[end - 1].kind == Kind.POSTFIX:
        end -= 1
    if end == 1:
        return parts[0].kind in (Kind.NUMBER, Kind.LETTER, Kind.SCRIPT, Kind.CALL)
    if parts[0].kind != Kind.OPEN or parts[end - 1].kind != Kind.CLOSE:
        return False
    level = 0
    for at in range(end):
        level += (parts[at].kind == Kind.OPEN) - (parts[at].kind == Kind.CLOSE)
        if level == 0:
            return at == end - 1
    return False


def _top_level(parts: Sequence[Atom]) -> Shape:
    level, shape = 0, Shape.PRODUCT
    for at, part in enumerate(parts):
        kind = part.kind
        if kind == Kind.OPEN:
            level += 1
        elif kind == Kind.CLOSE:
            level -= 1
            if level < 0:
                return Shape.LOOSE
        elif level == 0:
            if kind in _LOOSE:
                return Shape.LOOSE
            shape = max(shape, _holds(part, at))
    return shape if level == 0 else Shape.LOOSE


def _holds(part: Atom, at: int) -> Shape:
    if part.kind == Kind.ADD or part.kind == Kind.GROUP:
        return Shape.NEGATIVE if at == 0 and part.text == "-" else Shape.SUM
    if part.kind in (Kind.NAME, Kind.BIG, Kind.FRACTION, Kind.MIXED, Kind.BAR):
        return Shape.QUOTIENT
    if part.kind == Kind.MULTIPLY and part.text not in _PLAIN_PRODUCTS:
        return Shape.QUOTIENT
    return Shape.PRODUCT
