"""Words and sentences of haystacks: no digits, no capitals inside, nothing that a needle could be."""

import random
import tomllib
from importlib import resources

_LISTS: dict[str, list[str]] = tomllib.loads(
    (resources.files(__package__) / "words.toml").read_text(encoding="utf-8")
)
_ADJECTIVES, _NOUNS, _VERBS, _ENDS = (_LISTS[name] for name in ("adjectives", "nouns", "verbs", "ends"))
_CONSONANTS, _VOWELS = "bdfghjklmnprstvwyz", "aeiou"
_SYLLABLES = [consonant + vowel for consonant in _CONSONANTS for vowel in _VOWELS]


def sentence(rng: random.Random) -> str:
    """Draw a sentence of prose."""
    choice = rng.choice
    end = choice(_ENDS)
    whose, what = (f"the {choice(_ADJECTIVES)} {choice(_NOUNS)}" for _ in range(2))
    said = f"{whose.capitalize()} {choice(_VERBS)} {what}"
    return f"{said} {end}." if end else f"{said}."


def prose(rng: random.Random, characters: int) -> list[str]:
    """Draw sentences that have at most so many characters, a blank behind each, and nearly as many."""
    found: list[str] = []
    length = 0
    while True:
        drawn = sentence(rng)
        length += len(drawn) + 1
        if length > characters:
            return found
        found.append(drawn)


def made_up(rng: random.Random, count: int) -> list[str]:
    """Draw different words of six letters that are in no dictionary; none of them holds another."""
    found: dict[str, None] = {}
    while len(found) < count:
        found["".join(rng.choices(_SYLLABLES, k=3))] = None
    return list(found)


def keys(rng: random.Random, count: int) -> list[str]:
    """Draw different names of things that a needle can be about, such as `amber tavomi`."""
    return [f"{rng.choice(_ADJECTIVES)} {word}" for word in made_up(rng, count)]


def numbers(rng: random.Random, count: int) -> list[str]:
    """Draw different numbers of seven digits."""
    return [str(number) for number in rng.sample(range(1_000_000, 10_000_000), count)]
