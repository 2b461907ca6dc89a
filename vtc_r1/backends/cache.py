"""What is kept between requests: keys and values of prompts, and what the vision tower said of pages."""

import hashlib
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import torch

T = TypeVar("T")


class Recent(Generic[T]):
    """Values by key, the least recently used dropped first.

    Args:
        most: how many are kept.
        most_bytes: how many bytes they may take together; a larger one is not kept at all.
    """

    def __init__(self, most: int, most_bytes: int) -> None:
        self.most, self.most_bytes = most, most_bytes
        self.held_bytes = 0
        self._held: OrderedDict[str, tuple[T, int]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._held)

    def get(self, key: str) -> T | None:
        """Return the value, which becomes the most recent; None where it is not kept."""
        if key not in self._held:
            return None
        self._held.move_to_end(key)
        return self._held[key][0]

    def put(self, key: str, value: T, size: int) -> None:
        """Keep a value of `size` bytes."""
        self.drop(key)
        if size > self.most_bytes:
            return
        self._held[key] = value, size
        self.held_bytes += size
        while len(self._held) > self.most or self.held_bytes > self.most_bytes:
            self.drop(next(iter(self._held)))

    def drop(self, key: str) -> None:
        """Forget a value, if it is kept."""
        if key in self._held:
            self.held_bytes -= self._held.pop(key)[1]

    def items(self) -> list[tuple[str, T]]:
        """Return all keys and values, the most recent first."""
        return [(key, value) for key, (value, _) in reversed(self._held.items())]


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
        best: tuple[int, str, _Entry] | None = None
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
