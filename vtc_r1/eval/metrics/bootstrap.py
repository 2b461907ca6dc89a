"""Bootstrap over pages or problems: confidence intervals of pooled shares."""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from vtc_r1.errors import UsageError
from vtc_r1.eval.metrics.estimate import Interval

DRAWS = 10_000
_AT_ONCE = 2_000_000
"""Indices drawn at once, to bound memory."""


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
