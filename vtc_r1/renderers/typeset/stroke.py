"""Strokes: anti-aliased lines through points."""

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

Points = Sequence[tuple[float, float]]
_FINE = 8  #: sub-pixels a side; their mean is the coverage


def strokes(columns: int, rows: int, lines: Iterable[Points], thickness: float) -> NDArray[np.uint8]:
    """Ink of `lines`, each a row of (x, y) px from the upper left corner, in a box of that size."""
    canvas = Image.new("L", (columns * _FINE, rows * _FINE))
    pencil = ImageDraw.Draw(canvas)
    for line in lines:
        scaled = [(x * _FINE, y * _FINE) for x, y in line]
        pencil.line(scaled, fill=255, width=max(1, round(thickness * _FINE)), joint="curve")
    return np.asarray(canvas.reduce(_FINE), np.uint8)


def weight(size: float) -> float:
    """Thickness in px of a stroke next to text of `size` px."""
    return max(0.9, size / 11)
