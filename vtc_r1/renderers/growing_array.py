"""An array that grows at its end; views that were read before stay valid."""

from typing import Any

import numpy as np
from numpy.typing import NDArray


class GrowingArray:
    """Values in a block of memory; when it is full, the next block is half as long again."""

    def __init__(self, values: NDArray[Any]) -> None:
        self._room = values
        self._used = len(values)

    @property
    def values(self) -> NDArray[Any]:
        """The values so far; a view, to be read only."""
        return self._room[: self._used]

    def append(self, values: NDArray[Any]) -> None:
        """Add `values` at the end, with a wider type if theirs needs it; earlier views stay valid."""
        end = self._used + len(values)
        kind = np.promote_types(self._room.dtype, values.dtype)
        if end > len(self._room) or kind != self._room.dtype:
            self._room = self._moved(max(end, self._used * 3 // 2), kind)
        self._room[self._used : end] = values
        self._used = end

    def copy(self, more: int, kind: type[np.generic]) -> "GrowingArray":
        """Return an independent copy with room for `more` values."""
        copied = GrowingArray(self._moved(self._used + more, np.dtype(kind)))
        copied._used = self._used
        return copied

    def _moved(self, length: int, kind: np.dtype[Any]) -> NDArray[Any]:
        room = np.empty(length, kind)
        room[: self._used] = self.values
        return room
