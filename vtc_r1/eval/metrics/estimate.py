"""Means and shares over problems or pages, with confidence intervals: `interval`, `wilson`, and by bootstrap.

That of a mean extends Agresti and Coull's to problems with several samples: it is computed as if four more
problems had been asked, two at either end of the scale. It is therefore never a point, has about the same
coverage near the ends as in the middle, and does not assume that samples of a problem are independent.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from vtc_r1.errors import UsageError

_ADDED = 2.0  #: problems added at each end of the scale
_SLACK = 1e-9  #: tolerance for sums of floats beyond the ends, as a part of the scale


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
    return _score(right / total, total, level)


def clustered(parts: Sequence[float], wholes: Sequence[float], level: float = 0.95) -> Interval:
    """Return the sum of parts over the sum of wholes with Wilson's interval for trials in clusters.

    Trials of one page (problem, document …) are alike, so they count as fewer: their number is divided by
    Kish's design effect, the variance between pages over that of independent trials. The interval is not a
    point even if all pages agree; with a single page, or none that differs, trials count as independent.

    Args:
        parts: successes, one number per page, at most the page's whole.
        wholes: trials, one number per page.
        level: confidence level.

    Raises:
        UsageError: there are none, they differ in number, or a part exceeds its whole.
    """
    total, pages = math.fsum(wholes), len(wholes)
    fit = pages == len(parts) and all(0 <= part <= whole for part, whole in zip(parts, wholes, strict=False))
    if not fit or not total > 0 or not 0 < level < 1:
        raise UsageError("a share needs as many wholes as parts, none of them smaller than its part")
    share = math.fsum(parts) / total
    spread = math.fsum((part - share * whole) ** 2 for part, whole in zip(parts, wholes, strict=True))
    alone = share * (1 - share) * total  # the same sum, expected of independent trials
    effect = spread * pages / (pages - 1) / alone if pages > 1 and alone > 0 else 1.0
    return _score(share, total / max(1.0, effect), level)


def _score(share: float, total: float, level: float) -> Interval:
    """Return Wilson's score interval of a share of `total` trials, which need not be a whole number."""
    z = NormalDist().inv_cdf((1 + level) / 2)
    shrink = 1 + z * z / total
    centre = (share + z * z / (2 * total)) / shrink
    half = z / shrink * math.sqrt(share * (1 - share) / total + z * z / (4 * total * total))
    low, high = 0.0 if share == 0 else centre - half, 1.0 if share == 1 else centre + half
    return Interval(share, low, high, level)


DRAWS = 10_000
_AT_ONCE = 2_000_000  #: indices drawn at once, to bound memory


def resamples(problems: int, draws: int = DRAWS, seed: int = 0) -> Iterator[NDArray[np.int64]]:
    """Yield the drawn problem indices, each block of shape (draws of the block, problems)."""
    rng = np.random.default_rng(seed)
    block = max(1, _AT_ONCE // max(1, problems))
    for start in range(0, draws, block):
        yield rng.integers(0, problems, (min(block, draws - start), problems))


def pooled(
    parts: Sequence[float], wholes: Sequence[float], level: float = 0.95, draws: int = DRAWS, seed: int = 0
) -> Interval:
    """Return the sum of parts over the sum of wholes, such as errors over characters, with its interval.

    Whole pages (problems, segments …) are drawn with replacement, each with its part and its whole. If all
    shares are equal, the interval is a point: a limit of the bootstrap, not certainty.

    Raises:
        UsageError: there are none, they differ in number, or the wholes add up to zero.
    """
    if not parts or not 0 < level < 1 or draws < 1:
        raise UsageError("an interval needs at least one problem, one draw, and a level between 0 and 1")
    above, below = np.asarray(parts, dtype=np.float64), np.asarray(wholes, dtype=np.float64)
    if above.shape != below.shape or not below.sum() > 0:
        raise UsageError("a share needs as many wholes as parts, and a positive sum of wholes")
    ratios = []
    for drawn in resamples(len(above), draws, seed):
        whole = below[drawn].sum(axis=1)
        ratios.append(above[drawn].sum(axis=1)[whole > 0] / whole[whole > 0])
    low, high = np.percentile(np.concatenate(ratios), [50 * (1 - level), 50 * (1 + level)])
    return Interval(float(above.sum() / below.sum()), float(low), float(high), level)
