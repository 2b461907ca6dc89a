"""Per problem: the share of right samples, and the probability that one of k samples is right."""

import math
from collections.abc import Sequence
from statistics import NormalDist

from vtc_r1.errors import UsageError
from vtc_r1.eval.metrics.estimate import Interval


def average(right: Sequence[float]) -> float:
    """avg@n of one problem: the share of its samples that are right, or their mean score."""
    if not right:
        raise UsageError("a problem without samples has no accuracy; run it first")
    return sum(right) / len(right)


def pass_at(k: int, samples: int, right: int) -> float:
    """pass@k of one problem: the probability that one of k samples, drawn without replacement, is right.

    This is 1 - C(n-c, k) / C(n, k) for n samples of which c are right, the unbiased estimate of Chen et al.
    2021 (arXiv 2107.03374), computed as a product to avoid large binomials.

    Raises:
        UsageError: there are fewer samples than k.
    """
    if not 1 <= k <= samples or not 0 <= right <= samples:
        raise UsageError(f"pass@{k} needs at least {k} samples per problem; there are {samples}")
    if samples - right < k:
        return 1.0
    missed = 1.0
    for at in range(samples - right + 1, samples + 1):
        missed *= 1 - k / at
    return 1 - missed


def wilson(right: int, total: int, level: float = 0.95) -> Interval:
    """Return a share of independent trials with its Wilson score interval.

    The interval is not a point even if all or none are right.
    """
    if not 0 <= right <= total or not total or not 0 < level < 1:
        raise UsageError(f"a share of {right} in {total} has no interval; measure at least one")
    z = NormalDist().inv_cdf((1 + level) / 2)
    share = right / total
    shrink = 1 + z * z / total
    centre = (share + z * z / (2 * total)) / shrink
    half = z / shrink * math.sqrt(share * (1 - share) / total + z * z / (4 * total * total))
    low, high = 0.0 if right == 0 else centre - half, 1.0 if right == total else centre + half
    return Interval(share, low, high, level)
