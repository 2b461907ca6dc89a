"""Stamps: the ink of an atlas in pieces of equal length, which are copied as a whole when drawing."""

from threading import Lock
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

PIXELS = 8  #: pixels of a stamp; unused ones have no ink and lie at the pen position


class Runs(Protocol):
    """The runs of inked pixels of an atlas."""

    phases: int
    starts: NDArray[np.int64]
    lengths: NDArray[np.int32]
    rows: NDArray[np.int8 | np.int16]
    columns: NDArray[np.int8 | np.int16]
    values: NDArray[np.uint8]


class Stamps(NamedTuple):
    """Runs of an atlas as stamps for a flat canvas of one width."""

    first: NDArray[np.int32]  #: first stamp of each run, -1 for one not cut yet, shape (runs,)
    counts: NDArray[np.int32]  #: number of stamps of each run, shape (runs,)
    offsets: NDArray[np.int32]  #: offset of each pixel from the pen position, shape (stamps, `PIXELS`)
    values: NDArray[np.uint16]  #: coverage of each pixel, of the same shape


class StampBook:
    """The stamps of one atlas, each run cut when it is first drawn; safe to share between threads."""

    most = 4  #: number of canvas widths for which stamps are kept

    def __init__(self) -> None:
        self._cut: dict[int, Stamps] = {}
        self._cutting = Lock()

    def stamps(self, atlas: Runs, stride: int, runs: NDArray[np.int64]) -> Stamps:
        """Stamps of at least these runs, for a canvas of `stride` pixels per row."""
        cut = self._cut.get(stride)
        if cut is None or len(cut.first) < len(atlas.lengths) or cut.first.take(runs).min(initial=0) < 0:
            with self._cutting:
                cut = self._grown(atlas, stride, runs)
        return cut

    def _grown(self, atlas: Runs, stride: int, runs: NDArray[np.int64]) -> Stamps:
        """Cut the glyphs of these runs that are not cut yet, in all their phases."""
        # Offsets depend on the width of the canvas, so every page width has stamps of its own.
        if len(self._cut) >= self.most and stride not in self._cut:
            self._cut.clear()
        cut = self._cut.get(stride, _NONE)
        first = np.full(len(atlas.lengths), -1, np.int32)
        counts = np.zeros(len(first), np.int32)
        first[: len(cut.first)], counts[: len(cut.first)] = cut.first, cut.counts
        glyphs = np.unique(runs[first.take(runs) < 0] // atlas.phases)
        fresh = (glyphs[:, None] * atlas.phases + np.arange(atlas.phases)).reshape(-1)
        counts[fresh] = -(-atlas.lengths[fresh] // PIXELS)
        first[fresh] = len(cut.offsets) + np.cumsum(counts[fresh]) - counts[fresh]
        offsets, values = _cut(atlas, stride, fresh, counts[fresh])
        self._cut[stride] = grown = Stamps(
            first, counts, np.concatenate([cut.offsets, offsets]), np.concatenate([cut.values, values])
        )
        return grown


_NO_RUNS = np.zeros(0, np.int32)
_NONE = Stamps(_NO_RUNS, _NO_RUNS, np.zeros((0, PIXELS), np.int32), np.zeros((0, PIXELS), np.uint16))


def _cut(
    atlas: Runs, stride: int, runs: NDArray[np.int64], counts: NDArray[np.int32]
) -> tuple[NDArray[np.int32], NDArray[np.uint16]]:
    """Offsets and values of the stamps of some runs."""
    within = np.arange(int(counts.sum())) - np.repeat(np.cumsum(counts) - counts, counts)
    pixel = (np.repeat(atlas.starts[runs], counts) + within * PIXELS)[:, None] + np.arange(PIXELS)
    beyond = pixel >= np.repeat(atlas.starts[runs] + atlas.lengths[runs], counts)[:, None]
    pixel[beyond] = 0
    offsets = atlas.rows.take(pixel).astype(np.int32) * stride + atlas.columns.take(pixel)
    values = atlas.values.take(pixel).astype(np.uint16)
    # The padding adds nothing at the pen position, which is always on the canvas.
    offsets[beyond] = values[beyond] = 0
    return offsets, values
