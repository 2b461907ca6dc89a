"""Random well-formed LaTeX formulas, in which no symbol can be guessed from its neighbours."""

from collections.abc import Iterator
from random import Random

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
