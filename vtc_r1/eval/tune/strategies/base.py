"""The protocol of search strategies, and the Pareto front of error and cost that they search for."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Protocol, TypeVar

from vtc_r1.eval.tune.objective import Evaluation
from vtc_r1.eval.tune.proposal import Proposal
from vtc_r1.eval.tune.space import Space
from vtc_r1.renderers import Profile


@dataclass(frozen=True)
class Tried:
    """A proposal with its latest evaluation."""

    proposal: Proposal
    evaluation: Evaluation

    @property
    def error(self) -> float:
        """The error, as a share."""
        return self.evaluation.error

    @property
    def cost(self) -> float:
        """The cost in vision tokens."""
        return self.evaluation.cost


@dataclass(frozen=True)
class SearchTerms:
    """The terms of a search, known to every strategy."""

    space: Space  #: the search space
    base: Profile  #: the profile that is varied
    target: float  #: the highest acceptable error
    units: tuple[str, str] = ("error", "vision tokens")  #: names of error and cost


@dataclass
class Offer:
    """A strategy's proposals for one round."""

    #: proposals that can be drawn; some may have been tried before
    proposals: list[Proposal] = field(default_factory=list)
    repaired: int = 0  #: how many of them had to be repaired
    dropped: list[str] = field(default_factory=list)  #: why others were unusable, one reason each


class Strategy(Protocol):
    """Proposes what to try next."""

    name: str  #: the value of `--strategy`
    identity: str  #: what else determines its proposals, such as a model's name

    def propose(self, tried: Sequence[Tried], count: int, rng: Random) -> Offer:
        """Offer at most `count` proposals that were not tried; none if it finds none.

        Args:
            tried: everything evaluated so far, in the order of the search.
            count: how many are requested.
            rng: the only source of randomness to use.
        """


class Candidate(Protocol):
    """Anything with two figures to minimise."""

    @property
    def error(self) -> float:
        """The error, as a share."""

    @property
    def cost(self) -> float:
        """The cost in vision tokens."""


P = TypeVar("P", bound=Candidate)


def dominates(one: Candidate, other: Candidate) -> bool:
    """Tell whether one point dominates another: nowhere worse, and better in at least one figure."""
    return (
        one.error <= other.error
        and one.cost <= other.cost
        and (one.error, one.cost) != (other.error, other.cost)
    )


def front(points: Sequence[P]) -> list[P]:
    """Return the non-dominated points, cheapest first; of equal ones, only the first."""
    found: list[P] = []
    for point in sorted(points, key=lambda point: (point.cost, point.error)):
        if not found or point.error < found[-1].error:
            found.append(point)
    return found


def ranked(points: Sequence[P], target: float) -> list[tuple[int, P]]:
    """Sort points, best first, each with its rank: 0 on the front, 1 on the front of the rest, and so on.

    Within a rank, points that meet the target come first, by cost, then the others, by error.
    """
    left, found, rank = list(points), list[tuple[int, P]](), 0
    while left:
        outer = {id(point) for point in front(left)}
        layer = [point for point in left if id(point) in outer]
        found += [(rank, point) for point in sorted(layer, key=lambda point: merit(point, target))]
        left = [point for point in left if id(point) not in outer]
        rank += 1
    return found


def merit(point: Candidate, target: float) -> tuple[bool, float, float]:
    """Return a sort key: points that meet the target first, by cost, then the others, by error."""
    misses = point.error > target
    return (True, point.error, point.cost) if misses else (False, point.cost, point.error)


def best(points: Sequence[P], target: float) -> P | None:
    """Return the cheapest point that meets the target, or else the one with the least error, or None."""
    return min(points, key=lambda point: merit(point, target), default=None)
