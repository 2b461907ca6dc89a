"""Sixel: a grey picture as six rows of pixels a character, as DEC's terminals and many since show it."""

import re

import numpy as np
from numpy.typing import NDArray

_GREYS = 16
_WEIGHTS = np.array([[1], [2], [4], [8], [16], [32]], np.uint8)
"""Of the six rows of pixels in a character."""
_RUN = re.compile(rb"(.)\1{3,}")
_START, _END = b'\x1bP0;1;0q"1;1;%d;%d', b"\x1b\\"


def sixel(pixels: NDArray[np.uint8]) -> bytes:
    """Encode grey `pixels` of shape (height, width), 0 black to 255 white, in sixteen greys."""
    height, width = pixels.shape
    padded = np.full((-(-height // 6) * 6, width), 255, np.uint8)
    padded[:height] = pixels
    levels = (padded.astype(np.uint16) * (_GREYS - 1) + 127) // 255
    parts = [_START % (width, height)]
    for grey in range(_GREYS):
        parts.append(b"#%d;2;%d;%d;%d" % (grey, *[round(100 * grey / (_GREYS - 1))] * 3))
    for top in range(0, padded.shape[0], 6):
        band = levels[top : top + 6]
        parts.append(b"$".join(_row(band == grey, int(grey)) for grey in np.unique(band)) + b"-")
    return b"".join(parts) + _END


def _row(inked: NDArray[np.bool_], grey: int) -> bytes:
    """Encode where one grey stands in a band of six rows."""
    line = ((inked * _WEIGHTS).sum(axis=0, dtype=np.uint8) + 63).tobytes()
    return b"#%d" % grey + _RUN.sub(lambda run: b"!%d%s" % (len(run[0]), run[1]), line)
