"""Bootstrap intervals: how far a figure would move had other segments been drawn."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

RESAMPLES = 2000


def interval(
    measured: NDArray[Any], figure: Callable[[NDArray[Any]], float], seed: int = 0
) -> tuple[float, float]:
    """95 % percentile interval of `figure` over the rows of `measured`, resampled with replacement."""
    rng = np.random.default_rng(seed)
    rows = rng.integers(0, len(measured), (RESAMPLES, len(measured)))
    low, high = np.percentile([figure(measured[row]) for row in rows], [2.5, 97.5])
    return float(low), float(high)


def ratio_of_medians(pairs: NDArray[Any]) -> float:
    """Median of the first column over the median of the second."""
    first, second = np.median(pairs, axis=0)
    return float(first / second)
