"""Each metric against an independent, straightforward computation of it."""

import itertools
import math
import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.many_examples import many_examples
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


def test_draws_follow_the_seed_and_not_the_blocks(monkeypatch):
    whole = np.concatenate([*resamples(7, 1000, seed=3)])
    monkeypatch.setattr("vtc_r1.eval.metrics.estimate._AT_ONCE", 100)
    blocks = [*resamples(7, 1000, seed=3)]
    assert len(blocks) > 10
    assert (np.concatenate(blocks) == whole).all()
    assert whole.shape == (1000, 7)
    assert set(whole.ravel()) == set(range(7))


def beta_binomial(rng, problems, samples, truth, alike):
    spread = (1 - alike) / alike
    return rng.binomial(samples, rng.beta(truth * spread, (1 - truth) * spread, problems)) / samples


@pytest.mark.parametrize("truth", [0.03, 0.05, 0.2, 0.5, 0.9, 0.95, 0.97])
@pytest.mark.parametrize("problems", [10, 11, 12, 15, 30, 60, 198])
def test_intervals_of_one_sample_hold_the_truth_as_often_as_they_say(problems, truth):
    held = 0.0
    for right in range(problems + 1):
        found = interval([1.0] * right + [0.0] * (problems - right))
        chance = math.comb(problems, right) * truth**right * (1 - truth) ** (problems - right)
        held += chance * (found.low <= truth <= found.high)
    assert held >= 0.93


@pytest.mark.parametrize("alike", [0.05, 0.5, 0.9])
@pytest.mark.parametrize("truth", [0.05, 0.5, 0.95])
def test_intervals_of_several_samples_hold_the_truth(truth, alike):
    rng = np.random.default_rng(11)
    found = [interval(list(beta_binomial(rng, 30, 16, truth, alike))) for _ in range(400)]
    held = sum(one.low <= truth <= one.high for one in found)
    assert held >= 0.93 * 400


def test_intervals_of_differences_hold_the_truth():
    rng = np.random.default_rng(12)
    for first, second in [(0.97, 0.95), (0.5, 0.5), (0.9, 0.6)]:
        held = 0
        for _ in range(400):
            drawn = rng.random(30)
            low = compare([float(one < first) for one in drawn], [float(one < second) for one in drawn])
            held += (
                low.difference.low <= first - second + 1e-12 and first - second <= low.difference.high + 1e-12
            )
        assert held >= 0.93 * 400


def test_an_interval_is_no_point_and_stays_on_its_scale():
    for values in ([1.0] * 50, [0.0] * 50, [0.5] * 50, [1.0]):
        found = interval(values)
        assert 0 <= found.low <= found.mean <= found.high <= 1
        assert found.high - found.low > 0.01
    all_right = interval([1.0] * 50)
    assert 0.88 < all_right.low < 0.95 and all_right.high == 1
    assert interval([0.0] * 9 + [1.0]).mean == pytest.approx(0.1)


def test_an_interval_narrows_with_problems_and_with_samples_that_agree_little():
    one = interval([1.0, 0.0] * 50)
    more, steadier = interval([1.0, 0.0] * 200), interval([0.5, 0.6] * 50)
    assert more.high - more.low < 0.6 * (one.high - one.low)
    assert steadier.high - steadier.low < 0.6 * (one.high - one.low)


def test_students_quantile():
    from vtc_r1.eval.metrics.estimate import _quantile

    tables = {4: 2.776, 9: 2.262, 13: 2.160, 33: 2.035, 103: 1.983, 1e9: 1.960}
    for freedom, value in tables.items():
        assert _quantile(0.975, freedom) == pytest.approx(value, abs=0.012)


@pytest.mark.parametrize(
    ("share", "freedom", "value"),
    [
        (0.9, 20, 1.325341),
        (0.95, 30, 1.697261),
        (0.975, 30, 2.042272),
        (0.975, 100, 1.983972),
        (0.995, 30, 2.749996),
        (0.995, 100, 2.625891),
        (0.9995, 30, 3.645959),
    ],
)
def test_students_quantile_to_the_digits_of_printed_tables(share, freedom, value):
    from vtc_r1.eval.metrics.estimate import _quantile

    assert _quantile(share, freedom) == pytest.approx(value, abs=5e-6)
    assert _quantile(1 - share, freedom) == pytest.approx(-value, abs=5e-6)


def test_metrics_say_which_problem_cannot_be_counted():
    for empty in (lambda: average([]), lambda: majority([], str.__eq__)):
        with pytest.raises(UsageError, match=r"a problem without samples has no \w+; run it first"):
            empty()
    with pytest.raises(UsageError, match="have 2 and 1 problems"):
        compare([1, 0], [1])
    with pytest.raises(UsageError, match="at least one problem, and a level between 0 and 1"):
        interval([1.0], 1.0)


@pytest.mark.parametrize("values", [[1.5], [-0.1, 1], [100.0]])
def test_a_value_off_the_scale_is_refused(values):
    with pytest.raises(UsageError, match="from 0 to 1"):
        interval(values)


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


@many_examples(60)
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
    assert sign_flip(differences, seed=1) != (p, exact)
    nothing = [0.0] * len(differences)
    assert compare(differences, nothing).p == p and compare(differences, nothing, seed=1).p != p


def test_sign_flip_with_too_many_sums_is_drawn():
    differences = [1 / prime for prime in (9973, -9967, 9949, -9941, 9931, 9929)]
    p, exact = sign_flip(differences)
    assert not exact and p == pytest.approx(naive_sign_flip(differences), abs=0.01)


@many_examples(40)
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
    found = compare(first, second, seed=9)
    differences = [one - other for one, other in zip(first, second, strict=True)]
    assert found.difference == interval(differences, least=-1)
    assert (found.better, found.worse) == (4, 1)
    assert found.p == pytest.approx(naive_sign_flip(differences), abs=1e-9)
    mirrored = compare(second, first, seed=9)
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
    found = majority(votes(cast), lambda one, other: one.lower() == other.lower())
    assert found.share == pytest.approx(share)
    assert found.is_sure


def recording(asked, answer):
    def same(one, other):
        asked.append((one, other))
        return answer

    return same


@pytest.mark.parametrize("cast", ["a+ a+ b-", "b- c- d-", "a+ b- b-", "a+ a+ a+ b- c-", "_- b-"])
def test_what_cannot_change_a_vote_is_not_compared(cast):
    asked = []
    majority(votes(cast), recording(asked, False))
    assert asked == []


def test_wrong_answers_are_compared_once_and_with_no_right_one():
    asked = []
    found = majority(
        votes(" ".join(["a+"] * 5 + ["A+"] * 5 + ["b-"] * 7 + ["c-"] * 6)), recording(asked, True)
    )
    assert asked == [("b", "c")]
    assert found.share == 0


def test_a_relation_that_is_not_transitive_makes_the_same_classes_in_any_order():
    """1.0 and 1.4 are one, so are 1.4 and 1.8, and 1.0 and 1.8 are not."""

    def near(one, other):
        return abs(float(one) - float(other)) < 0.5

    cast = votes("5.0+ 5.0+ 5.0+ 1.0- 1.4- 1.4- 1.8- 2.2- 9.0- 5.4-")
    found = {majority(random.Random(seed).sample(cast, len(cast)), near) for seed in range(200)}
    assert len(found) == 1


def test_a_vote_ends_in_time_and_says_that_it_may_be_off():
    asked = []
    cast = votes("a+ " + " ".join(f"{letter}-" for letter in "bcdefghijklmnop"))
    found = majority(cast, recording(asked, False), seconds=-1)
    assert asked == []
    assert found.share == pytest.approx(1 / 16)
    assert not found.is_sure


def test_majority_follows_no_order():
    cast = votes("a+ b- c- b- a+ d-")
    results = {majority(random.Random(seed).sample(cast, len(cast)), str.__eq__).share for seed in range(20)}
    assert results == {0.5}


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(9, 99)), min_size=1, max_size=8))
def test_a_pooled_share_lies_between_those_that_can_be_drawn(pages):
    parts, wholes = zip(*pages, strict=True)
    found = pooled(parts, wholes, draws=200)
    each = [part / whole for part, whole in pages]
    assert found.mean == pytest.approx(sum(parts) / sum(wholes))
    assert min(each) - 1e-9 <= found.low <= found.high <= max(each) + 1e-9


def percentile(ordered, share):
    """Linear between the two nearest ranks."""
    at = share * (len(ordered) - 1)
    low, high = math.floor(at), math.ceil(at)
    return ordered[low] + (ordered[high] - ordered[low]) * (at - low)


def test_a_pooled_share_agrees_with_a_naive_bootstrap_of_the_same_draws():
    for matrix in matrices(25, seed=2):
        parts, wholes = [sum(row) for row in matrix], [len(row) for row in matrix]
        drawn = np.concatenate([*resamples(len(parts), 400, seed=5)])
        shares = sorted(sum(parts[at] for at in row) / sum(wholes[at] for at in row) for row in drawn)
        found = pooled(parts, wholes, level=0.9, draws=400, seed=5)
        assert found.mean == pytest.approx(sum(parts) / sum(wholes))
        assert found.low == pytest.approx(percentile(shares, 0.05), abs=1e-9)
        assert found.high == pytest.approx(percentile(shares, 0.95), abs=1e-9)


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
        assert (found.low > 0) is (right > 0) and (found.high < 1) is (right < total)
    with pytest.raises(UsageError):
        wilson(1, 0)
