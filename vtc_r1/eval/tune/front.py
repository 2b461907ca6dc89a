"""The Pareto front: what nothing else beats in error and cost at once."""

from collections.abc import Sequence
from typing import Protocol, TypeVar


class Point(Protocol):
    """Two figures to be made small."""

    @property
    def error(self) -> float:
        """A share."""
        ...

    @property
    def cost(self) -> float:
        """In vision tokens."""
        ...


P = TypeVar("P", bound=Point)


def dominates(one: Point, other: Point) -> bool:
    """Tell whether one point is nowhere worse than another, and somewhere better."""
    return (
        one.error <= other.error
        and one.cost <= other.cost
        and (one.error, one.cost) != (other.error, other.cost)
    )


def front(points: Sequence[P]) -> list[P]:
    """Return the points that no other dominates, cheapest first; of equal ones the first."""
    found: list[P] = []
    for point in sorted(points, key=lambda point: (point.cost, point.error)):
        if not found or point.error < found[-1].error:
            found.append(point)
    return found


def ranked(points: Sequence[P], target: float) -> list[tuple[int, P]]:
    """Sort points, best first, each with its rank: 0 on the front, 1 on the front of the others, and so on.

    Within a rank: those that meet the target by cost, then the others by error.
    """
    left, found, rank = list(points), list[tuple[int, P]](), 0
    while left:
        outer = {id(point) for point in front(left)}
        layer = [point for point in left if id(point) in outer]
        found += [(rank, point) for point in sorted(layer, key=lambda point: merit(point, target))]
        left = [point for point in left if id(point) not in outer]
        rank += 1
    return found


def merit(point: Point, target: float) -> tuple[bool, float, float]:
    """Return what sorts points by a target: those that meet it by cost, then the others by error."""
    misses = point.error > target
    return (True, point.error, point.cost) if misses else (False, point.cost, point.error)


def best(points: Sequence[P], target: float) -> P | None:
    """Return the cheapest point that meets the target, else the one of the least error; None of none."""
    return min(points, key=lambda point: merit(point, target), default=None)
