"""Pagination: which page, column and row each line stands on."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vtc_r1.renderers.layout import Lines
from vtc_r1.renderers.profile import Profile


@dataclass(frozen=True, eq=False)
class Pagination:
    """Lines on pages; all arrays have shape (lines,), lengths are in pixels of the page."""

    page_of: NDArray[np.int64]  #: page of each line, ascending
    left: NDArray[np.int64]  #: left end of the line's column
    top: NDArray[np.int64]  #: first row of the line, the space before a paragraph left out
    baseline: NDArray[np.int64]  #: row of its baseline
    bottom: NDArray[np.int64]  #: the row after its last


def paginate(
    lines: Lines, above: NDArray[np.int64], below: NDArray[np.int64], baseline: int, profile: Profile
) -> Pagination:
    """Fill columns and pages with lines, in order.

    Args:
        lines: at least one line.
        above: rows that each line needs above its baseline, beyond an ordinary line.
        below: likewise below it.
        baseline: rows from an ordinary line's top to its baseline.
        profile: whose geometry applies.
    """
    before = np.where(lines.opens, profile.space_before, 0.0)
    after = np.where(lines.closes, profile.space_after, 0.0)
    heights = (above + below).astype(np.float64) + profile.line_height
    if above.any() or below.any() or before.any() or after.any():
        column_of, offset = _fill(before, heights, after, profile)
    else:
        column_of, offset = _even(len(above), profile)
    page_of, column = np.divmod(column_of, profile.columns)
    top = profile.margin_y + np.floor(offset + 1e-9).astype(np.int64)
    return Pagination(
        page_of=page_of,
        left=profile.margin_x + column * (profile.text_width + profile.column_gap),
        top=top,
        baseline=top + above + baseline,
        bottom=top + np.ceil(heights - 1e-9).astype(np.int64),
    )


def _even(count: int, profile: Profile) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Column and offset of lines that are all of one height; the columns of a cropped last page are level."""
    column_of, row = np.divmod(np.arange(count), profile.lines_per_column)
    if profile.crop and profile.columns > 1:
        full = (count - 1) // profile.lines_per_page
        first = full * profile.lines_per_page
        level = -(-(count - first) // profile.columns)
        column, row[first:] = np.divmod(np.arange(count - first), level)
        column_of[first:] = full * profile.columns + column
    return column_of, row * profile.line_height


def _fill(
    before: NDArray[np.float64], height: NDArray[np.float64], after: NDArray[np.float64], profile: Profile
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Column and offset of each line; a space at a column's head is dropped."""
    room = profile.height - 2 * profile.margin_y
    column, used = 0, 0.0
    columns, offsets = [], []
    for space, own, behind in zip(before.tolist(), height.tolist(), after.tolist(), strict=True):
        top = used + space if used else 0.0
        if used and top + own > room:
            column, top = column + 1, 0.0
        columns.append(column)
        offsets.append(top)
        used = top + own + behind
    return np.array(columns, np.int64), np.array(offsets)
