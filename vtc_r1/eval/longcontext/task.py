"""A task about a long document: what one problem of it is made of."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from itertools import accumulate

from pydantic import Field

from vtc_r1.configuration import Record


class Counts(Record):
    """How much of everything a problem has.

    Attributes:
        needles: keys of a haystack with several, values of one key, or keys asked for; RULER's number.
        hops: assignments of a chain of variables, after the first; RULER's number.
        chains: chains, of which one is asked for.
        common: words that recur most; RULER's number.
        repeats: answers about the same thing; one of MRCR's numbers.
    """

    needles: int = Field(4, ge=2, le=16)
    hops: int = Field(4, ge=1, le=16)
    chains: int = Field(2, ge=1, le=8)
    common: int = Field(10, ge=1, le=20)
    repeats: int = Field(4, ge=2, le=8)


@dataclass(frozen=True)
class Drawn:
    """One problem.

    Attributes:
        question: what is asked.
        text: the document.
        answers: all that a right answer has to name.
        places: where in the text what is asked for begins, in characters.
    """

    question: str
    text: str
    answers: tuple[str, ...]
    places: tuple[int, ...] = ()


Task = Callable[[random.Random, int, float, Counts], Drawn]
"""Draws a problem, given characters of the document, the depth (0 to 1) of what is asked for, and counts."""


def hide(sentences: list[str], hidden: list[tuple[float, str]]) -> tuple[str, tuple[int, ...]]:
    """Put sentences into a text, each at a sentence's end nearest to its depth, those of one place in order.

    Args:
        sentences: the text.
        hidden: depths, from 0 (before the first sentence) to 1 (behind the last), and sentences.

    Returns:
        The text, and where each hidden sentence begins, in the order given.
    """
    ends = [0, *accumulate(len(sentence) + 1 for sentence in sentences)]
    at: dict[int, list[int]] = {}
    for number, (depth, _) in enumerate(hidden):
        at.setdefault(_nearest(ends, depth * ends[-1]), []).append(number)
    parts: list[str] = []
    places, length = [0] * len(hidden), 0
    for place in range(len(sentences) + 1):
        for number in at.get(place, ()):
            places[number] = length
            parts.append(hidden[number][1])
            length += len(parts[-1]) + 1
        if place < len(sentences):
            parts.append(sentences[place])
            length += len(parts[-1]) + 1
    return " ".join(parts), tuple(places)


def _nearest(ends: list[int], wanted: float) -> int:
    """Index of the value nearest to `wanted`; the list ascends."""
    low, high = 0, len(ends) - 1
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if ends[middle] <= wanted else (low, middle)
    return low if wanted - ends[low] <= ends[high] - wanted else high
