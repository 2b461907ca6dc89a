"""An exercise: a question, the lines that work it out step by step, and the answer."""

import random
import re
from dataclasses import dataclass
from typing import Protocol

SEGMENT_LINES = 1
"""Steps per segment, one per line."""


class OutOfRange(Exception):
    """A question of a known kind, but outside the trained range; the message says why."""


@dataclass(frozen=True)
class Exercise:
    """One problem, worked out.

    Attributes:
        kind: name of its kind.
        question: the question in the spelling that the model knows.
        lines: one step each; the last one gives the answer.
        answer: the bare answer.
    """

    kind: str
    question: str
    lines: tuple[str, ...]
    answer: str

    @property
    def iterations(self) -> int:
        """Number of segments it takes."""
        return segments_of(len(self.lines))


class Kind(Protocol):
    """A kind of exercise.

    Attributes:
        name: its name in tables.
        example: an example question.
        trained_range: the trained range, in words.
        lines: possible numbers of steps.
    """

    name: str
    example: str
    trained_range: str
    lines: range

    def read(self, question: str) -> Exercise | None:
        """Work out `question`; None if it is not of this kind. Raises OutOfRange.

        Args:
            question: without blanks, lower case, in ASCII operators.
        """
        ...

    def draw(self, rng: random.Random, lines: int) -> Exercise:
        """Draw an exercise with `lines` steps."""
        ...


def segments_of(lines: int) -> int:
    """Return the number of segments for `lines` steps."""
    return -(-lines // SEGMENT_LINES)


_SPELLINGS = str.maketrans({"×": "*", "·": "*", "−": "-", "\N{EN DASH}": "-", "÷": "/"})
_LONGEST = 200


def plain(question: str) -> str | None:
    """Normalise a question to lower case and ASCII operators, without blanks and question mark.

    None if it is too long or has two adjacent numbers.
    """
    text = question.translate(_SPELLINGS).lower().strip().removesuffix("?").rstrip()
    if len(text) > _LONGEST or re.search(r"\d\s+\d", text):
        return None
    return re.sub(r"\s+", "", text)
