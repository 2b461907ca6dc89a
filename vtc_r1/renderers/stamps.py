"""Stamps: the ink of an atlas in pieces of equal length, which are copied whole when it is drawn."""

from threading import Lock
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from vtc_r1.renderers.atlas import Atlas

PIXELS = 8
"""Pixels of a stamp; what a run leaves over is without ink and lies where its pen is."""


class Stamps(NamedTuple):
    """Runs of an atlas as stamps for a flat canvas of one width.

    Attributes:
        first: first stamp of each run, -1 for one that is not cut yet, shape (runs,).
        counts: stamps of each run, shape (runs,).
        offsets: where each pixel lies from its pen position, shape (stamps, `PIXELS`).
        values: coverage of each pixel, of the same shape.
    """

    first: NDArray[np.int32]
    counts: NDArray[np.int32]
    offsets: NDArray[np.int32]
    values: NDArray[np.uint16]


class StampBook:
    """The stamps of one atlas, each run cut when it is first drawn; safe to share between threads."""

    most = 4
    """Canvas widths for which they are kept."""

    def __init__(self) -> None:
        self._cut: dict[int, Stamps] = {}
        self._cutting = Lock()

    def stamps(self, atlas: "Atlas", stride: int, runs: NDArray[np.int64]) -> Stamps:
        """Stamps of at least these runs, for a canvas of `stride` pixels a row."""
        cut = self._cut.get(stride)
        if cut is None or len(cut.first) < len(atlas.lengths) or cut.first.take(runs).min(initial=0) < 0:
            with self._cutting:
                cut = self._grown(atlas, stride, runs)
        return cut

    def _grown(self, atlas: "Atlas", stride: int, runs: NDArray[np.int64]) -> Stamps:
        if len(self._cut) >= self.most and stride not in self._cut:
            self._cut.clear()
        count = -(-atlas.lengths // PIXELS)
        first = np.full(len(count), -1, np.int32)
        cut = self._cut.get(stride)
        offsets, values = np.zeros((0, PIXELS), np.int32), np.zeros((0, PIXELS), np.uint16)
        if cut is not None:
            offsets, values = cut.offsets, cut.values
            first[: len(cut.first)] = cut.first
        fresh = np.unique(runs)
        fresh = fresh[first[fresh] < 0]
        counts = count[fresh]
        first[fresh] = len(offsets) + np.cumsum(counts) - counts
        more = _cut(atlas, stride, fresh, counts)
        both = np.concatenate([offsets, more[0]]), np.concatenate([values, more[1]])
        self._cut[stride] = grown = Stamps(first, count, *both)
        return grown


def _cut(
    atlas: "Atlas", stride: int, runs: NDArray[np.int64], counts: NDArray[np.int32]
) -> tuple[NDArray[np.int32], NDArray[np.uint16]]:
    """Offsets and values of the stamps of some runs."""
    within = np.arange(int(counts.sum())) - np.repeat(np.cumsum(counts) - counts, counts)
    pixel = (np.repeat(atlas.starts[runs], counts) + within * PIXELS)[:, None] + np.arange(PIXELS)
    beyond = pixel >= np.repeat(atlas.starts[runs] + atlas.lengths[runs], counts)[:, None]
    pixel[beyond] = 0
    offsets = atlas.rows.take(pixel).astype(np.int32) * stride + atlas.columns.take(pixel)
    values = atlas.values.take(pixel).astype(np.uint16)
    offsets[beyond] = values[beyond] = 0
    return offsets, values
