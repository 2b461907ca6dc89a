"""The tree of a formula: its structure, independent of its LaTeX source."""

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
"""The kinds by name: looking a member up in its class costs a call in Python 3.11."""


class Tail(IntEnum):
    """What the right edge of a printed script requires of the next character."""

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
    """One thing over another; `size` is `dfrac` or `tfrac` if the source has one."""

    top: Row
    bottom: Row
    size: str = ""


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
    """Rows of cells."""

    environment: str  #: its name, which decides how the cells are read
    rows: tuple[tuple[Row, ...], ...]
    #: before which rows a line is drawn; the number of rows stands for the lower edge
    rules: frozenset[int] = frozenset()
    columns: str = ""  #: of an array, its columns as written, without blanks


@dataclass(frozen=True, slots=True)
class Styled:
    """A body in another type: `mathbf`, `mathbfit` or `mathrm`."""

    name: str
    body: Row

    @property
    def plain(self) -> "Atom | Row":
        """The body without its type; upright letters side by side are a name."""
        items = self.body.items
        if self.name != "mathrm":
            return self.body
        start = next((at for at, item in enumerate(items) if not _is_thin(item)), len(items))
        letters = [item.text for item in items[start:] if type(item) is Atom and item.kind == LETTER]
        name = "".join(letters)
        if len(letters) < max(2, len(items) - start) or not name.isalpha():
            return self.body
        atom = Atom(name, NAME)
        return Row((Atom(" ", THIN), atom)) if start else atom


@dataclass(frozen=True, slots=True)
class Alphabet:
    """Letters of `mathbb`, `mathcal`, `mathscr` or `mathfrak`; `source` is the whole as written."""

    name: str
    letters: str
    source: str


class Inset(NamedTuple):
    """A formula among words."""

    body: Row
    display: bool


@dataclass(frozen=True, slots=True)
class Words:
    """Words with formulas among them; the words are LaTeX as written."""

    pieces: "tuple[str | Inset, ...]"


@dataclass(frozen=True, slots=True)
class Modulus:
    """What a congruence is taken by; `name` is `pmod`, `mod` or `pod`."""

    name: str
    body: Row


@dataclass(frozen=True, slots=True)
class Phantom:
    """The space that the body takes, without ink."""

    body: Row


Structure = Fraction | Root | Scripted | Call | Fenced | Table
Node = Atom | Row | Structure | Styled | Alphabet | Words | Modulus | Phantom


def _is_thin(item: Node) -> bool:
    return type(item) is Atom and item.kind == THIN


class Unsound(Exception):
    """The formula cannot be parsed, or not printed unambiguously; it stays in source form."""
