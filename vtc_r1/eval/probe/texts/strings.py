"""Strings without meaning: nothing in them can be guessed from what stands beside it."""

import string
from collections.abc import Callable, Iterator
from random import Random

DIGITS = string.digits
LETTERS = string.ascii_letters + string.digits
HEXADECIMAL = "0123456789abcdef"
_UUID = (8, 4, 4, 4, 12)


def number(rng: Random, length: int | None = None) -> str:
    """A number of 1 to 12 digits, or of so many."""
    return "".join(rng.choices(DIGITS, k=rng.randint(1, 12) if length is None else length))


def characters(rng: Random, length: int | None = None) -> str:
    """A string of 4 to 16 letters and digits, or of so many."""
    return "".join(rng.choices(LETTERS, k=rng.randint(4, 16) if length is None else length))


def hexadecimal(rng: Random) -> str:
    """A hexadecimal number of 4 to 32 digits."""
    return "".join(rng.choices(HEXADECIMAL, k=rng.randint(4, 32)))


def uuid(rng: Random) -> str:
    """Hexadecimal digits in the groups of a UUID."""
    return "-".join("".join(rng.choices(HEXADECIMAL, k=length)) for length in _UUID)


def endless(draw: Callable[[Random], str]) -> Callable[[Random], Iterator[str]]:
    """Make a function that draws one without end of a function that draws one."""

    def stretches(rng: Random) -> Iterator[str]:
        while True:
            yield draw(rng)

    return stretches


def hexadecimal_and_uuids(rng: Random) -> Iterator[str]:
    """Hexadecimal numbers and UUIDs in turn."""
    while True:
        yield hexadecimal(rng)
        yield uuid(rng)
