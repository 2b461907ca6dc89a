"""Building blocks of the tasks about long documents.

The sentences of haystacks have no digits and no inner capitals, so that none resembles a needle.
"""

import random
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from importlib import resources
from itertools import accumulate

from pydantic import Field

from vtc_r1.configuration import Record


class Counts(Record):
    """How many needles, chains and so on a problem has; defaults follow RULER and MRCR."""

    needles: int = Field(
        4, ge=2, le=16, description="keys in the haystack, values of one key, or keys asked for."
    )
    hops: int = Field(4, ge=1, le=16, description="assignments of a variable chain after the first.")
    chains: int = Field(2, ge=1, le=8, description="variable chains, one of which is asked for.")
    common: int = Field(10, ge=1, le=20, description="number of common words.")
    repeats: int = Field(4, ge=2, le=8, description="answers of the same kind about the same topic.")


@dataclass(frozen=True)
class Drawn:
    """One problem."""

    question: str  #: the question
    text: str  #: the document
    answers: tuple[str, ...]  #: everything that a right answer has to name
    places: tuple[int, ...] = ()  #: offsets of the relevant passages in the text, in characters


Task = Callable[[random.Random, int, float, Counts], Drawn]
"""Draws a problem, given the document's characters, the depth (0 to 1) of the relevant text, and counts."""


def hide(sentences: list[str], hidden: list[tuple[float, str]]) -> tuple[str, tuple[int, ...]]:
    """Insert sentences into a text, each at the sentence boundary nearest to its depth.

    Args:
        sentences: the text.
        hidden: depths, from 0 (before the first sentence) to 1 (after the last), with sentences.

    Returns:
        The text, and the offset of each hidden sentence, in the order given.
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
    """Return the index of the value nearest to `wanted` in an ascending list."""
    low, high = 0, len(ends) - 1
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if ends[middle] <= wanted else (low, middle)
    return low if wanted - ends[low] <= ends[high] - wanted else high


_FILE = resources.files("vtc_r1.eval.longcontext") / "words.toml"
_WORDS = {name: words.split() for name, words in tomllib.loads(_FILE.read_text("utf-8")).items()}
TOPICS = _WORDS["topics"]
_ENDS = (
    "", "", "before noon", "after the rain", "in the evening", "without a word", "for a whole week",
    "as everyone expected", "at the end of the season", "on the way home", "during the long summer",
    "because the weather had turned", "while the children slept", "with some reluctance", "once more",
)  # fmt: skip
_CONSONANTS, _VOWELS = "bdfghjklmnprstvwyz", "aeiou"
_SYLLABLES = [consonant + vowel for consonant in _CONSONANTS for vowel in _VOWELS]


def sentence(rng: random.Random) -> str:
    """Draw a sentence of prose."""
    choice = rng.choice
    end = choice(_ENDS)
    whose, what = (f"the {choice(_WORDS['adjectives'])} {choice(_WORDS['nouns'])}" for _ in range(2))
    text = f"{whose.capitalize()} {choice(_WORDS['verbs'])} {what}"
    return f"{text} {end}." if end else f"{text}."


def prose(rng: random.Random, characters: int) -> list[str]:
    """Draw sentences that nearly fill `characters`, counting a blank after each."""
    found: list[str] = []
    length = 0
    while True:
        drawn = sentence(rng)
        length += len(drawn) + 1
        if length > characters:
            return found
        found.append(drawn)


def made_up(rng: random.Random, count: int) -> list[str]:
    """Draw distinct made-up words of six letters, none of which contains another."""
    found: dict[str, None] = {}
    while len(found) < count:
        found["".join(rng.choices(_SYLLABLES, k=3))] = None
    return list(found)


def keys(rng: random.Random, count: int) -> list[str]:
    """Draw distinct keys of needles, such as `amber tavomi`."""
    return [f"{rng.choice(_WORDS['adjectives'])} {word}" for word in made_up(rng, count)]


def numbers(rng: random.Random, count: int) -> list[str]:
    """Draw distinct numbers of seven digits."""
    return [str(number) for number in rng.sample(range(1_000_000, 10_000_000), count)]
