"""Segmentation: a reasoning trace → the segments that the model learns to write one by one.

Segments joined without anything between them equal the trace.
"""

from collections.abc import Iterable
from itertools import pairwise

import numpy as np

from vtc_r1.segments.boundaries import BLANK_LINES, Boundaries, Positions
from vtc_r1.tokens import TokenOffsets


def segment_soundly(trace: str, ruler: TokenOffsets, most: int) -> list[tuple[int, int]]:
    """Cut `trace` at the best boundary near the budget; return start and end of each segment.

    The end of a step or paragraph, of a sentence, or of a line is searched for in the last quarter of
    the budget, then in its last half. At least half a budget is left over, so the last two segments are
    of similar length instead of a full and a short one. Without such a boundary a segment ends after a
    word; if a formula, code block or table is in the way, it ends before that and may be short. One that
    alone exceeds the budget is cut like other text. If none of this applies, the segment ends at its last
    token.

    Args:
        trace: the text.
        ruler: its tokens.
        most: upper bound of a segment in tokens; at least 8.
    """
    boundaries = Boundaries(trace, lambda start, end: ruler.count(start, end) <= most)
    cuts = [0]
    while ruler.count(cuts[-1], len(trace)) > most:
        cuts.append(_Choice(boundaries, ruler, cuts[-1], most).position())
    return list(pairwise([*cuts, len(trace)]))


class _Choice:
    """The choice of one cut after `start`, with a limit in tokens."""

    def __init__(self, boundaries: Boundaries, ruler: TokenOffsets, start: int, most: int) -> None:
        self.found = boundaries
        total, least = ruler.count(start, ruler.length), most // 2
        aim = min(most, total - least)
        self.best = max(start + 1, ruler.reach(start, aim))
        far = max(start + 1, ruler.reach(start, least))
        near = max(far, ruler.reach(start, aim - most // 4))
        self.windows = [(near, self.best), (far, self.best), (self.best, ruler.reach(start, most))]
        self.short = (start + 1, far)

    def position(self) -> int:
        found = self.found
        sound = (found.steps, found.sentences, found.lines)
        for window in self.windows:
            if (at := _last(sound, window)) is not None:
                return at
        for window in (*self.windows, self.short):
            if (at := _last((*sound, found.words, found.edges), window)) is not None:
                return at
        return self.best


def _last(kinds: Iterable[Positions], window: tuple[int, int]) -> int | None:
    """The last position in the window, of the best kind that has one there."""
    for positions in kinds:
        first, after = np.searchsorted(positions, (window[0], window[1] + 1))
        if first < after:
            return int(positions[after - 1])
    return None


def segment_inftythink(trace: str, ruler: TokenOffsets, budget: int) -> list[tuple[int, int]]:
    """Cut `trace` by the rule of the VTC-R1 paper, after InftyThink; return start and end of each.

    Pieces are split at blank lines, one that does not start with an upper-case letter is joined to the one
    before, and a segment is closed once it exceeds the budget: it overshoots by up to one piece, and
    the last one may be short.
    """
    cuts = [0]
    for blank in BLANK_LINES.finditer(trace):
        at = blank.end()
        if trace[at : at + 1].isupper() and ruler.count(cuts[-1], at) > budget:
            cuts.append(at)
    return list(pairwise([*cuts, len(trace)]))


def segment_lines(trace: str, lines: int) -> list[tuple[int, int]]:
    """Cut `trace` after every `lines` lines; a shorter last segment joins the one before.

    Blank lines do not count: they join the segment after them, at the end the one before.
    """
    ends, at = list[int](), 0
    for line in trace.split("\n"):
        at += len(line) + 1
        ends += [at] if line.strip() else []
    cuts = ends[lines - 1 :: lines][:-1]
    return list(pairwise([0, *cuts, len(trace)]))
