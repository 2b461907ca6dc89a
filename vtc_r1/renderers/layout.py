"""Layout: which line each character stands on, and where on it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vtc_r1.renderers import unicode
from vtc_r1.renderers.atlas import PRIVATE, UNIT
from vtc_r1.renderers.breaks import find_breaks, lone_blanks
from vtc_r1.renderers.profile import Profile
from vtc_r1.renderers.shape import NEWLINE, SPACE, Shaped

_SHRUNK = 0.95
"""Width to which the blanks of a line may shrink for one more word, if lines break only after blanks."""


@dataclass(frozen=True, eq=False)
class Lines:
    """Characters set in lines."""

    starts: NDArray[np.int64]  #: index of the first character of each line; the first is 0
    line_of: NDArray[np.int64]  #: line of each character
    x: NDArray[np.int64]  #: pen position of each character in 1/64 px from the left end of its line
    opens: NDArray[np.bool_]  #: whether a paragraph starts with the line
    closes: NDArray[np.bool_]  #: whether a newline or the end of the text ends the line


def set_lines(
    shaped: Shaped, starts: NDArray[np.int64], advances: NDArray[np.int64], profile: Profile
) -> Lines:
    """Place every character; ink never passes the profile's text width.

    Args:
        shaped: at least one character.
        starts: index of the first character of each line.
        advances: pen advance of each character in 1/64 px; 0 for a newline.
        profile: whose text width, indents and alignment apply.
    """
    points, ends = shaped.points, np.cumsum(advances)
    count = len(starts)
    line_of = np.repeat(np.arange(count), np.diff(np.append(starts, len(points))))
    pens = ends - advances
    x = pens - pens[starts][line_of]
    last = np.append(starts[1:], len(points)) - 1
    closes = points[last] == NEWLINE
    closes[-1] = True
    opens = np.append(True, closes[:-1])
    lines = Lines(starts, line_of, x, opens, closes)
    _indent(lines, profile)
    if profile.display == "centred" and points.max() >= PRIVATE:
        _centre(lines, points, advances, profile)
    if profile.line_breaks == "blanks":
        _shrink(lines, points, advances, profile)
    if profile.alignment != "left":
        _align(lines, points, advances, profile)
    right_to_left = unicode.is_right_to_left(points)
    if right_to_left.any():
        _turn(lines, points, advances, right_to_left)
    return lines


def _room(profile: Profile) -> int:
    """Width of a line in 1/64 px."""
    return int(profile.line_width * UNIT)


def break_lines(
    shaped: Shaped, advances: NDArray[np.int64], profile: Profile, wrap: int = 0
) -> NDArray[np.int64]:
    """Index of the first character of every line.

    Args:
        shaped: at least one character.
        advances: pen advance of each character in 1/64 px; 0 for a newline.
        profile: whose text width and indents apply.
        wrap: space for the mark of a wrapped row of code, in 1/64 px.
    """
    points, count = shaped.points, len(shaped.points)
    if profile.line_breaks == "blanks":
        advances = np.where(lone_blanks(points), np.rint(advances * _SHRUNK), advances).astype(np.int64)
    ends = np.cumsum(advances)
    newline = points == NEWLINE
    blank = points == SPACE
    # Only ink must fit: a blank at the end of a line may hang over it.
    reach = np.where(blank, ends - advances, ends)
    after = np.flatnonzero(newline[1:]) + 1
    reach[after] = reach[after - 1]
    np.maximum.accumulate(reach, out=reach)
    room, first = _room(profile), int(profile.first_line_indent * UNIT)
    breaks = find_breaks(shaped, ends, room, profile.line_breaks)
    hard = (np.flatnonzero(newline) + 1).tolist()
    stops = hard if hard and hard[-1] == count else [*hard, count]
    per_page = profile.lines_per_page * profile.columns
    starts: list[int] = []
    start, stop_at, opens = 0, 0, True
    while start < count:
        starts.append(start)
        limit = ends.item(start) - advances.item(start) + room
        if opens:
            limit -= first
        elif wrap and shaped.rows.item(start):
            limit -= wrap
        fits = max(start + 1, int(reach.searchsorted(limit, side="right")))
        opens = fits >= stops[stop_at]
        if opens:
            start = stops[stop_at]
            stop_at += 1
            continue
        # A worse kind of break is used only if the line has none of a better kind.
        following = breaks.best.item(fits)
        if following <= start:
            following = breaks.fair.item(fits)
        if following <= start:
            following = breaks.loose.item(fits)
        if following <= start:
            following = breaks.possible.item(fits)
        if following <= start:
            following = fits
        # A page is read on its own, so a formula that would continue on the next page moves there as a whole.
        if len(starts) % per_page == 0 and start < shaped.whole[following] < following:
            following = int(shaped.whole[following])
        start = following
    return np.array(starts, np.int64)


def _indent(lines: Lines, profile: Profile) -> None:
    if profile.left_indent or profile.first_line_indent:
        indents = np.where(lines.opens, profile.left_indent + profile.first_line_indent, profile.left_indent)
        lines.x[:] += (indents * UNIT).astype(np.int64)[lines.line_of]


def _centre(lines: Lines, points: NDArray[np.uint32], advances: NDArray[np.int64], profile: Profile) -> None:
    """Centre a picture that has a line to itself."""
    inked = (points != SPACE) & (points != NEWLINE)
    alone = np.bincount(lines.line_of[inked], minlength=len(lines.starts)) == 1
    alone &= lines.opens & lines.closes
    at = np.flatnonzero((points >= PRIVATE) & alone[lines.line_of])
    lines.x[at] += np.maximum(_room(profile) - advances[at], 0) // 2


def _align(lines: Lines, points: NDArray[np.uint32], advances: NDArray[np.int64], profile: Profile) -> None:
    """Centre or right-align every line, or stretch its blanks to the full width."""
    free = np.maximum(_free(lines, points, advances, profile), 0)
    if profile.alignment != "justify":
        share = 1 if profile.alignment == "right" else 2
        lines.x[:] += (free // share)[lines.line_of]
        return
    free[lines.closes] = 0
    _spread(lines, points, free)


def _shrink(lines: Lines, points: NDArray[np.uint32], advances: NDArray[np.int64], profile: Profile) -> None:
    """Shrink the blanks of a line that is too long."""
    free = np.minimum(_free(lines, points, advances, profile), 0)
    if free.any():
        _spread(lines, points, free)


def _free(
    lines: Lines, points: NDArray[np.uint32], advances: NDArray[np.int64], profile: Profile
) -> NDArray[np.int64]:
    """Free space of each line, negative if it is too long."""
    inked = (points != SPACE) & (points != NEWLINE)
    right = np.zeros(len(lines.starts), np.int64)
    np.maximum.at(right, lines.line_of[inked], (lines.x + advances)[inked])
    return _room(profile) + int(profile.left_indent * UNIT) - right


def _spread(lines: Lines, points: NDArray[np.uint32], free: NDArray[np.int64]) -> None:
    """Distribute the free space of a line, or its excess, over its blanks."""
    inked = (points != SPACE) & (points != NEWLINE)
    index = np.arange(len(points))
    first, last = np.full(len(free), len(points)), np.zeros(len(free), np.int64)
    np.minimum.at(first, lines.line_of[inked], index[inked])
    np.maximum.at(last, lines.line_of[inked], index[inked])
    inner = (points == SPACE) & (index > first[lines.line_of]) & (index < last[lines.line_of])
    before = np.cumsum(inner) - inner
    rank = before - before[lines.starts][lines.line_of]
    blanks = np.bincount(lines.line_of[inner], minlength=len(free))
    rank = np.minimum(rank, blanks[lines.line_of])
    lines.x[:] += free[lines.line_of] * rank // np.maximum(blanks, 1)[lines.line_of]


def _turn(
    lines: Lines,
    points: NDArray[np.uint32],
    advances: NDArray[np.int64],
    right_to_left: NDArray[np.bool_],
) -> None:
    """Lay out runs of right-to-left letters, and what is between two of them, from right to left."""
    letters = np.flatnonzero(right_to_left)
    neutral = right_to_left | (points == SPACE) | unicode.is_mark(points)
    apart = np.cumsum(~neutral)
    same = (np.diff(apart[letters]) == 0) & (np.diff(lines.line_of[letters]) == 0)
    for run in np.split(letters, np.flatnonzero(~same) + 1):
        start, end = int(run[0]), int(run[-1]) + 1
        while end < len(points) and advances[end] == 0 and points[end] != NEWLINE:
            end += 1
        within = slice(start, end)
        own = np.maximum.accumulate(np.where(advances[within] > 0, np.arange(end - start), 0))
        sides = lines.x[start] + lines.x[end - 1] + advances[end - 1]
        turned = sides - (lines.x[within] + advances[within])[own]
        lines.x[within] = turned + np.where(advances[within] > 0, 0, advances[within][own])
