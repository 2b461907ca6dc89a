"""Variable tracking, after RULER: which variables have a value, through chains of assignments?"""

import random
import string
from itertools import pairwise

from vtc_r1.eval.longcontext.task import Counts, Drawn, hide
from vtc_r1.eval.longcontext.words import prose

_LETTERS = 5


def variable_tracking(rng: random.Random, characters: int, depth: float, counts: Counts) -> Drawn:
    """Draw chains of assignments, spread over prose in order; the first chain is asked for.

    Its first assignment is at `depth`, the others follow at random positions.
    """
    chains, length = counts.chains, counts.hops + 1
    names = _names(rng, chains * length)
    values = [str(value) for value in rng.sample(range(10_000, 100_000), chains)]
    hidden: list[tuple[float, str]] = []
    for chain in range(chains):
        own = names[chain * length : (chain + 1) * length]
        lines = [f"VAR {own[0]} = {values[chain]}."]
        lines += [f"VAR {later} = VAR {earlier}." for earlier, later in pairwise(own)]
        start = depth if chain == 0 else rng.random()
        rest = sorted(start + (1 - start) * rng.random() for _ in own[1:])
        hidden += zip([start, *rest], lines, strict=True)
    room = characters - sum(len(line) + 1 for _, line in hidden)
    text, places = hide(prose(rng, room), hidden)
    question = (
        "The document assigns values to variables, in lines such as VAR A = 1 and VAR B = VAR A. Which "
        f"variables have the value {values[0]}, directly or through others? There are {length}. Answer with "
        "their names alone, separated by commas."
    )
    return Drawn(question, text, tuple(names[:length]), places[:length])


def _names(rng: random.Random, count: int) -> list[str]:
    found: dict[str, None] = {}
    while len(found) < count:
        found["".join(rng.choices(string.ascii_uppercase, k=_LETTERS))] = None
    return list(found)
