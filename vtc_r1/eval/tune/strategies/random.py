"""Random search, the baseline."""

from collections.abc import Callable, Collection, Sequence
from random import Random

from vtc_r1.eval.tune.proposal import Proposal, drawable
from vtc_r1.eval.tune.space import Space
from vtc_r1.eval.tune.strategies.base import Offer, SearchTerms, Tried

_ATTEMPTS = 64
"""Draws per requested proposal before the space counts as exhausted."""


class RandomSearch:
    """Draws every setting uniformly from its axis."""

    name, identity = "random", ""

    def __init__(self, terms: SearchTerms) -> None:
        self._terms = terms

    def propose(self, tried: Sequence[Tried], count: int, rng: Random) -> Offer:
        """Offer random settings."""
        known = {one.proposal.key for one in tried}
        return Offer(fresh(lambda: drawn(self._terms.space, rng), count, known, self._terms))


def drawn(space: Space, rng: Random) -> Proposal:
    """Draw every setting uniformly from its axis."""
    return Proposal(values={name: rng.choice(axis) for name, axis in space.axes.items()})


def fresh(
    draw: Callable[[], Proposal], count: int, known: Collection[str], terms: SearchTerms
) -> list[Proposal]:
    """Draw new proposals that can be drawn; fewer than `count` if no more are found."""
    found: dict[str, Proposal] = {}
    for _ in range(_ATTEMPTS * count):
        if len(found) == count:
            break
        proposal = draw()
        if proposal.key not in known and proposal.key not in found and drawable(proposal, terms.base):
            found[proposal.key] = proposal
    return [*found.values()]
