"""An exercise: a question, the lines that work it out one step each, and the answer."""

import random
import re
from dataclasses import dataclass
from typing import Protocol

SEGMENT_LINES = 1
"""Steps that a segment does, one a line."""


class Outside(Exception):
    """A question is of a kind, but outside the range that is taught; says in what way."""


@dataclass(frozen=True)
class Exercise:
    """One problem, worked out.

    Attributes:
        kind: name of its kind.
        question: in the one spelling that the model knows.
        lines: one step each; the last one gives the answer.
        answer: the bare answer.
    """

    kind: str
    question: str
    lines: tuple[str, ...]
    answer: str

    @property
    def iterations(self) -> int:
        """Segments that it takes."""
        return segments_of(len(self.lines))


class Kind(Protocol):
    """A kind of exercise.

    Attributes:
        name: what it is called in tables.
        example: a question of it.
        taught: what is taught, in words.
        lines: how many steps its exercises can have.
    """

    name: str
    example: str
    taught: str
    lines: range

    def read(self, question: str) -> Exercise | None:
        """Work `question` out; None where it is of no such kind, raises Outside.

        Args:
            question: without blanks, lower case, in ASCII operators.
        """
        ...

    def draw(self, rng: random.Random, lines: int) -> Exercise:
        """Draw an exercise of so many steps."""
        ...


def segments_of(lines: int) -> int:
    """Segments that so many steps take."""
    return -(-lines // SEGMENT_LINES)


_SPELLINGS = str.maketrans({"×": "*", "·": "*", "−": "-", "\N{EN DASH}": "-", "÷": "/"})
_LONGEST = 200


def plain(question: str) -> str | None:
    """Return `question` so, with ASCII operators; None where it is too long or has numbers side by side."""
    text = question.translate(_SPELLINGS).lower().strip().removesuffix("?").rstrip()
    if len(text) > _LONGEST or re.search(r"\d\s+\d", text):
        return None
    return re.sub(r"\s+", "", text)
