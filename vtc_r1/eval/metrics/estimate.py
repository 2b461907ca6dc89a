"""A mean over problems with its confidence interval.

The interval extends Agresti and Coull's to problems with several samples: it is computed as if four more
problems had been asked, two at either end of the scale. It is therefore never a point, has about the same
coverage near the ends as in the middle, and does not assume that samples of a problem are independent.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

from vtc_r1.errors import UsageError

_ADDED = 2.0
"""Problems added at each end of the scale."""
_SLACK = 1e-9
"""Tolerance for sums of floats beyond the ends, as a part of the scale."""


@dataclass(frozen=True)
class Interval:
    """A mean with its confidence interval."""

    mean: float
    low: float
    high: float
    level: float


def interval(
    values: Sequence[float], level: float = 0.95, *, least: float = 0.0, most: float = 1.0
) -> Interval:
    """Return the mean of the problems' values with its confidence interval.

    A problem's value is the share of its samples that are right, or their mean score; every problem counts
    once, whatever its number of samples.

    Args:
        values: one per problem, from `least` to `most`.
        level: confidence level.
        least: lower end of the scale; -1 for differences of shares.
        most: upper end of the scale.

    Raises:
        UsageError: there are no values, one is off the scale, or the level is not between 0 and 1.
    """
    if not values or not 0 < level < 1:
        raise UsageError("an interval needs at least one problem, and a level between 0 and 1")
    scale, number = most - least, len(values)
    if not all(least - _SLACK * scale <= value <= most + _SLACK * scale for value in values):
        raise UsageError(f"an interval needs values from {least:g} to {most:g}")
    shares = [min(1.0, max(0.0, (value - least) / scale)) for value in values]
    total, everything = math.fsum(shares), number + 2 * _ADDED
    middle = (total + _ADDED) / everything
    squares = math.fsum((share - middle) ** 2 for share in shares)
    variance = (squares + _ADDED * (middle**2 + (1 - middle) ** 2)) / everything
    # 1 if every problem is all or nothing; less if samples vary, as each problem then tells more of the mean.
    weight = _ADDED * min(1.0, variance / (middle * (1 - middle)))
    centre = (total + weight) / (number + 2 * weight)
    half = _quantile((1 + level) / 2, everything - 1) * math.sqrt(variance / everything)
    mean = total / number
    low, high = max(0.0, min(centre - half, mean)), min(1.0, max(centre + half, mean))
    return Interval(math.fsum(values) / number, least + scale * low, least + scale * high, level)


def _quantile(share: float, freedom: float) -> float:
    """Return a quantile of Student's t by the Cornish-Fisher expansion; within 0.01 from 4 degrees on."""
    z = NormalDist().inv_cdf(share)
    terms = (
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
        (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / 92_160,
    )
    return z + math.fsum(term / freedom**power for power, term in enumerate(terms, 1))
