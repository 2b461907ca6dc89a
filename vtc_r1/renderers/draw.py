"""Drawing: placed glyphs to ink, a whole page in a few array operations."""

import numpy as np
from numpy.typing import NDArray

from vtc_r1.renderers.atlas import UNIT, Atlas


def draw(
    glyphs: NDArray[np.int32],
    x: NDArray[np.int64],
    baselines: NDArray[np.int64],
    atlas: Atlas,
    shape: tuple[int, int],
) -> NDArray[np.uint8]:
    """Draw glyphs.

    Args:
        glyphs: atlas index of each glyph, shape (glyphs,).
        x: pen position of each glyph in 1/64 px from the left edge.
        baselines: row of each glyph's baseline.
        atlas: where the inked pixels come from.
        shape: (height, width) of the picture, in which every pen position and baseline lies; ink that
            reaches out of it is cut.

    Returns:
        Ink coverage of that shape, 0 to 255; overlapping coverage adds up and is cut at 255.
    """
    height, width = shape
    up, down, left, right = atlas.reach
    stride = left + width + right
    step = UNIT // atlas.phases
    pen = (x + step // 2) // step
    run = glyphs.astype(np.int64) * atlas.phases + pen % atlas.phases
    lengths = atlas.lengths.take(run)
    last = np.cumsum(lengths, dtype=np.int64)
    pixel = np.repeat(atlas.starts.take(run) - (last - lengths), lengths)
    pixel += np.arange(len(pixel))
    where = np.repeat((baselines + up) * stride + pen // atlas.phases + left, lengths)
    where += np.multiply(atlas.rows.take(pixel), stride, dtype=np.int64)
    where += atlas.columns.take(pixel)
    canvas = np.zeros((up + height + down) * stride, np.uint16)
    np.add.at(canvas, where, atlas.values.take(pixel).astype(np.uint16))
    ink = canvas.reshape(-1, stride)[up : up + height, left : left + width]
    return np.minimum(ink, 255).astype(np.uint8)
