"""Further problems of the kinds for `docs/ranges.toml`; docs/draw_accuracy.py has them solved."""

import json
import random
from collections.abc import Callable, Iterator
from itertools import permutations, product
from pathlib import Path

from vtc_r1.backends.doubts import SHORT, is_far_difference
from vtc_r1.eval import arithmetic
from vtc_r1.exercises import Exercise, OutOfRange, bases, divisors, powers, read

PAIRS = 600
"""Greatest common divisors: pairs of numbers."""
OFTEN_WRONG = (
    "sums and differences of one-digit numbers",
    "products, of which one is taken from another, both over 99",
)
"""Expressions that the model is often wrong on, in words."""
HARD = 300
"""Expressions of each of these kinds."""
DRAWN = 2000
"""Problems drawn like those of `arithmetic`, with another seed; a fifth of them each kind."""


def questions() -> Iterator[tuple[str, str]]:
    """What is drawn, and each question: all bases, powers and doubles, any pairs, more of the others."""
    for number, base in product(range(2, bases.LARGEST + 1), bases.BASES):
        yield "base, all", f"{number}inbase{base}"
    for base, exponent, modulus in product(powers.BASES, powers.EXPONENTS, powers.MODULI):
        yield "power, all", f"{base}^{exponent}mod{modulus}"
    pairs = [f"gcd({a},{b})" for a, b in permutations(range(1, divisors.LARGEST + 1), 2)]
    for pair in random.Random("ranges").sample([pair for pair in pairs if exercise(pair)], PAIRS):
        yield "gcd, any two numbers", pair
    for number in range(1, divisors.LARGEST // 2 + 1):
        yield "gcd, of a number and its double", f"gcd({number},{2 * number})"
        yield "gcd, of a number and its double", f"gcd({2 * number},{number})"
    for problem in arithmetic.problems(DRAWN, seed=1):
        if problem.subject in ("expression", "equation"):
            yield f"{problem.subject}, as above", problem.question
    for operations in SHORT:
        for question in some(lambda rng, of=operations: short(rng, of)):
            yield f"{operations} {OFTEN_WRONG[0]}", question
    for question in some(far):
        yield OFTEN_WRONG[1], question


def some(draw: Callable[[random.Random], str | None]) -> list[str]:
    """Return different questions of one kind."""
    rng, found = random.Random("ranges"), dict[str, None]()
    while len(found) < HARD:
        if question := draw(rng):
            found[question] = None
    return list(found)


def short(rng: random.Random, operations: int) -> str:
    """Draw sums and differences of one-digit numbers."""
    return "".join(f"{rng.choice('+-')}{rng.randint(1, 9)}" for _ in range(operations + 1))[1:]


def far(rng: random.Random) -> str | None:
    """Draw products and numbers, None where no three-digit number is taken from another."""
    products = [f"{rng.randint(2, 9)}*{rng.randint(2, 99)}" for _ in range(rng.randint(2, 3))]
    text = "".join(f"{rng.choice('+-')}{product}" for product in products)[1:]
    found = exercise(text)
    return text if found and any(map(is_far_difference, found.lines)) else None


def exercise(question: str) -> Exercise | None:
    """Return the exercise, or None if it is none that the model is taught."""
    try:
        return read(question)
    except OutOfRange:
        return None


def write(path: Path) -> None:
    """Write the rows; a level is the number of lines."""
    rows = []
    for drawn, question in questions():
        if found := exercise(question):
            level = str(len(found.lines))
            rows.append({"problem": question, "answer": found.answer, "level": level, "subject": drawn})
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows), "utf-8")
