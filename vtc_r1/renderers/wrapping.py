"""Wrapping: a mark before the continuation of a wrapped row of code or of a table.

Code and tables keep the lines of the text, so without a mark the continuation would look like another row.
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from vtc_r1.renderers.shape import NEWLINE, Points, Shaped


def with_wraps(shaped: Shaped, starts: NDArray[np.int64], mark: Points) -> tuple[Shaped, NDArray[np.int64]]:
    """Insert `mark` before the continuation of every wrapped row of code and tables.

    Args:
        shaped: at least one character.
        starts: index of the first character of each line.
        mark: code points of the mark, which the font has.

    Returns:
        The characters with the marks, each mark with the source position of the next character, and the
        starts.
    """
    rest = shaped.rows[starts] & (shaped.points[starts - 1] != NEWLINE)
    rest[0] = False
    if not rest.any():
        return shaped, starts
    lengths = np.ones(len(shaped.points), np.int64)
    lengths[starts[rest]] += len(mark)
    ends = np.cumsum(lengths)
    spread = np.repeat(np.arange(len(lengths)), lengths)
    begins = (ends - lengths)[starts]
    at = (begins[rest][:, None] + np.arange(len(mark))).reshape(-1)
    points, tied, marks = shaped.points[spread], shaped.tied[spread], shaped.marks[spread]
    points[at], tied[at], marks[at] = np.tile(mark, len(begins[rest])), False, True
    whole = (ends - 1)[shaped.whole[spread]]
    whole[at] = at
    added = replace(
        shaped,
        points=points,
        source=shaped.source[spread],
        tied=tied,
        whole=whole,
        marks=marks,
        rows=shaped.rows[spread],
    )
    return added, begins
