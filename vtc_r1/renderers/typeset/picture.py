"""A drawn formula, and the composition of pictures on one canvas."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Picture:
    """A drawn formula: ink coverage (rows, columns) 0..255, and the number of rows above the baseline.

    Column 0 is at the pen position, so that a side bearing is blank columns; the rows reach from the
    highest ink, or the baseline, to the lowest ink, or the baseline: 0 <= ascent <= rows.
    """

    ink: NDArray[np.uint8]
    ascent: int
    advance: float  #: px from its pen position to the next one

    @property
    def descent(self) -> int:
        """Rows below the baseline."""
        return len(self.ink) - self.ascent

    @property
    def width(self) -> int:
        """Columns that ink or advance takes."""
        return max(int(self.ink.shape[1]), round(self.advance))

    @property
    def is_blank(self) -> bool:
        """Whether there is no ink."""
        return not self.ink.any()


@dataclass(frozen=True, eq=False)
class Placed:
    """A picture on a canvas: its pen position in columns, its baseline in rows below that of the canvas."""

    picture: Picture
    column: int = 0
    row: int = 0


def blank(advance: float) -> Picture:
    """An advance without ink."""
    return Picture(np.zeros((0, 0), np.uint8), 0, advance)


def filled(rows: int, columns: int) -> Picture:
    """A black rectangle on the baseline."""
    return Picture(np.full((rows, columns), 255, np.uint8), rows, columns)


def place(parts: Iterable[Placed], advance: float) -> Picture:
    """Put pictures on one canvas; if one extends left of the pen position, all are moved right."""
    inked = [part for part in parts if part.picture.ink.size]
    if not inked:
        return blank(advance)
    top = max(0, *(part.picture.ascent - part.row for part in inked))
    bottom = max(0, *(part.picture.descent + part.row for part in inked))
    left = min(0, *(part.column for part in inked))
    right = max(part.column + part.picture.ink.shape[1] for part in inked)
    ink = np.zeros((top + bottom, right - left), np.uint8)
    for part in inked:
        rows, columns = part.picture.ink.shape
        y, x = top + part.row - part.picture.ascent, part.column - left
        under = ink[y : y + rows, x : x + columns]
        np.maximum(under, part.picture.ink, out=under)
    return Picture(ink, top, advance - left)


def side_by_side(pictures: Sequence[Picture]) -> Picture:
    """Pictures one after the other on one baseline."""
    if len(pictures) == 1:
        return pictures[0]
    parts, pen = [], 0.0
    for picture in pictures:
        parts.append(Placed(picture, round(pen)))
        pen += picture.advance
    return place(parts, pen)


def trimmed(picture: Picture) -> Picture:
    """The picture without blank rows at its ends and blank columns at its right."""
    rows, columns = np.nonzero(picture.ink)
    if not len(rows):
        return blank(picture.advance)
    top = min(int(rows.min()), picture.ascent)
    bottom = max(int(rows.max()) + 1, picture.ascent)
    ink = picture.ink[top:bottom, : int(columns.max()) + 1].copy()
    ink.setflags(write=False)
    return Picture(ink, picture.ascent - top, picture.advance)
