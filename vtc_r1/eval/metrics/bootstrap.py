"""Bootstrap over problems: how far a mean would move had other problems of the kind been asked."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vtc_r1.errors import UsageError

DRAWS = 10_000
_AT_ONCE = 2_000_000
"""Indices drawn at once, to bound memory."""


@dataclass(frozen=True)
class Interval:
    """A mean with its confidence interval."""

    mean: float
    low: float
    high: float
    level: float


def resamples(problems: int, draws: int = DRAWS, seed: int = 0) -> Iterator[NDArray[np.int64]]:
    """Yield the drawn problem indices, each block of shape (draws of the block, problems)."""
    rng = np.random.default_rng(seed)
    block = max(1, _AT_ONCE // max(1, problems))
    for start in range(0, draws, block):
        yield rng.integers(0, problems, (min(block, draws - start), problems))


def interval(values: Sequence[float], level: float = 0.95, draws: int = DRAWS, seed: int = 0) -> Interval:
    """Mean of the problems' values with its percentile bootstrap interval.

    Whole problems are drawn with replacement, whatever their number of samples: samples of one problem are
    not independent. The interval is a point where all values are equal, which says more about the method
    than about the truth.

    Raises:
        UsageError: there are no values, or the level is not between 0 and 1.
    """
    if not len(values) or not 0 < level < 1 or draws < 1:
        raise UsageError("an interval needs at least one problem, one draw, and a level between 0 and 1")
    measured = np.asarray(values, dtype=np.float64)
    means = np.concatenate([measured[drawn].mean(axis=1) for drawn in resamples(len(measured), draws, seed)])
    low, high = np.percentile(means, [50 * (1 - level), 50 * (1 + level)])
    return Interval(float(measured.mean()), float(low), float(high), level)
