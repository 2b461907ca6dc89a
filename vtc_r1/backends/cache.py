"""What is kept between requests: keys and values of prompts."""

import hashlib
from collections.abc import Hashable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from vtc_r1.renderers.recent import Recent

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True)
class _Entry:
    names: NDArray[np.int64]
    held: "torch.Tensor"


class PrefixCache:
    """Keys and values of prompts already read, found by their longest common prefix.

    A prompt is known by its `names`: token ids, and in the place of a page's tokens what identifies
    the page. So a solve finds what its last iteration left, whatever was read in between.
    """

    def __init__(self, most: int, most_bytes: int) -> None:
        self._kept: Recent[_Entry] = Recent(most, most_bytes)

    @property
    def held_bytes(self) -> int:
        """Bytes of the keys and values that are kept."""
        return self._kept.held_bytes

    def __len__(self) -> int:
        return len(self._kept)

    def longest(self, names: NDArray[np.int64]) -> "torch.Tensor | None":
        """Return keys and values of the longest prefix that is shorter than the prompt; None without one.

        Shape (2, layers, tokens, heads, width), to be read only.
        """
        best: tuple[int, Hashable, _Entry] | None = None
        for key, entry in self._kept.items():
            length = min(common(entry.names, names), len(names) - 1)
            if length > (best[0] if best else 0):
                best = length, key, entry
        if best is None:
            return None
        length, key, entry = best
        self._kept.get(key)
        return entry.held[:, :, :length]

    def put(self, names: NDArray[np.int64], held: "torch.Tensor") -> None:
        """Keep what a prompt left."""
        key = hashlib.sha256(names.tobytes()).hexdigest()
        self._kept.put(key, _Entry(names, held), held.nbytes + names.nbytes)


def common(first: NDArray[np.int64], second: NDArray[np.int64]) -> int:
    """Length of the longest common prefix."""
    length = min(len(first), len(second))
    differ = np.flatnonzero(first[:length] != second[:length])
    return int(differ[0]) if len(differ) else length
