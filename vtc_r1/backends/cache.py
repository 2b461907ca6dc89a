"""The prefix cache: keys and values of prompts, kept between requests."""

import hashlib
from collections.abc import Hashable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from vtc_r1.renderers.lru_cache import LruCache

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True)
class _Entry:
    names: NDArray[np.int64]
    held: "torch.Tensor"


class PrefixCache:
    """Keys and values of prompts already read, found by their longest common prefix.

    A prompt is identified by its `names`: its token ids, with the tokens of a page replaced by the page's
    hash. The pages are part of the key because two pages of one size have equal token ids; so each iteration
    of a solve reuses the keys and values of the one before, and only of the same pages.
    """

    def __init__(self, most: int, most_bytes: int) -> None:
        self._kept: LruCache[_Entry] = LruCache(most, most_bytes)

    @property
    def held_bytes(self) -> int:
        """Bytes of the cached keys and values."""
        return self._kept.held_bytes

    def __len__(self) -> int:
        return len(self._kept)

    def longest(self, names: NDArray[np.int64]) -> "torch.Tensor | None":
        """Return the keys and values of the longest cached prefix, None without one.

        The prefix is shorter than the prompt: at least one token must be read for logits. Shape (2, layers,
        tokens, heads, width), read-only.
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
        """Add the keys and values of a prompt."""
        key = hashlib.sha256(names.tobytes()).hexdigest()
        self._kept.put(key, _Entry(names, held), held.nbytes + names.nbytes)


def common(first: NDArray[np.int64], second: NDArray[np.int64]) -> int:
    """Return the length of the longest common prefix."""
    length = min(len(first), len(second))
    differ = np.flatnonzero(first[:length] != second[:length])
    return int(differ[0]) if len(differ) else length
