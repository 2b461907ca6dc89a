"""The Pareto front of error and cost."""

from collections.abc import Sequence
from typing import Protocol, TypeVar


class Candidate(Protocol):
    """Anything with two figures to minimise."""

    @property
    def error(self) -> float:
        """The error, as a share."""
        ...

    @property
    def cost(self) -> float:
        """The cost in vision tokens."""
        ...


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
