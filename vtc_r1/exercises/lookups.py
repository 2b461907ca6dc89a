"""Lookups: the value of a name in a document of name-value pairs, one per line.

`k7?` over `c2=15`, `k7=428`, `m0=7` → `k7=428`, 428. The document is optical memory like any other.
"""

import random
import re
import string
from dataclasses import dataclass

from vtc_r1.exercises.exercise import OutOfRange, plain

MOST_PAIRS = 24
LARGEST_VALUE = 999
_NAMES = tuple(f"{letter}{digit}" for letter in string.ascii_lowercase for digit in range(10))
MOST_NAMES = len(_NAMES)
"""Largest possible number of pairs in a document."""
FORM = f"NAME=VALUE, such as k7=428: a letter and a digit, a value from 1 to {LARGEST_VALUE}"
_QUESTION = re.compile(r"([a-z]\d)=?", re.ASCII)
_PAIR = re.compile(r"\s*([a-z]\d)\s*=\s*([1-9]\d{0,2})\s*", re.ASCII)


@dataclass(frozen=True)
class Lookup:
    """One problem.

    Attributes:
        question: the question in the spelling that the model knows.
        pairs: the document's lines.
        answer: the bare answer.
        at: index of the requested line.
    """

    question: str
    pairs: tuple[str, ...]
    answer: str
    at: int

    @property
    def line(self) -> str:
        """The requested line."""
        return self.pairs[self.at]


def read(question: str) -> str | None:
    """Return a lookup question in the spelling that the model knows; None if it is not one."""
    found = _QUESTION.fullmatch(plain(question) or "")
    return f"{found[1]}?" if found else None


def read_pairs(text: str) -> tuple[str, ...]:
    """Return a document's lines in the spelling that the model knows; blank lines and blanks are skipped.

    Raises OutOfRange for the first line that is not a pair.
    """
    pairs = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        if not (found := _PAIR.fullmatch(line.lower())):
            shown = line if len(line) <= 40 else line[:37] + "…"
            raise OutOfRange(f"line {number}, {shown!r}, is not {FORM}")
        pairs.append(f"{found[1]}={found[2]}")
    return tuple(pairs)


def check_trained_range(question: str, pairs: tuple[str, ...]) -> None:
    """Raise OutOfRange if the number of `pairs` was not trained, or a name is repeated or missing."""
    if not 1 <= len(pairs) <= MOST_PAIRS:
        raise OutOfRange(f"it has {len(pairs)} pairs, not 1 to {MOST_PAIRS}")
    names = [pair.partition("=")[0] for pair in pairs]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise OutOfRange(f"{twice} occurs twice")
    if (name := question.removesuffix("?")) not in names:
        raise OutOfRange(f"{name} does not occur")


def draw(rng: random.Random, pairs: int, at: int | None = None) -> Lookup:
    """Draw a document with `pairs` pairs; the requested one is `at`, or drawn as well if that is None."""
    names = rng.sample(_NAMES, pairs)
    values = [str(rng.randint(1, LARGEST_VALUE)) for _ in names]
    at = rng.randrange(pairs) if at is None else at
    lines = tuple(f"{name}={value}" for name, value in zip(names, values, strict=True))
    return Lookup(f"{names[at]}?", lines, values[at], at)
