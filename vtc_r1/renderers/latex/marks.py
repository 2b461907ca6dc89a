r"""The marks of a text: what may open or close a formula, or code that holds none."""

import re
from bisect import bisect_right
from functools import cached_property, lru_cache
from itertools import accumulate, islice

from vtc_r1.renderers.blocks import code_blocks
from vtc_r1.renderers.latex.environments import KNOWN

CLOSERS = {r"\(": r"\)", r"\[": r"\]"}
_KINDS = (
    ("$", r"\$"),
    ("\\", r"\\[\[\]()$\\]"),
    (r"\begin", r"\\(?:begin|end)\{[a-zA-Z]+\*?\}"),
    ("asy]", r"\[/?asy\]"),
    ("```", r"^[ \t]*```+"),
    ("~~~", r"^[ \t]*~~~+"),
    ("`", r"`+"),
    ("<code", r"</?code\b[^<>\n]{0,80}>"),
    ("<pre", r"</?pre\b[^<>\n]{0,80}>"),
)
"""Marks, each with a string that a text with such a mark contains."""
_BLANK_LINE = re.compile(r"\n[ \t]*\n")
_ESCAPES = frozenset(["\\\\", r"\$"])
_ESCAPED = re.compile(r"\\.", re.DOTALL)
_BRACE = re.compile(r"\\[{}]")
_FENCES = {"```": "fence`", "~~~": "fence~"}
_BLOCK, _BLOCK_END = "block", "end of block"
_SPANS = {"[asy]": "[/asy]", _BLOCK: _BLOCK_END, "<code>": "</code>", "<pre>": "</pre>"}
"""Regions without formulas, by their delimiters."""
_VERBATIM = frozenset(["verbatim", "Verbatim", "lstlisting", "minted", "comment"])
_PARTING = frozenset([*CLOSERS, *CLOSERS.values(), *_SPANS, *_SPANS.values(), *_FENCES.values()])
_DOUBLES = frozenset([(0, 2), (0, 4), (2, 4)])
_MOST_WITHIN = 256
"""Maximum dollars in the words of one formula, which bounds how often a part of a text is examined."""


class Marks:
    """The marks of a text in order, those in code blocks left out.

    Attributes:
        text: the text.
        marks: the text of each mark; fences, blocks and tags by a name.
        starts: where each starts.
        partners: index of the closing mark of each opening one, except dollars and backticks.
        pending: opening marks, except dollars, that a later mark would close.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        has_fences = "```" in text or "~~~" in text
        parts = _pattern(tuple(sign in text for sign, _ in _KINDS)).split(text)
        places = zip(parts[1::2], islice(accumulate(map(len, parts)), 0, None, 2), strict=False)
        kept = [place for place in places if place[0] not in _ESCAPES]
        if has_fences:
            kept = _outside([(_fence(mark), start) for mark, start in kept], code_blocks(text))
        if "<code" in text or "<pre" in text:
            kept = [(_tag(mark), start) for mark, start in kept]
        self.marks = [mark for mark, _ in kept]
        self.starts = [start for _, start in kept]
        self.partners, self.pending = _partners(self.marks)

    @cached_property
    def runs(self) -> dict[int, tuple[int, int]]:
        """For each dollar next to another: its position in its run, and the length of the run."""
        found: dict[int, tuple[int, int]] = {}
        if "$$" not in self.text:
            return found
        marks, starts, at = self.marks, self.starts, 0
        while at < len(marks):
            end = at + 1
            while (
                marks[at] == "$"
                and end < len(marks)
                and marks[end] == "$"
                and starts[end] == starts[end - 1] + 1
            ):
                end += 1
            if end > at + 1:
                found.update((place, (place - at, end - at)) for place in range(at, end))
            at = end
        return found

    def is_double(self, at: int) -> bool:
        """Whether this is `$$`: two dollars, or one of two such pairs side by side."""
        return self.runs.get(at) in _DOUBLES

    @cached_property
    def doubles(self) -> list[int]:
        """For each mark, the index of the next `$$` at or after it, or -1."""
        following, doubles = -1, [-1] * len(self.marks)
        for at in range(len(self.marks) - 1, -1, -1):
            if self.is_double(at):
                following = at
            doubles[at] = following
        return doubles

    def closer(self, at: int) -> int | None:
        """The dollar that closes the one at mark `at`; None if there is none."""
        if at + 1 < len(self.marks) and self.marks[at + 1] == "$":
            inside = self.text[self.starts[at] + 1 : self.starts[at + 1]]
            if "{" not in inside or (inside.count("{") == inside.count("}") and not _BRACE.search(inside)):
                return at + 1
        return self.closers.get(at)

    @cached_property
    def closers(self) -> dict[int, int]:
        r"""For each dollar, the next one that is not deeper in braces, if nothing separates the two.

        Escaped braces do not count. LaTeX brackets and code separate two dollars, and so do many dollars
        between.
        """
        waiting: list[tuple[int, int, int]] = []
        found: dict[int, int] = {}
        level = count = last = 0
        for at, mark in enumerate(self.marks):
            start = self.starts[at]
            between = self.text[last:start] if mark != _BLOCK_END else ""
            last = start + len(mark) if mark not in _PARTING else start
            if "{" in between or "}" in between:
                between = _ESCAPED.sub("", between) if "\\" in between else between
                level += between.count("{") - between.count("}")
            if mark in _PARTING:
                waiting.clear()
            if mark != "$":
                continue
            count += 1
            while waiting and waiting[-1][0] >= level:
                _, opening, number = waiting.pop()
                if count - number <= _MOST_WITHIN:
                    found[opening] = at
            waiting.append((level, at, count))
        return found

    @cached_property
    def _ticks(self) -> dict[str, list[int]]:
        runs: dict[str, list[int]] = {}
        for at, mark in enumerate(self.marks):
            if mark[0] == "`":
                runs.setdefault(mark, []).append(at)
        return runs

    def code(self, at: int) -> int | None:
        """The mark that closes the code opened by the backticks at mark `at`; None if there is none.

        Backticks that open a LaTeX quotation do not open code.
        """
        text, mark = self.text, self.marks[at]
        runs = self._ticks[mark]
        number = bisect_right(runs, at)
        if number == len(runs):
            return None
        closing = runs[number]
        start, end = self.starts[at] + len(mark), self.starts[closing]
        after = text[end + len(mark) : end + len(mark) + 1]
        opens = text[end - 1].isspace() and bool(after.strip()) and not text[start].isspace()
        is_quote = mark == "``" and "''" in text[start:end]
        return None if opens or is_quote or is_parted(text[start:end]) else closing


def is_parted(text: str) -> bool:
    """Whether a text has a blank line."""
    return "\n" in text and _BLANK_LINE.search(text) is not None


@lru_cache(64)
def _pattern(present: tuple[bool, ...]) -> re.Pattern[str]:
    kinds = [pattern for (_, pattern), has in zip(_KINDS, present, strict=True) if has]
    return re.compile(f"({'|'.join(kinds) or '(?!)'})", re.MULTILINE)


def is_verbatim(mark: str) -> bool:
    """Whether a mark opens a region without formulas."""
    return mark in _SPANS or mark in _FENCES.values() or mark[7:-1] in _VERBATIM


def _fence(mark: str) -> str:
    """An indented fence by a name; backticks within a line unchanged."""
    fence = mark.lstrip(" \t")
    return _FENCES.get(fence[:3], mark) if mark != fence or fence[:1] == "~" else mark


def _tag(mark: str) -> str:
    """A tag without its attributes."""
    if mark[0] != "<":
        return mark
    name = "pre" if mark.lstrip("</").startswith("pre") else "code"
    return f"</{name}>" if mark[1] == "/" else f"<{name}>"


def _outside(places: list[tuple[str, int]], blocks: list[tuple[int, int]]) -> list[tuple[str, int]]:
    """The marks outside of code blocks, with two in the place of each block."""
    kept: list[tuple[str, int]] = []
    at = 0
    for start, end in blocks:
        while at < len(places) and places[at][1] < start:
            kept.append(places[at])
            at += 1
        kept += [(_BLOCK, start), (_BLOCK_END, end)]
        while at < len(places) and places[at][1] < end:
            at += 1
    return kept + places[at:]


def _partners(marks: list[str]) -> tuple[dict[int, int], set[int]]:
    """The closing mark of each opening one, and the opening marks still pending.

    A bracket that is opened twice is closed once: the second one.
    """
    partners: dict[int, int] = {}
    pending: dict[str, list[int]] = {}
    for at, mark in enumerate(marks):
        if mark == "$":
            continue
        if mark in CLOSERS:
            pending[CLOSERS[mark]] = [at]
        elif mark in _SPANS:
            pending.setdefault(_SPANS[mark], [at])
        elif mark.startswith(r"\begin"):
            name = mark[7:-1]
            if name.removesuffix("*") in KNOWN or name in _VERBATIM:
                pending.setdefault(rf"\end{{{name}}}", []).append(at)
        elif mark in _FENCES.values() and not pending.get(mark):
            pending[mark] = [at]
        elif pending.get(mark):
            partners[pending[mark].pop()] = at
            if not pending[mark]:
                del pending[mark]
    waits = {at for waiting in pending.values() for at in waiting if marks[at][0] != "<"}
    return partners, waits
