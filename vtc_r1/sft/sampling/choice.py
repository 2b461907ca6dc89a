"""Choosing which right solves of a problem become examples."""

from collections.abc import Callable, Iterable
from typing import get_args

from vtc_r1.sft.building.config import Choose
from vtc_r1.sft.sampling.solve import Solve

RULES: tuple[str, ...] = get_args(Choose)

_ORDER: dict[Choose, Callable[[Solve], tuple[int, ...]]] = {
    "shortest": lambda solve: (solve.tokens, solve.iterations, solve.sample),
    "fewest-iterations": lambda solve: (solve.iterations, solve.tokens, solve.sample),
    "all": lambda solve: (solve.sample,),
}


def in_order(solves: Iterable[Solve], rule: Choose) -> list[Solve]:
    """Return the right solves of a problem, the preferred one first.

    `shortest` prefers the fewest generated tokens, `fewest-iterations` the fewest iterations, and of
    those the fewest tokens; `all` leaves them in the order of their samples.
    """
    return sorted((solve for solve in solves if solve.refusal is None), key=_ORDER[rule])
