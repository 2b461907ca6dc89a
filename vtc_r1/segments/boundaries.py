"""Boundaries: where a reasoning trace may be cut, best kind first."""

import re
from collections.abc import Callable, Iterable
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from vtc_r1.renderers.blocks import blocks, unfinished
from vtc_r1.renderers.latex.spans import find, opened

Positions = NDArray[np.int64]

BLANK_LINES = re.compile(r"\n[^\S\n]*\n\s*")
_SENTENCE = re.compile(r"[.!?…][\"'”’)\]*]*\s+(?=[^\sa-z])|[。！？][\"”’）】]*\s*")
_LINE = re.compile(r"\n")
_SPACE = re.compile(r"\s+")
_GOES_ON = ",:;"


class Boundaries:
    """Positions at which `text` may be cut: the first character after each cut.

    No position is inside a formula, a code block or a table for which `is_whole` is true.

    Args:
        text: the trace.
        is_whole: whether text[start:end], a formula, code block or table, must not be cut.
        goes_on: more of the trace follows, so whatever is open at the end of `text` extends beyond it.
    """

    def __init__(
        self,
        text: str,
        is_whole: Callable[[int, int], bool] = lambda start, end: True,
        *,
        goes_on: bool = False,
    ) -> None:
        self.text = text
        still = [start for start in (opened(text), unfinished(text)) if start is not None] if goes_on else []
        spans = _merged(
            [
                *((span.start, span.end) for span in find(text)),
                *blocks(text),
                *((start, len(text) + 1) for start in still),
            ]
        )
        whole = [span for span in spans if is_whole(*span)]
        self._starts, self._ends = _array(start for start, _ in whole), _array(end for _, end in whole)

    @cached_property
    def steps(self) -> Positions:
        """Ends of paragraphs that do not introduce the next one."""
        return self._paragraphs[0]

    @cached_property
    def sentences(self) -> Positions:
        """Ends of sentences, and of paragraphs that continue in the next one."""
        text = self.text
        ends = (found.end() for found in _SENTENCE.finditer(text) if not _numbers_a_line(text, found.start()))
        return np.union1d(self._outside(_array(ends)), self._paragraphs[1])

    @cached_property
    def lines(self) -> Positions:
        """Ends of lines."""
        return self._outside(_array(found.end() for found in _LINE.finditer(self.text)))

    @cached_property
    def words(self) -> Positions:
        """Where white space ends."""
        return self._outside(_array(found.end() for found in _SPACE.finditer(self.text)))

    @cached_property
    def edges(self) -> Positions:
        """Where a formula, code block or table starts or ends."""
        return np.union1d(self._starts, self._ends)

    def around(self, position: int) -> tuple[int, int] | None:
        """Start and end of the formula, block or table that a cut at `position` would split."""
        at = int(np.searchsorted(self._starts, position)) - 1
        if at < 0 or self._ends[at] <= position:
            return None
        return int(self._starts[at]), int(self._ends[at])

    @cached_property
    def _paragraphs(self) -> tuple[Positions, Positions]:
        """Ends of paragraphs: of self-contained ones, and of those that continue."""
        sound: list[int] = []
        weak: list[int] = []
        for blank in BLANK_LINES.finditer(self.text):
            (sound if ends_step(self.text, blank) else weak).append(blank.end())
        return self._outside(_array(sound)), self._outside(_array(weak))

    def _outside(self, positions: Positions) -> Positions:
        if not len(self._starts):
            return positions
        before = np.searchsorted(self._starts, positions) - 1
        return positions[(before < 0) | (self._ends[before] <= positions)]


def ends_step(text: str, blank: re.Match[str]) -> bool:
    """Whether the paragraph before these blank lines is self-contained."""
    start, end = blank.span()
    return not start or not (text[start - 1] in _GOES_ON or text[end : end + 1].islower())


def _numbers_a_line(text: str, dot: int) -> bool:
    """Whether the full stop at `dot` belongs to the number of a list item."""
    at = dot
    while at and text[at - 1].isdigit():
        at -= 1
    return at < dot and (at == 0 or text[at - 1] == "\n")


def _merged(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """The spans in order, with overlapping ones merged."""
    joined: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if joined and start < joined[-1][1]:
            joined[-1] = joined[-1][0], max(joined[-1][1], end)
        else:
            joined.append((start, end))
    return joined


def _array(positions: Iterable[int]) -> Positions:
    return np.fromiter(positions, np.int64)
