"""Layout: which glyph stands where, and which slice of the text each line carries."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vtc_r1.renderers.atlas import ESCAPE, UNIT, Atlas
from vtc_r1.renderers.profile import Profile

NEWLINE_MARK = "⏎"
_NEWLINE, _TAB, _SPACE = 0x0A, 0x09, 0x20
_BREAK_BEFORE = np.array([ord(c) for c in "+-=<>*/\\({["], np.uint32)


@dataclass(frozen=True)
class Layout:
    """Placed glyphs, and the lines that they form.

    Attributes:
        glyphs: atlas index of each placed glyph, shape (glyphs,).
        x: pen position of each glyph in 1/64 px from the left margin.
        line_of: line on which each glyph stands.
        starts: index into the source text at which each line starts; the first is 0.
        missing: source indices of the characters that are drawn as escapes.
        length: characters of the source text.
    """

    glyphs: NDArray[np.int32]
    x: NDArray[np.int64]
    line_of: NDArray[np.int64]
    starts: NDArray[np.int64]
    missing: NDArray[np.int64]
    length: int


def lay_out(text: str, profile: Profile, atlas: Atlas) -> Layout:
    """Place every character of `text`; a line is never wider than the profile's text width."""
    points, source, missing = _characters(text, profile, atlas)
    drawn = _drawn(points, profile)
    glyphs = atlas.index[drawn]
    advances = np.where(glyphs >= 0, atlas.advances[glyphs], 0).astype(np.int64)
    ends = np.cumsum(advances)
    starts = _line_starts(points, advances, ends, profile)
    line_of = np.searchsorted(starts, np.arange(len(points)), side="right") - 1
    x = ends - advances - (ends - advances)[starts][line_of] if len(points) else ends
    shown = glyphs >= 0
    return Layout(
        glyphs=glyphs[shown],
        x=x[shown],
        line_of=line_of[shown],
        starts=source[starts] if len(points) else starts,
        missing=missing,
        length=len(text),
    )


def _characters(
    text: str, profile: Profile, atlas: Atlas
) -> tuple[NDArray[np.uint32], NDArray[np.int64], NDArray[np.int64]]:
    """Code points to draw, the source index of each, and the source indices of missing glyphs."""
    points = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)
    source = np.arange(len(points), dtype=np.int64)
    known = (atlas.index[points] >= 0) | (points == _TAB)
    if profile.layout == "lines" or atlas.index[ord(NEWLINE_MARK)] >= 0:
        known |= points == _NEWLINE
    missing = np.flatnonzero(~known)
    if not len(missing):
        return points, source, missing
    escapes = {int(point): _escape(int(point), atlas) for point in np.unique(points[missing])}
    lengths = np.ones(len(points), np.int64)
    lengths[missing] = [len(escapes[int(point)]) for point in points[missing]]
    expanded = np.repeat(points, lengths)
    expanded[np.repeat(~known, lengths)] = np.concatenate([escapes[int(point)] for point in points[missing]])
    return expanded, np.repeat(source, lengths), missing


def _escape(point: int, atlas: Atlas) -> NDArray[np.uint32]:
    escape = ESCAPE.format(point)
    if atlas.index[ord("⟨")] < 0:
        escape = escape.replace("⟨", "<").replace("⟩", ">")
    return np.array([ord(c) for c in escape], np.uint32)


def _drawn(points: NDArray[np.uint32], profile: Profile) -> NDArray[np.uint32]:
    """What stands on the page for each character: newlines as their mark, tabs as spaces."""
    drawn = np.where(points == _TAB, np.uint32(_SPACE), points)
    if profile.layout == "reflow":
        drawn = np.where(points == _NEWLINE, np.uint32(ord(NEWLINE_MARK)), drawn)
    return drawn


def _line_starts(
    points: NDArray[np.uint32], advances: NDArray[np.int64], ends: NDArray[np.int64], profile: Profile
) -> NDArray[np.int64]:
    """Index of the first character of every line."""
    count, limit = len(points), profile.text_width * UNIT
    if not count:
        return np.zeros(0, np.int64)
    blank = (points == _SPACE) | (points == _TAB) | (points == _NEWLINE)
    reach = np.where(blank & (points != _NEWLINE), ends - advances, ends)
    np.maximum.accumulate(reach, out=reach)
    opportunity = _opportunities(points, blank)
    hard = np.flatnonzero(points == _NEWLINE) + 1 if profile.layout == "lines" else np.zeros(0, np.int64)
    stops = [*hard.tolist(), count] if not len(hard) or hard[-1] < count else hard.tolist()
    starts, start, stop_at = [], 0, 0
    while start < count:
        starts.append(start)
        while stops[stop_at] <= start:
            stop_at += 1
        origin = int(ends[start] - advances[start])
        fits = max(start + 1, int(np.searchsorted(reach, origin + limit, side="right")))
        if fits >= stops[stop_at]:
            start = stops[stop_at]
        else:
            best = int(opportunity[fits])
            start = best if best > start else fits
    return np.array(starts, np.int64)


def _opportunities(points: NDArray[np.uint32], blank: NDArray[np.bool_]) -> NDArray[np.int64]:
    """For each index the last index at or before it where a line may start, 0 where none."""
    may = np.zeros(len(points) + 1, bool)
    may[1:] |= blank
    may[1:-1] |= np.isin(points[1:], _BREAK_BEFORE) & ~np.isin(points[:-1], _BREAK_BEFORE)
    may[:-1] &= ~blank | (points == _NEWLINE)
    return np.maximum.accumulate(np.where(may, np.arange(len(may)), 0))
