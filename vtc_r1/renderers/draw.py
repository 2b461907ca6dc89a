"""Drawing: placed glyphs to ink, some thousand glyphs at a time in array operations.

The arrays of one batch are small enough to reuse memory of the process, which costs a third as much as fresh
memory.
"""

import numpy as np
from numpy.typing import NDArray

from vtc_r1.renderers.atlas import UNIT, Atlas
from vtc_r1.renderers.scratch import Scratch
from vtc_r1.renderers.stamps import PIXELS, Stamps

_BATCH = 4_096  #: number of glyphs drawn at a time


_canvas: Scratch[np.uint16] = Scratch(np.uint16)


def draw(
    glyphs: NDArray[np.int32],
    x: NDArray[np.int64],
    baselines: NDArray[np.int64],
    atlas: Atlas,
    shape: tuple[int, int],
    weights: NDArray[np.uint16] | None = None,
) -> NDArray[np.uint8]:
    """Draw glyphs.

    Args:
        glyphs: atlas index of each glyph, shape (glyphs,).
        x: pen position of each glyph in 1/64 px from the left edge.
        baselines: row of each glyph's baseline.
        atlas: where the inked pixels come from.
        shape: (height, width) of the picture, in which every pen position and baseline lies; ink
            outside of it is clipped.
        weights: strength of each glyph's ink, 256 for full strength.

    Returns:
        Ink coverage of that shape, 0 to 255; overlapping coverage adds up and is clipped at 255.
    """
    height, width = shape
    up, down, left, right = atlas.reach
    stride = left + width + right
    # The canvas is larger than the page by the reach of the ink, so that drawing needs no clipping.
    canvas = _canvas.take((up + height + down) * stride)
    canvas.fill(0)
    # Text set at whole pixels has uneven gaps, which readers of small type stumble over. A glyph is therefore
    # drawn once per quarter of a pixel, and the pen is rounded to the nearest one.
    step = UNIT // atlas.phases
    pen = (x + step // 2) // step
    runs = glyphs.astype(np.int64) * atlas.phases + pen % atlas.phases
    corners = ((baselines + up) * stride + pen // atlas.phases + left).astype(np.int32)
    stamps = atlas.book.stamps(atlas, stride, runs)
    for first in range(0, len(glyphs), _BATCH):
        batch = slice(first, first + _BATCH)
        _add(canvas, runs[batch], corners[batch], stamps, None if weights is None else weights[batch])
    sums = canvas.reshape(-1, stride)[up : up + height, left : left + width]
    ink = sums.astype(np.uint8)
    ink[sums > 255] = 255
    return ink


def _add(
    canvas: NDArray[np.uint16],
    runs: NDArray[np.int64],
    corners: NDArray[np.int32],
    stamps: Stamps,
    weights: NDArray[np.uint16] | None,
) -> None:
    """Add the ink of some runs, each at the index of its pen position and baseline in the canvas."""
    counts = stamps.counts.take(runs)
    stamp = np.repeat(stamps.first.take(runs) - (np.cumsum(counts) - counts), counts)
    stamp += np.arange(len(stamp))
    pixels = counts * PIXELS
    where = stamps.offsets.take(stamp, axis=0).reshape(-1)
    where += np.repeat(corners, pixels)
    values = stamps.values.take(stamp, axis=0).reshape(-1)
    if weights is not None:
        values *= np.repeat(weights, pixels)
        values >>= 8
    # Glyphs overlap: `canvas[where] += values` would add only one of two coverages of a pixel.
    np.add.at(canvas, where, values)
