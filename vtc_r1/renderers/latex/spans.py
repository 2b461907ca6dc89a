"""Formulas in text: where they start and end, and what stands around them."""

import re
from collections.abc import Sequence
from functools import cached_property
from itertools import accumulate, islice
from typing import NamedTuple

from vtc_r1.renderers.latex.environments import KNOWN
from vtc_r1.renderers.latex.formula import formulas
from vtc_r1.renderers.latex.seams import REACH, fit

_MARKS = (
    r"\$"
    r"|\\[\[\]()$\\]"
    r"|\\(?:begin|end)\{[a-zA-Z]+\*?\}"
    r"|\[/?asy\]"
)
_MARK = re.compile(f"({_MARKS})")
_MARK_OR_FENCE = re.compile(rf"({_MARKS}|^[ \t]*```)", re.MULTILINE)
_BLANK_LINE = re.compile(r"\n[ \t]*\n")
_WORD = re.compile(
    r"(?<!\S)(?:[A-Z]?[a-z]{3,}|an|as|at|be|by|do|he|if|in|is|it|me|my|of|on|or|so|to|up|us|we)(?=[\s,.;:!?)]|$)"
)
_MATHEMATICAL = re.compile(r"[\\^_={}<>+|]")
_LONGEST_REACH = 8
"""Marks to look on for the closing dollar of a formula that has formulas in its words."""

_ESCAPES = frozenset(["\\\\", r"\$"])
_NEVER_INSIDE = frozenset(["[asy]", r"\[", r"\]", r"\(", r"\)"])
_CLOSERS = {r"\(": r"\)", r"\[": r"\]"}


class Span(NamedTuple):
    """A formula: text[start:end] with its delimiters, text[inner:outer] without."""

    start: int
    inner: int
    outer: int
    end: int
    display: bool
    """Stands on a line of its own when set by LaTeX."""


def linearise(text: str) -> str:
    """Write every formula of `text` as compact one-line Unicode; everything else stays as it is.

    Delimiters go, except around a formula that has no sound linear form: that one stays as written.
    """
    spans = find(text)
    pieces, at = [], 0
    for span, shown in zip(spans, forms(text, spans), strict=True):
        if shown is not None:
            pieces += [text[at : span.start], shown]
            at = span.end
    return "".join([*pieces, text[at:]])


def forms(text: str, spans: Sequence[Span]) -> list[str | None]:
    """The linear forms of formulas as they stand in `text`; None where there is no sound one."""
    found = formulas([text[span.inner : span.outer] for span in spans])
    return [
        None
        if formula is None
        else fit(formula, text[span.start - 1 : span.start], text[span.end : span.end + REACH], span.display)
        for span, formula in zip(spans, found, strict=True)
    ]


def find(text: str) -> list[Span]:
    """All formulas of `text`, in order; none overlap."""
    if "$" not in text and "\\" not in text:
        return []
    return _Finder(text).spans()


def opened(text: str) -> int | None:
    r"""Where a formula starts that does not end: of `$$`, `\[`, `\(` or an environment, not of one dollar."""
    if "$" not in text and "\\" not in text and "[asy]" not in text:
        return None
    return _Finder(text).opened()


class _Finder:
    r"""One walk over the marks of a text.

    Attributes:
        marks: text of each mark.
        starts: where each mark starts.
        partners: of each opening mark, the index of its closing one.
        pending: opening marks, no dollars, that a mark to come would close.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        pattern = _MARK_OR_FENCE if "```" in text else _MARK
        parts = pattern.split(text)
        places = zip(parts[1::2], islice(accumulate(map(len, parts)), 0, None, 2), strict=False)
        kept = [place for place in places if place[0] not in _ESCAPES]
        self.marks = [mark for mark, _ in kept]
        self.starts = [start for _, start in kept]
        self.partners, self.pending = _partners(self.marks)

    @cached_property
    def doubles(self) -> list[int]:
        """Of each mark, the index of the next `$$` at or after it."""
        return _doubles(self.marks, self.starts)

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
            if at in self.pending or (self.is_double(at) and self.next_double(at + 2) < 0):
                return self.starts[at]
            _, at = self.step(at)
        return None

    def step(self, at: int) -> tuple[Span | None, int]:
        """The formula that starts at mark `at`, if any, and the mark after it."""
        return self.dollar(at) if self.marks[at] == "$" else self.read(at)

    def read(self, at: int) -> tuple[Span | None, int]:
        """The formula that starts at mark `at`, no dollar, if any, and the mark after it."""
        mark = self.marks[at]
        if mark in ("[asy]",) or mark.endswith("```"):
            closing = self.partners.get(at)
            return None, len(self.marks) if closing is None else closing + 1
        if mark in _CLOSERS or mark.startswith(r"\begin"):
            closing = self.partners.get(at)
            if closing is None:
                return None, at + 1
            return self.between(at, closing), closing + 1
        return None, at + 1

    def between(self, at: int, closing: int) -> Span | None:
        start, mark = self.starts[at], self.marks[at]
        end = self.starts[closing] + len(self.marks[closing])
        if mark in _CLOSERS:
            return Span(start, start + 2, end - 2, end, mark == r"\[")
        return Span(start, start, end, end, True)

    def dollar(self, at: int) -> tuple[Span | None, int]:
        """The same for a dollar."""
        text, marks, starts = self.text, self.marks, self.starts
        start = starts[at]
        if self.is_double(at):
            return self.double(at)
        for closing in range(at + 1, min(at + 1 + _LONGEST_REACH, len(marks))):
            if marks[closing] != "$":
                if marks[closing] in _NEVER_INSIDE:
                    break
                continue
            end = starts[closing]
            inside = text[start + 1 : end]
            if "{" in inside and inside.count("{") > inside.count("}"):
                continue
            if is_formula(inside, text[start - 1 : start], text[end + 1 : end + 2]):
                return Span(start, start + 1, end, end + 1, False), closing + 1
            break
        return None, at + 1

    def is_double(self, at: int) -> bool:
        return self.marks[at] == "$" == self.text[self.starts[at] + 1 : self.starts[at] + 2]

    def next_double(self, at: int) -> int:
        return self.doubles[at] if at < len(self.marks) else -1

    def double(self, at: int) -> tuple[Span | None, int]:
        closing = self.next_double(at + 2)
        if closing < 0:
            return None, at + 2
        start, end = self.starts[at], self.starts[closing]
        if not self.text[start + 2 : end].strip():
            return None, at + 2
        return Span(start, start + 2, end, end + 2, True), closing + 2


def _partners(marks: list[str]) -> tuple[dict[int, int], set[int]]:
    """The closing mark of each opening one, and those that wait for it.

    A bracket opened twice closes once, the second time.
    """
    partners: dict[int, int] = {}
    pending: dict[str, list[int]] = {}
    for at, mark in enumerate(marks):
        if mark == "$":
            continue
        if mark in _CLOSERS:
            pending[_CLOSERS[mark]] = [at]
        elif mark == "[asy]":
            pending.setdefault("[/asy]", [at])
        elif mark.startswith(r"\begin"):
            name = mark[7:-1]
            if name.removesuffix("*") in KNOWN:
                pending.setdefault(rf"\end{{{name}}}", []).append(at)
        elif mark.endswith("```"):
            if pending.get("```"):
                partners[pending.pop("```")[0]] = at
            else:
                pending["```"] = [at]
        elif pending.get(mark):
            partners[pending[mark].pop()] = at
            if mark == "[/asy]":
                del pending[mark]
    return partners, {at for waiting in pending.values() for at in waiting}


def _doubles(marks: list[str], starts: list[int]) -> list[int]:
    following, doubles = -1, [-1] * len(marks)
    for at in range(len(marks) - 2, -1, -1):
        if marks[at] == "$" == marks[at + 1] and starts[at + 1] == starts[at] + 1:
            following = at
        doubles[at] = following
    return doubles


def is_formula(inside: str, before: str, after: str) -> bool:
    """Whether what stands between two single dollars is a formula, not two sums of money."""
    stripped = inside.strip()
    if not stripped or ("\n" in inside and _BLANK_LINE.search(inside)):
        return False
    if after.isdigit() and stripped[0] != "\\":
        return False
    if "\\" in stripped:
        return True
    is_sum = stripped[0].isdigit()
    if " " in stripped and (is_sum or not _MATHEMATICAL.search(stripped)) and _WORD.search(stripped):
        return False
    if before.isdigit() and inside[0].isspace():
        return False
    return not (is_sum and inside[-1].isspace() and not inside[0].isspace())
