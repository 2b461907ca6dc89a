"""The tree of a formula: what it is made of, free of how LaTeX wrote it."""

from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple


class Kind(IntEnum):
    """What a symbol does to its neighbours."""

    NUMBER = 0
    LETTER = 1
    NAME = 2
    BIG = 3
    CALL = 4
    SCRIPT = 5
    ROOT = 6
    FRACTION = 7
    MIXED = 8
    GROUP = 9
    TEXT = 10
    COMMAND = 11
    OPEN = 12
    CLOSE = 13
    BAR = 14
    ADD = 15
    MULTIPLY = 16
    RELATION = 17
    PUNCTUATION = 18
    POSTFIX = 19
    THIN = 20
    WIDE = 21


(NUMBER, LETTER, NAME, BIG, CALL, SCRIPT, ROOT, FRACTION, MIXED, GROUP, TEXT, COMMAND, OPEN, CLOSE, BAR, ADD,
 MULTIPLY, RELATION, PUNCTUATION, POSTFIX, THIN, WIDE) = Kind  # fmt: skip
"""The kinds by name: to take a member from its class costs a call in Python 3.11."""


class Tail(IntEnum):
    """What the right edge of a printed script asks of the character after it."""

    NONE = 0
    LETTER = 1
    OPERATOR = 2
    WORD = 3
    BIG = 4


class Atom(NamedTuple):
    """A symbol, or a printed part of a formula."""

    text: str
    kind: Kind
    tail: Tail = Tail.NONE


class Row(NamedTuple):
    """Things side by side; a brace group."""

    items: "tuple[Node, ...]"


@dataclass(frozen=True, slots=True)
class Fraction:
    """One thing over another."""

    top: Row
    bottom: Row


@dataclass(frozen=True, slots=True)
class Root:
    """A root; `degree` is None for the square root."""

    degree: Row | None
    body: Row


@dataclass(frozen=True, slots=True)
class Scripted:
    """A base with what stands below, above and as primes at its right."""

    base: "Node | None"
    below: Row | None
    above: Row | None
    primes: int


@dataclass(frozen=True, slots=True)
class Call:
    """A named form with arguments, printed `name(a,b)`."""

    name: str
    arguments: tuple[Row, ...]
    kind: Kind = Kind.CALL


@dataclass(frozen=True, slots=True)
class Fenced:
    r"""A body between delimiters that belong together; `\boxed{` and `}` too. One may be empty."""

    opening: str
    body: Row
    closing: str


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of cells; `environment` says how they are read, `rules` before which rows a line is drawn."""

    environment: str
    rows: tuple[tuple[Row, ...], ...]
    rules: frozenset[int] = frozenset()


Node = Atom | Row | Fraction | Root | Scripted | Call | Fenced | Table


class Unsound(Exception):
    """The formula cannot be read, or not be printed without a guess; it stays in source form."""
