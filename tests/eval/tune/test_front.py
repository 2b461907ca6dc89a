from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from vtc_r1.eval.tune import dominates, front
from vtc_r1.eval.tune.strategies.base import best, ranked


@dataclass(frozen=True)
class Dot:
    error: float
    cost: float


few = st.integers(0, 6).map(lambda number: number / 6)  # ties are common
points = st.lists(st.builds(Dot, few, few), max_size=30)


@given(points)
def test_the_front_is_what_nothing_beats(points):
    found = front(points)
    assert not any(dominates(other, one) for one in found for other in points)
    for point in points:
        assert any(dominates(one, point) or one == point for one in found)
    assert len(set(found)) == len(found)
    assert found == sorted(found, key=lambda one: one.cost)


@given(points, few)
def test_ranks_peel_one_front_after_another(points, target):
    order = ranked(points, target)
    assert sorted(id(one) for _, one in order) == sorted(map(id, points))
    assert [rank for rank, _ in order] == sorted(rank for rank, _ in order)
    left = list(points)
    for rank in range(order[-1][0] + 1 if order else 0):
        layer = [one for at, one in order if at == rank]
        assert set(layer) == set(front(left))
        left = [one for one in left if one not in layer or not any(one is other for other in layer)]


@given(points.filter(bool), few)
def test_the_best_is_the_cheapest_that_meets_the_target(points, target):
    found = best(points, target)
    meeting = [one for one in points if one.error <= target]
    if meeting:
        assert found in meeting and found.cost == min(one.cost for one in meeting)
    else:
        assert found.error == min(one.error for one in points)
    assert found in front(points) or found.error <= target


def test_nothing_has_no_best():
    assert best([], 0.1) is None and front([]) == [] and ranked([], 0.1) == []
