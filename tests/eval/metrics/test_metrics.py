"""Each metric against an independent, straightforward computation of it."""

import itertools
import math
import random
import statistics

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vtc_r1.errors import UsageError
from vtc_r1.eval.metrics import (
    Vote,
    average,
    compare,
    interval,
    majority,
    mcnemar,
    pass_at,
    pooled,
    resamples,
    sign_flip,
    wilson,
)


def matrices(count, seed=0):
    rng = random.Random(seed)
    for _ in range(count):
        problems, samples, chance = rng.randint(1, 12), rng.randint(1, 9), rng.random()
        yield [[rng.random() < chance for _ in range(samples)] for _ in range(problems)]


def test_pass_at_k_is_the_share_of_subsets_that_hold_a_right_sample():
    for matrix in matrices(60):
        for row in matrix:
            for k in range(1, len(row) + 1):
                subsets = list(itertools.combinations(row, k))
                naive = sum(map(any, subsets)) / len(subsets)
                assert pass_at(k, len(row), sum(row)) == pytest.approx(naive, abs=1e-9)


def test_pass_at_k_of_many_samples():
    for samples, right, k in [(256, 3, 64), (1000, 1, 999), (64, 0, 64), (64, 64, 1)]:
        exact = 1 - math.comb(samples - right, k) / math.comb(samples, k)
        assert pass_at(k, samples, right) == pytest.approx(exact, abs=1e-9)


def test_pass_at_1_is_the_average():
    for matrix in matrices(20, seed=1):
        for row in matrix:
            assert pass_at(1, len(row), sum(row)) == pytest.approx(average(row), abs=1e-12)


@pytest.mark.parametrize(("k", "samples", "right"), [(0, 4, 1), (5, 4, 1), (1, 4, 5), (1, 0, 0)])
def test_pass_at_k_needs_k_samples(k, samples, right):
    with pytest.raises(UsageError, match="at least"):
        pass_at(k, samples, right)


def percentile(ordered, share):
    """Linear between the two nearest ranks."""
    at = share * (len(ordered) - 1)
    low, high = math.floor(at), math.ceil(at)
    return ordered[low] + (ordered[high] - ordered[low]) * (at - low)


def test_intervals_agree_with_a_naive_bootstrap_of_the_same_draws():
    for matrix in matrices(25, seed=2):
        values = [average(row) for row in matrix]
        drawn = np.concatenate([*resamples(len(values), 400, seed=5)])
        means = sorted(statistics.fmean(values[at] for at in row) for row in drawn)
        found = interval(values, level=0.9, draws=400, seed=5)
        assert found.mean == pytest.approx(statistics.fmean(values), abs=1e-9)
        assert found.low == pytest.approx(percentile(means, 0.05), abs=1e-9)
        assert found.high == pytest.approx(percentile(means, 0.95), abs=1e-9)


def test_draws_follow_the_seed_and_not_the_blocks(monkeypatch):
    whole = np.concatenate([*resamples(7, 1000, seed=3)])
    monkeypatch.setattr("vtc_r1.eval.metrics.bootstrap._AT_ONCE", 100)
    blocks = [*resamples(7, 1000, seed=3)]
    assert len(blocks) > 10
    assert (np.concatenate(blocks) == whole).all()
    assert whole.shape == (1000, 7)
    assert set(whole.ravel()) == set(range(7))


def test_an_interval_covers_as_often_as_it_says():
    rng = random.Random(4)
    covered = 0
    for at in range(200):
        found = interval([rng.random() < 0.6 for _ in range(100)], draws=400, seed=at)
        covered += found.low <= 0.6 <= found.high
    assert 175 <= covered <= 200


def test_an_interval_needs_values():
    with pytest.raises(UsageError, match="at least one problem"):
        interval([])


def naive_sign_flip(differences):
    seen = abs(sum(differences))
    patterns = list(itertools.product((1, -1), repeat=len(differences)))
    far = sum(
        abs(sum(sign * one for sign, one in zip(signs, differences, strict=True))) >= seen - 1e-12
        for signs in patterns
    )
    return far / len(patterns)


@settings(max_examples=60)
@given(st.lists(st.integers(-16, 16), min_size=1, max_size=9))
def test_sign_flip_counts_every_pattern(steps):
    differences = [step / 16 for step in steps]
    p, exact = sign_flip(differences)
    assert exact
    assert p == pytest.approx(naive_sign_flip(differences), abs=1e-9)


def test_sign_flip_of_differences_without_a_common_step_is_drawn():
    differences = [math.sqrt(prime) / 7 for prime in (2, 3, 5, 7, 11, 13)]
    differences[2] *= -1
    p, exact = sign_flip(differences)
    assert not exact
    assert p == pytest.approx(naive_sign_flip(differences), abs=0.01)
    assert sign_flip(differences) == (p, exact)


@settings(max_examples=40)
@given(st.integers(0, 40), st.integers(0, 40))
def test_mcnemar_is_the_sign_flip_of_right_and_wrong(better, worse):
    total = better + worse
    tail = sum(math.comb(total, at) for at in range(min(better, worse) + 1)) / 2**total
    assert mcnemar(better, worse) == pytest.approx(min(1, 2 * tail), abs=1e-9)
    assert sign_flip([1.0] * better + [-1.0] * worse + [0.0] * 5)[0] == pytest.approx(
        mcnemar(better, worse), abs=1e-9
    )


def test_a_comparison_is_paired():
    first = [1.0, 0.5, 1.0, 0.0, 1.0, 1.0]
    second = [0.0, 0.5, 0.5, 0.5, 0.0, 0.0]
    found = compare(first, second, draws=300, seed=9)
    differences = [one - other for one, other in zip(first, second, strict=True)]
    assert found.difference == interval(differences, draws=300, seed=9)
    assert (found.better, found.worse) == (4, 1)
    assert found.p == pytest.approx(naive_sign_flip(differences), abs=1e-9)
    mirrored = compare(second, first, draws=300, seed=9)
    assert (mirrored.p, mirrored.difference.mean) == (found.p, -found.difference.mean)


def test_runs_over_other_problems_are_not_compared():
    with pytest.raises(UsageError, match="3 and 2 problems"):
        compare([1, 1, 1], [1, 1])


def votes(text):
    """`a+ a+ b-`: three votes, the first two right."""
    return [Vote(None if word[:-1] == "_" else word[:-1], word.endswith("+")) for word in text.split()]


@pytest.mark.parametrize(
    ("cast", "share"),
    [
        ("a+ a+ b-", 1),
        ("a+ b- b-", 0),
        ("a+ b-", 0.5),
        ("a+ b- c-", 1 / 3),
        ("a+ A+ b- b- ", 0.5),
        ("a+ A+ b- b- A+", 1),
        ("_- _- a+", 1),
        ("_- _-", 0),
        ("a-", 0),
    ],
)
def test_majority(cast, share):
    assert majority(votes(cast), lambda one, other: one.lower() == other.lower()) == pytest.approx(share)


def test_majority_compares_each_answer_once():
    asked = []

    def same(one, other):
        asked.append((one, other))
        return False

    majority(votes(" ".join(["a+"] * 50 + ["b-"] * 50)), same)
    assert asked == [("a", "b")]


def test_majority_follows_no_order():
    cast = votes("a+ b- c- b- a+ d-")
    results = {majority(random.Random(seed).sample(cast, len(cast)), str.__eq__) for seed in range(20)}
    assert results == {0.5}


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(9, 99)), min_size=1, max_size=8))
def test_a_pooled_share_lies_between_those_that_can_be_drawn(pages):
    parts, wholes = zip(*pages, strict=True)
    found = pooled(parts, wholes, draws=200)
    each = [part / whole for part, whole in pages]
    assert found.mean == pytest.approx(sum(parts) / sum(wholes))
    assert min(each) - 1e-9 <= found.low <= found.high <= max(each) + 1e-9


def test_a_pooled_share_of_equal_wholes_is_the_interval_of_the_mean():
    values = [0.1, 0.4, 0.0, 0.7, 0.2]
    found, mean = pooled([10 * value for value in values], [10.0] * 5), interval(values)
    assert (found.mean, found.low, found.high) == pytest.approx((mean.mean, mean.low, mean.high))


@pytest.mark.parametrize(("parts", "wholes"), [([], []), ([1], [1, 2]), ([0], [0])])
def test_a_share_of_nothing_is_refused(parts, wholes):
    with pytest.raises(UsageError):
        pooled(parts, wholes)


def test_wilson_solves_its_own_equation_and_is_no_point_at_the_ends():
    for right, total in [(0, 10), (10, 10), (3, 7), (50, 100)]:
        found = wilson(right, total)
        for bound in (found.low, found.high):
            if 1e-9 < bound < 1 - 1e-9:
                z = abs(right / total - bound) / math.sqrt(bound * (1 - bound) / total)
                assert z == pytest.approx(1.959964, abs=1e-5)
        assert 0 <= found.low <= found.mean <= found.high <= 1 and found.low < found.high
    with pytest.raises(UsageError):
        wilson(1, 0)
