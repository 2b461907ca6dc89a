"""Evolutionary search: crossover and mutation of the better settings."""

from collections.abc import Sequence
from random import Random

from vtc_r1.eval.tune.axis import Value, ordered
from vtc_r1.eval.tune.front import ranked
from vtc_r1.eval.tune.proposal import Proposal
from vtc_r1.eval.tune.strategies.base import Offer, SearchTerms, Tried
from vtc_r1.eval.tune.strategies.random import drawn, fresh

_CROSSED = 0.6
"""Share of children that have two parents."""
_CHANGES = 2.0
"""Mean number of mutated settings in a child."""
_FAR = 0.4
"""Probability that a mutation goes one step further, each time."""
_PARENTS = 6
"""Number of parents; each one used is the better of two drawn."""


class Evolution:
    """Mutation and crossover of the best settings, by Pareto rank, then by how well they meet the target."""

    name, identity = "evolution", ""

    def __init__(self, terms: SearchTerms) -> None:
        self._terms = terms

    def propose(self, tried: Sequence[Tried], count: int, rng: Random) -> Offer:
        """Offer children of the best settings; random ones as long as there are no parents."""
        space, known = self._terms.space, {one.proposal.key for one in tried}
        parents = [one.proposal for _, one in ranked(tried, self._terms.target)[:_PARENTS]]

        def child() -> Proposal:
            return self._child(parents, rng) if parents else drawn(space, rng)

        return Offer(fresh(child, count, known, self._terms))

    def _child(self, parents: Sequence[Proposal], rng: Random) -> Proposal:
        values = dict(_better(parents, rng).values)
        if rng.random() < _CROSSED:
            other = _better(parents, rng).values
            values = {name: other[name] if rng.random() < 0.5 else value for name, value in values.items()}
        axes = {name: axis for name, axis in self._terms.space.axes.items() if len(axis) > 1}
        for name, axis in axes.items():
            if rng.random() < min(1, _CHANGES / len(axes)):
                values[name] = _changed(axis, values[name], rng)
        return Proposal(values=values)


def _better(parents: Sequence[Proposal], rng: Random) -> Proposal:
    return parents[min(rng.randrange(len(parents)), rng.randrange(len(parents)))]


def _changed(axis: tuple[Value, ...], value: Value, rng: Random) -> Value:
    """Move one or more steps along an ordered axis; draw another value on an unordered one."""
    if not ordered(axis):
        return rng.choice([one for one in axis if one != value])
    at, step = axis.index(value), 1
    while rng.random() < _FAR:
        step += 1
    up = at + step < len(axis) and (at - step < 0 or rng.random() < 0.5)
    return axis[min(at + step, len(axis) - 1)] if up else axis[max(0, at - step)]
