"""Drawing: placed glyphs to grey pixels, a whole segment in a few array operations."""

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
    """Draw black on white.

    Args:
        glyphs: atlas index of each glyph, shape (glyphs,).
        x: pen position of each glyph in 1/64 px from the left edge.
        baselines: row of each glyph's baseline.
        atlas: where the inked pixels come from.
        shape: (height, width) of the picture; ink outside of it is cut.

    Returns:
        Grey pixels of that shape; overlapping coverage adds up and is cut at black.
    """
    height, width = shape
    phases = atlas.phases
    step = UNIT // phases
    pen = (x + step // 2) // step
    run = glyphs.astype(np.int64) * phases + pen % phases
    lengths = atlas.lengths[run]
    last = np.cumsum(lengths, dtype=np.int64)
    total = int(last[-1]) if len(last) else 0
    pixel = np.arange(total) + np.repeat(atlas.starts[run] - (last - lengths), lengths)
    rows = np.repeat(baselines, lengths) + atlas.rows[pixel]
    columns = np.repeat(pen // phases, lengths) + atlas.columns[pixel]
    inside = (rows >= 0) & (rows < height) & (columns >= 0) & (columns < width)
    where = (rows * width + columns)[inside]
    ink = np.bincount(where, weights=atlas.values[pixel][inside], minlength=height * width)
    return (255 - np.minimum(ink, 255).astype(np.uint8)).reshape(height, width)
