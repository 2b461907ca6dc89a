"""The order of the examples: those of one batch, and of one pass over all devices, are about equally long."""

import random
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

POOL = 64
"""Number of passes whose examples are drawn together and sorted by length."""


class LengthBuckets:
    """Yields all example numbers once per epoch, in an order that depends only on lengths, seed and epoch.

    The examples are shuffled and divided into pools, and each pool is sorted by length and divided into
    passes: what all processes read at once. Passes are then shuffled, except that the longest of all comes
    first, so that a run that does not fit into memory ends at once.

    Args:
        lengths: of the examples.
        width: examples of one pass: those of a batch times the processes.
        seed: of the order.
    """

    def __init__(self, lengths: Sequence[int] | NDArray[np.int64], width: int, seed: int) -> None:
        self.lengths, self.width, self.seed = np.asarray(lengths), width, seed
        self.epoch = 0

    def __len__(self) -> int:
        return len(self.lengths)

    def set_epoch(self, epoch: int) -> None:
        """Set the epoch."""
        self.epoch = epoch

    def __iter__(self) -> Iterator[int]:
        rng = random.Random(f"order:{self.seed}:{self.epoch}")
        order = list(range(len(self)))
        rng.shuffle(order)
        step = POOL * self.width
        passes: list[list[int]] = []
        for start in range(0, len(order), step):
            pool = sorted(order[start : start + step], key=lambda at: (int(self.lengths[at]), at))
            passes += [pool[at : at + self.width] for at in range(0, len(pool), self.width)]
        *whole, last = passes  # the last one may be short, and must stay the last
        rng.shuffle(whole)
        if whole:
            longest = max(range(len(whole)), key=lambda at: int(self.lengths[whole[at]].max()))
            whole.insert(0, whole.pop(longest))
        for each in (*whole, last):
            yield from each
