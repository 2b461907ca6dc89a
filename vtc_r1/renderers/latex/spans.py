"""Formulas in text: where they start and end, and their delimiters."""

import re
from bisect import bisect_left
from functools import cached_property
from typing import NamedTuple

from vtc_r1.renderers.latex.marks import CLOSERS, Marks, is_parted, is_verbatim
from vtc_r1.renderers.latex.prose import is_formula, may_be_latex

_PATTERN = re.compile(r"(?<!\\)\\(?:[1-9<?+@=]|[dswDSW](?![a-zA-Z]))")
_NEAR = 200  #: maximum distance between a group of a pattern and its other parts
SEEN = 12  #: characters after a span that tell whether it is a formula


class Span(NamedTuple):
    """A formula: text[start:end] with its delimiters, text[inner:outer] without."""

    start: int
    inner: int
    outer: int
    end: int
    display: bool  #: stands on a line of its own when set by LaTeX


def find(text: str) -> list[Span]:
    """All formulas of `text`, in order; none overlap."""
    if "$" not in text and "\\" not in text:
        return []
    return _Finder(text).spans()


def opened(text: str) -> int | None:
    r"""Start of an unfinished formula: of `$$`, `\[`, `\(` or an environment, not of one dollar."""
    if "$" not in text and "\\" not in text and "[asy]" not in text:
        return None
    return _Finder(text).opened()


class _Finder:
    """One walk over the marks of a text."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.all = Marks(text)
        self.marks, self.starts = self.all.marks, self.all.starts

    def spans(self) -> list[Span]:
        found: list[Span] = []
        at = 0
        while at < len(self.marks):
            span, at = self.step(at)
            if span is not None:
                found.append(span)
        return found

    def opened(self) -> int | None:
        at = 0
        while at < len(self.marks):
            if at in self.all.pending or self.opens_double(at):
                return self.starts[at]
            _, at = self.step(at)
        return None

    def opens_double(self, at: int) -> bool:
        """Whether a `$$` starts here that later text may close."""
        return self.all.is_double(at) and self.next_double(at + 2) < 0

    def step(self, at: int) -> tuple[Span | None, int]:
        """The formula that starts at mark `at`, if any, and the mark after it."""
        mark = self.marks[at]
        if mark == "$":
            run = self.all.runs.get(at)
            if run is None or run == (1, 2):
                return self.single(at)
            return self.double(at) if self.all.is_double(at) else (None, at + 1)
        if mark[0] == "`":
            closing = self.all.code(at)
            return None, at + 1 if closing is None else closing + 1
        closing = self.all.partners.get(at)
        if is_verbatim(mark):
            if closing is None:
                return None, at + 1 if mark[0] == "<" else len(self.marks)
            return None, closing + 1
        if closing is None:
            return None, at + 1
        start, end = self.starts[at], self.starts[closing] + len(self.marks[closing])
        if mark not in CLOSERS:
            sound = may_be_latex(self.text[start:end])
            return Span(start, start, end, end, True) if sound else None, closing + 1
        span = Span(start, start + 2, end - 2, end, mark == r"\[")
        return (span, closing + 1) if self.is_sound(span) else (None, at + 1)

    def single(self, at: int) -> tuple[Span | None, int]:
        """The same for a dollar by itself."""
        closing = self.all.closer(at)
        if closing is None or self.all.runs.get(closing, (0, 1))[1] > 2:
            return None, at + 1
        text, start, end = self.text, self.starts[at], self.starts[closing] + 1
        inside = text[start + 1 : end - 1]
        if is_parted(inside):
            return None, at + 1
        if not is_formula(inside, text[max(0, start - 2) : start], text[end : end + SEEN], "$"):
            return None, at + 1
        return Span(start, start + 1, end - 1, end, False), closing + 1

    def next_double(self, at: int) -> int:
        return self.all.doubles[at] if at < len(self.marks) else -1

    def double(self, at: int) -> tuple[Span | None, int]:
        closing = self.next_double(at + 2)
        if closing < 0:
            return None, at + 2
        start, end = self.starts[at], self.starts[closing] + 2
        span = Span(start, start + 2, end - 2, end, True)
        return (span, closing + 2) if self.is_sound(span) else (None, at + 2)

    def is_sound(self, span: Span) -> bool:
        """Whether the text between these delimiters is a formula."""
        text, (start, inner, outer, end, _) = self.text, span
        mark = text[start:inner]
        if mark == r"\(" and self.is_group(start):
            return False
        right = text[end : end + SEEN]
        beside = text[max(0, start - SEEN) : start].rpartition("\n")[2] + right.split("\n")[0]
        alone = mark == r"\[" and not beside.strip()
        return is_formula(text[inner:outer], text[max(0, start - 2) : start], right, mark, alone=alone)

    @cached_property
    def patterns(self) -> list[int]:
        """Positions of escapes that only patterns have."""
        return [match.start() for match in _PATTERN.finditer(self.text)]

    def is_group(self, start: int) -> bool:
        """Whether other parts of a pattern are near on the line of text[start:]."""
        at = bisect_left(self.patterns, start)
        before, after = self.patterns[at - 1 : at] if at else [], self.patterns[at : at + 1]
        return any(
            right - left < _NEAR and "\n" not in self.text[left:right]
            for left, right in [*((place, start) for place in before), *((start, place) for place in after)]
        )
