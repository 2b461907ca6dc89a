"""Evolutionary search: crossover and mutation of the better settings; random search, the baseline."""

from collections.abc import Callable, Collection, Sequence
from random import Random

from vtc_r1.eval.tune.proposal import Proposal, drawable
from vtc_r1.eval.tune.space import Space, Value, ordered
from vtc_r1.eval.tune.strategies.base import Offer, SearchTerms, Tried, ranked

_ATTEMPTS = 64  #: draws per requested proposal before the space counts as exhausted


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


_CROSSED = 0.6  #: share of children that have two parents
_CHANGES = 2.0  #: mean number of mutated settings in a child
_FAR = 0.4  #: probability that a mutation goes one step further, each time
_PARENTS = 6  #: number of parents; each one used is the better of two drawn


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
