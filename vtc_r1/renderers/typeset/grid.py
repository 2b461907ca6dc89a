"""Rows and columns of pictures."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from vtc_r1.renderers.typeset.picture import Picture, Placed, filled, place
from vtc_r1.renderers.typeset.stack import axis


@dataclass(frozen=True, slots=True)
class Columns:
    """The layout of the columns of a table."""

    sides: str  #: `l`, `c` or `r` of each column, in turn
    gaps: tuple[int, ...]  #: px before the second column, the third and so on, in turn
    #: before which columns a line is drawn; the number of columns is the right end
    bars: frozenset[int] = frozenset()

    def side(self, column: int) -> str:
        """Position of a cell in its column."""
        return self.sides[column % len(self.sides)]

    def gap(self, column: int) -> int:
        """Blank columns of pixels before a column."""
        return 0 if column == 0 else self.gaps[(column - 1) % len(self.gaps)]


def grid(
    rows: Sequence[Sequence[Picture]],
    columns: Columns,
    size: float,
    rules: frozenset[int] = frozenset(),
) -> Picture:
    """Cells in rows and columns, centred on the height of the minus sign.

    `rules` are the rows before which a line is drawn; the number of rows is the lower end.
    """
    count = max(len(row) for row in rows)
    widths = [max((row[at].width for row in rows if at < len(row)), default=0) for at in range(count)]
    starts, pen = [], 2 if 0 in columns.bars else 0
    for at, width in enumerate(widths):
        pen += columns.gap(at)
        starts.append(pen)
        pen += width
    right = pen + (2 if count in columns.bars else 0)
    parts, lines, bottom = _rows(rows, columns, size, rules, starts, widths)
    parts += [Placed(filled(1, right), 0, line) for line in lines]
    edges = {0: 0, count: right - 1}
    for bar in columns.bars:
        middle = starts[bar] - (columns.gap(bar) + 1) // 2 if bar < count else right - 1
        parts.append(Placed(filled(bottom, 1), edges.get(bar, middle), bottom))
    drawn = place(parts, right)
    ascent = min(max(bottom // 2 + axis(size), 0), drawn.ink.shape[0])
    if not drawn.ink.size:
        return drawn
    return _lifted(drawn, bottom, ascent)


def _rows(
    rows: Sequence[Sequence[Picture]],
    columns: Columns,
    size: float,
    rules: frozenset[int],
    starts: list[int],
    widths: list[int],
) -> tuple[list[Placed], list[int], int]:
    """Cells placed from the upper edge downwards, baselines of the lines, and the height."""
    parts: list[Placed] = []
    lines: list[int] = []
    gap, y = max(2, round(size / 4)), 0
    for at, row in enumerate(rows):
        if at:
            y += gap
        if at in rules:
            lines.append(y + 1)
            y += 1 + gap
        ascent = max(round(0.73 * size), *(cell.ascent for cell in row))
        descent = max(round(0.2 * size), *(cell.descent for cell in row))
        y += ascent
        for cell, column in zip(row, range(len(row)), strict=True):
            spare = widths[column] - cell.width
            shift = {"l": 0, "c": spare // 2, "r": spare}[columns.side(column)]
            parts.append(Placed(cell, starts[column] + shift, y))
        y += descent
    if len(rows) in rules:
        lines.append(y + gap + 1)
        y += gap + 1
    return parts, lines, y


def _lifted(drawn: Picture, height: int, ascent: int) -> Picture:
    """The picture, drawn downwards from its baseline, with the baseline put `ascent` rows lower."""
    rows = drawn.ink.shape[0]
    short = max(0, height - (rows - drawn.ascent))
    ink = np.pad(drawn.ink, ((0, short), (0, 0)))
    return Picture(ink, drawn.ascent + ascent, drawn.advance)
