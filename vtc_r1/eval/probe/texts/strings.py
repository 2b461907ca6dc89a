"""Random strings, formulas and words: in the first two nothing can be guessed from its neighbours."""

import string
import tomllib
from collections.abc import Callable, Iterator
from importlib import resources
from random import Random

DIGITS = string.digits
LETTERS = string.ascii_letters + string.digits
HEXADECIMAL = "0123456789abcdef"
_UUID = (8, 4, 4, 4, 12)


def number(rng: Random, length: int | None = None) -> str:
    """Draw a number of `length` digits, by default 1 to 12."""
    return "".join(rng.choices(DIGITS, k=rng.randint(1, 12) if length is None else length))


def characters(rng: Random, length: int | None = None) -> str:
    """Draw a string of `length` letters and digits, by default 4 to 16."""
    return "".join(rng.choices(LETTERS, k=rng.randint(4, 16) if length is None else length))


def hexadecimal(rng: Random) -> str:
    """Draw a hexadecimal number of 4 to 32 digits."""
    return "".join(rng.choices(HEXADECIMAL, k=rng.randint(4, 32)))


def uuid(rng: Random) -> str:
    """Draw hexadecimal digits grouped as in a UUID."""
    return "-".join("".join(rng.choices(HEXADECIMAL, k=length)) for length in _UUID)


def endless(draw: Callable[[Random], str]) -> Callable[[Random], Iterator[str]]:
    """Turn a function that draws one string into one that yields them without end."""

    def stretches(rng: Random) -> Iterator[str]:
        while True:
            yield draw(rng)

    return stretches


def hexadecimal_and_uuids(rng: Random) -> Iterator[str]:
    """Yield hexadecimal numbers and UUIDs alternately."""
    while True:
        yield hexadecimal(rng)
        yield uuid(rng)


_NAMES = (
    *"abcdefghkmnpqrstuvwxyz",
    *(f"\\{name}" for name in ["alpha", "beta", "gamma", "delta", "theta", "lambda", "pi"]),
)
_RELATIONS = ("=", "<", ">", "\\le", "\\ge", "\\ne")
_FUNCTIONS = ("\\sin", "\\cos", "\\log", "\\ln")


def formulas(rng: Random) -> Iterator[str]:
    """Yield lines of an index and a formula in dollar signs."""
    while True:
        yield f"({rng.randint(1, 999)}) ${formula(rng)}$"


def formula(rng: Random) -> str:
    """Draw an equation or inequality between two expressions."""
    return f"{_sum(rng, 2)} {rng.choice(_RELATIONS)} {_sum(rng, 1)}"


def _sum(rng: Random, depth: int) -> str:
    terms = [_term(rng, depth) for _ in range(rng.randint(1, 3))]
    text = terms[0]
    for term in terms[1:]:
        text += f" {rng.choice('+-')} {term}"
    return text


def _term(rng: Random, depth: int) -> str:
    if depth == 0 or rng.random() < 0.3:
        return _atom(rng)
    shape = rng.randrange(5)
    if shape == 0:
        return f"\\frac{{{_sum(rng, depth - 1)}}}{{{_sum(rng, depth - 1)}}}"
    if shape == 1:
        return f"\\sqrt{{{_sum(rng, depth - 1)}}}"
    if shape == 2:
        return f"{_atom(rng)}\\left({_sum(rng, depth - 1)}\\right)"
    if shape == 3:
        return f"{rng.choice(_FUNCTIONS)} {_atom(rng)}"
    return f"\\sum_{{k={rng.randint(0, 9)}}}^{{{rng.choice('nm')}}} {_atom(rng)}"


def _atom(rng: Random) -> str:
    name = rng.choice(_NAMES)
    shape = rng.randrange(4)
    if shape == 0:
        return str(rng.randint(2, 999))
    if shape == 1:
        return f"{name}^{{{rng.randint(2, 19)}}}"
    if shape == 2:
        return f"{name}_{{{rng.randint(0, 99)}}}"
    return f"{rng.randint(2, 99)}{name}"


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
