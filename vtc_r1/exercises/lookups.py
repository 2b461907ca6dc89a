"""Lookups: what stands beside a name in a document of such pairs, one a line.

`k7?` over `c2=15`, `k7=428`, `m0=7` → `k7=428`, 428. The document is optical memory like any other.
"""

import random
import re
import string
from dataclasses import dataclass

MOST_PAIRS = 24
LARGEST_VALUE = 999
_QUESTION = re.compile(r"([a-z]\d)=?", re.ASCII)


@dataclass(frozen=True)
class Lookup:
    """One problem.

    Attributes:
        question: in the one spelling that the model knows.
        pairs: the document's lines.
        answer: the bare answer.
        at: index of the line asked for.
    """

    question: str
    pairs: tuple[str, ...]
    answer: str
    at: int

    @property
    def line(self) -> str:
        """The line asked for."""
        return self.pairs[self.at]


def read(question: str) -> str | None:
    """Return the question about a document as the model knows it; None where it is none.

    Args:
        question: without blanks and question mark, in lower case.
    """
    found = _QUESTION.fullmatch(question)
    return f"{found[1]}?" if found else None


def draw(rng: random.Random, pairs: int, at: int | None = None) -> Lookup:
    """Draw a document of so many pairs, and which of them is asked for (drawn too where `at` is None)."""
    names = rng.sample(
        [f"{letter}{digit}" for letter in string.ascii_lowercase for digit in range(10)], pairs
    )
    values = [str(rng.randint(1, LARGEST_VALUE)) for _ in names]
    at = rng.randrange(pairs) if at is None else at
    lines = tuple(f"{name}={value}" for name, value in zip(names, values, strict=True))
    return Lookup(f"{names[at]}?", lines, values[at], at)
