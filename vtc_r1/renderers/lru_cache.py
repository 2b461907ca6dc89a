"""A bounded cache that drops the least recently used values."""

from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

T = TypeVar("T")


class LruCache(Generic[T]):
    """Values by key, the least recently used dropped first.

    Args:
        most: maximum number of values.
        most_bytes: maximum total size in bytes; a larger value is not kept at all.
    """

    def __init__(self, most: int, most_bytes: int) -> None:
        self.most, self.most_bytes = most, most_bytes
        self.held_bytes = 0
        self._held: OrderedDict[Hashable, tuple[T, int]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._held)

    def get(self, key: Hashable) -> T | None:
        """Return the value and mark it as most recent; None if it is not there."""
        if key not in self._held:
            return None
        self._held.move_to_end(key)
        return self._held[key][0]

    def put(self, key: Hashable, value: T, size: int) -> None:
        """Store a value of `size` bytes."""
        self.drop(key)
        if size > self.most_bytes:
            return
        self._held[key] = value, size
        self.held_bytes += size
        while len(self._held) > self.most or self.held_bytes > self.most_bytes:
            self.drop(next(iter(self._held)))

    def drop(self, key: Hashable) -> None:
        """Drop a value if it is there."""
        if key in self._held:
            self.held_bytes -= self._held.pop(key)[1]

    def items(self) -> list[tuple[Hashable, T]]:
        """Return all keys and values, the most recent first."""
        return [(key, value) for key, (value, _) in reversed(self._held.items())]
