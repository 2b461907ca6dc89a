"""Random strings, in which nothing can be guessed from its neighbours."""

import string
from collections.abc import Callable, Iterator
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
