"""Words and sentences of haystacks: no digits and no inner capitals, so that none resembles a needle."""

import random
import tomllib
from importlib import resources

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
