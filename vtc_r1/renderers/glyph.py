"""A glyph: its advance and its inked pixels, ready for an atlas."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from vtc_r1.errors import ProfileError

REACH = 4096  #: maximum distance of ink from the pen in pixels, in any direction


class Run(NamedTuple):
    """Inked pixels: rows down from the baseline, columns right of the pen, coverage 1 to 255."""

    rows: NDArray[np.int16]
    columns: NDArray[np.int16]
    values: NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class Glyph:
    """One glyph."""

    advance: int  #: how far it moves the pen, in 1/64 px
    runs: tuple[Run, ...]  #: its ink in each sub-pixel phase, or one run that all phases share

    @classmethod
    def picture(cls, ink: NDArray[np.uint8], above: int, advance: int, left: int = 0) -> "Glyph":
        """Make a glyph from a finished picture, which is placed on whole pixels wherever the pen is.

        Args:
            ink: coverage, 0 to 255, shape (height, width).
            above: rows of `ink` above the baseline.
            advance: how far the glyph moves the pen, in 1/64 px.
            left: columns from the pen to the picture's left edge.

        Raises:
            ProfileError: the picture reaches more than `REACH` pixels from the pen.
        """
        return cls(advance, (run_of(ink, -above, left),))


def run_of(ink: NDArray[np.uint8], top: int, left: int) -> Run:
    """Run of the inked pixels of `ink`, whose corner lies at row `top`, column `left`.

    Raises ProfileError if the picture reaches more than `REACH` pixels from the pen.
    """
    height, width = ink.shape
    if max(-top, top + height, -left, left + width) > REACH:
        raise ProfileError(f"a glyph of {width}×{height} px lies too far from the pen; make the font smaller")
    rows, columns = np.nonzero(ink)
    values = ink[rows, columns]
    return Run((rows + top).astype(np.int16), (columns + left).astype(np.int16), values)
