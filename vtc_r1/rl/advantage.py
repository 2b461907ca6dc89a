"""Advantages: how much better a solve is than the other solves of its group."""

from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

AdvantageEstimator = Literal["group", "leave-one-out"]
_EPSILON = 1e-6  #: added to the standard deviation; rewards that differ by less count as equal


def advantages(
    rewards: Sequence[float], estimator: AdvantageEstimator = "group"
) -> NDArray[np.float64] | None:
    """Return the advantages of the solves of one group, shape (solves,).

    Args:
        rewards: one for each solve.
        estimator: `group`: (reward - mean of the group) / standard deviation of the group (GRPO);
            `leave-one-out`: reward - mean of the other rewards (RLOO).

    Returns None for a group without a gradient: all rewards are equal, or there are fewer than two.
    """
    values = np.asarray(rewards, np.float64)
    if len(values) < 2 or np.ptp(values) < _EPSILON:
        return None
    centred: NDArray[np.float64] = values - values.mean()
    if estimator == "leave-one-out":
        return np.asarray(centred * len(values) / (len(values) - 1))
    return np.asarray(centred / (values.std(ddof=1) + _EPSILON))
