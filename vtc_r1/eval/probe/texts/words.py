"""Random words, and English sentences with little meaning."""

import tomllib
from collections.abc import Iterator
from importlib import resources
from random import Random

_FILE = resources.files("vtc_r1.eval.probe.texts") / "words.toml"
_CLASSES = {name: tuple(words.split()) for name, words in tomllib.loads(_FILE.read_text("utf-8")).items()}
ALL = tuple(sorted({word for words in _CLASSES.values() for word in words}))


def shuffled(rng: Random) -> Iterator[str]:
    """Yield words, each drawn independently."""
    while True:
        yield rng.choice(ALL)


def pair(rng: Random) -> str:
    """Draw two words."""
    return f"{rng.choice(ALL)} {rng.choice(ALL)}"


def sentences(rng: Random) -> Iterator[str]:
    """Yield grammatical sentences, with a new paragraph after about every fifth."""
    while True:
        ending = "\n" if rng.random() < 0.2 else ""
        yield sentence(rng) + ending


def sentence(rng: Random) -> str:
    """Draw a sentence of one or two clauses."""
    text = _clause(rng)
    if rng.random() < 0.6:
        joint = rng.choice(_CLASSES["links"])
        text += f" {joint} {_clause(rng)}" if rng.random() < 0.7 else f", and {_clause(rng)}"
    return text[0].upper() + text[1:] + "."


def _clause(rng: Random) -> str:
    place = f" {rng.choice(_CLASSES['places'])} {_thing(rng)}" if rng.random() < 0.4 else ""
    return f"{_thing(rng)} {rng.choice(_CLASSES['verbs'])} {_thing(rng)}{place}"


def _thing(rng: Random) -> str:
    noun = rng.choice(_CLASSES["nouns"])
    described = f"{rng.choice(_CLASSES['adjectives'])} {noun}" if rng.random() < 0.5 else noun
    article = rng.choice(("the", "the", "every", "a"))
    if article == "a" and described[0] in "aeiou":
        article = "an"
    return f"{article} {described}"
