"""Advantages: how much better a solve is than the others of its problem."""

from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Kind = Literal["group", "leave-one-out"]
_LEAST = 1e-6  #: is added to a standard deviation, and below it rewards count as equal


def advantages(rewards: Sequence[float], kind: Kind = "group") -> NDArray[np.float64] | None:
    """Return the advantage of each solve of one problem, shape (solves,).

    Args:
        rewards: of its solves.
        kind: `group`: the reward less the group's mean, divided by its standard deviation (GRPO);
            `leave-one-out`: the reward less the mean of the others (RLOO).

    Returns None where nothing can be learned: all rewards are equal, or there are fewer than two.
    """
    values = np.asarray(rewards, np.float64)
    if len(values) < 2 or np.ptp(values) < _LEAST:
        return None
    centred: NDArray[np.float64] = values - values.mean()
    if kind == "leave-one-out":
        return np.asarray(centred * len(values) / (len(values) - 1))
    return np.asarray(centred / (values.std(ddof=1) + _LEAST))
