"""Choices in an order that is the question's own: the same on every machine and in every run."""

import hashlib
import random
from collections.abc import Sequence
from string import ascii_uppercase


def shuffled(question: str, right: str, wrong: Sequence[str], seed: int) -> tuple[tuple[str, ...], str]:
    """Order the choices of `question`; return them and the letter of the right one.

    The order hangs on the seed and the question's text alone, so neither the rows around it nor a
    limit on them change it.
    """
    digest = hashlib.sha256(f"{seed}:{question}".encode("utf-8", "replace")).digest()
    choices = [right, *wrong]
    order = sorted(range(len(choices)))
    random.Random(int.from_bytes(digest)).shuffle(order)
    return tuple(choices[at] for at in order), ascii_uppercase[order.index(0)]


def with_choices(question: str, choices: Sequence[str]) -> str:
    """Write the question with its lettered choices below, and what to answer with."""
    lettered = "\n".join(
        f"{letter}) {choice}" for letter, choice in zip(ascii_uppercase, choices, strict=False)
    )
    return f"{question}\n\n{lettered}\n\nGive only the letter of the right choice as the final answer."
