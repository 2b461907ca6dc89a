"""An exercise: a question, the lines that work it out step by step, and the answer."""

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

SEGMENT_LINES = 1  #: steps per segment, one per line, unless a kind sets another number


class OutOfRange(Exception):
    """A question of a known kind, but outside the trained range; the message says why."""


@dataclass(frozen=True)
class Exercise:
    """One problem, worked out."""

    kind: str  #: name of its kind
    question: str  #: the question in the spelling that the model knows
    lines: tuple[str, ...]  #: one step each; the last one gives the answer
    answer: str  #: the bare answer
    segment_lines: int = SEGMENT_LINES  #: steps of a segment

    @property
    def iterations(self) -> int:
        """Number of segments it takes."""
        return segments_of(len(self.lines), self.segment_lines)


class Kind(Protocol):
    """A kind of exercise."""

    name: str  #: its name in tables
    example: str  #: an example question
    trained_range: str  #: the trained range, in words
    lines: range  #: possible numbers of steps
    segment_lines: int  #: steps of a segment

    def read(self, question: str, given: Sequence[str] = ()) -> Exercise | None:
        """Work out `question`; None if it is not of this kind. Raises OutOfRange.

        Args:
            question: without blanks, lower case, in ASCII operators.
            given: the first lines, right or wrong; the others continue from them as they are.
        """

    def draw(self, rng: random.Random, lines: int) -> Exercise:
        """Draw an exercise with `lines` steps."""


def result_of(line: str) -> int:
    """Return the result of a line, the number after its last `=`; raises OutOfRange if there is none."""
    if not (found := re.fullmatch(r"[^=].*=(-?\d+)", line.strip())):
        raise OutOfRange(f"{line!r} has no result")
    return int(found[1])


def segments_of(lines: int, each: int = SEGMENT_LINES) -> int:
    """Return the number of segments for `lines` steps, `each` of them in one."""
    return -(-lines // each)


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
