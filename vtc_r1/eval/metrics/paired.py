"""Paired comparison of two runs over the same problems."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from vtc_r1.errors import UsageError
from vtc_r1.eval.metrics.estimate import Interval, interval

_FINEST = 10_000  #: largest denominator of a problem's value that counts as exact: its number of samples
_MOST_STATES = 200_000  #: largest number of possible sums for which the exact distribution is computed
_DRAWS = 100_000  #: random sign patterns if the exact distribution is too large


@dataclass(frozen=True)
class Comparison:
    """Two runs over the same problems.

    Attributes:
        difference: mean of first minus second, with its paired interval.
        better: problems on which the first is better.
        worse: problems on which it is worse.
        p: two-sided p-value of the sign-flip test; the null hypothesis is that neither is better.
        exact: whether p is exact rather than sampled.
    """

    difference: Interval
    better: int
    worse: int
    p: float
    exact: bool


def compare(
    first: Sequence[float], second: Sequence[float], level: float = 0.95, seed: int = 0
) -> Comparison:
    """Compare two runs by the values of their problems, in the same order.

    Raises:
        UsageError: the runs do not have the same number of problems, or none.
    """
    if len(first) != len(second):
        raise UsageError(
            f"the runs have {len(first)} and {len(second)} problems; compare those that both have"
        )
    differences = [one - other for one, other in zip(first, second, strict=True)]
    p, exact = sign_flip(differences, seed)
    return Comparison(
        difference=interval(differences, level, least=-1.0),
        better=sum(difference > 0 for difference in differences),
        worse=sum(difference < 0 for difference in differences),
        p=p,
        exact=exact,
    )


def sign_flip(differences: Sequence[float], seed: int = 0) -> tuple[float, bool]:
    """Return the two-sided p-value of the sign-flip permutation test, and whether it is exact.

    If neither run is better, every difference is as likely with the other sign. The p-value is the share of
    all 2^n sign patterns whose sum is at least as far from 0 as the observed sum. Shares of n samples are
    multiples of 1/n, so the distribution of the sum is computed exactly. If that is too large, 100,000
    patterns are sampled, and the observed one counts as one of them. For right or wrong with one sample per
    problem this is McNemar's exact test.
    """
    steps = _whole_steps(differences)
    if steps is not None:
        return _exact(steps), True
    magnitudes = np.abs(np.asarray(differences, dtype=np.float64))
    seen = abs(float(np.sum(differences)))
    rng = np.random.default_rng(seed)
    far = 0
    for _ in range(0, _DRAWS, 1_000):
        signs = rng.integers(0, 2, (1_000, len(magnitudes))) * 2 - 1
        far += int(np.count_nonzero(np.abs(signs @ magnitudes) >= seen - 1e-12))
    return (far + 1) / (_DRAWS + 1), False


def mcnemar(better: int, worse: int) -> float:
    """Return the two-sided p-value of McNemar's exact test on the problems that only one run solved.

    Args:
        better: problems that only the first run solved.
        worse: problems that only the second run solved.
    """
    total, fewer = better + worse, min(better, worse)
    tail = sum(math.comb(total, at) for at in range(fewer + 1))
    return min(1.0, float(Fraction(2 * tail, 2**total)))


def _whole_steps(differences: Sequence[float]) -> list[int] | None:
    """Express the differences as multiples of one step; None if that is impossible or needs too many."""
    fractions = [Fraction(difference).limit_denominator(_FINEST) for difference in differences]
    if any(abs(float(one) - other) > 1e-12 for one, other in zip(fractions, differences, strict=True)):
        return None
    scale = math.lcm(*(one.denominator for one in fractions)) if fractions else 1
    steps = [abs(int(one * scale)) * (1 if one >= 0 else -1) for one in fractions if one]
    return steps if 2 * sum(map(abs, steps)) + 1 <= _MOST_STATES else None


def _exact(steps: Sequence[int]) -> float:
    """Return the share of sign patterns whose sum is at least as far from 0 as that of `steps`."""
    reach = sum(map(abs, steps))
    chances = np.zeros(2 * reach + 1)
    chances[reach] = 1.0
    for step in map(abs, steps):
        moved = np.zeros_like(chances)
        moved[step:] += chances[: len(chances) - step] / 2
        moved[: len(chances) - step] += chances[step:] / 2
        chances = moved
    sums = np.abs(np.arange(-reach, reach + 1))
    return min(1.0, float(chances[sums >= abs(sum(steps))].sum()))
