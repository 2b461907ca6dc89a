r"""The marks of a text: what may open or close a formula, or code that holds none."""

import re
from bisect import bisect_left, bisect_right
from functools import cached_property
from itertools import accumulate, islice

from vtc_r1.renderers.blocks import code_blocks
from vtc_r1.renderers.latex.environments import KNOWN

CLOSERS = {r"\(": r"\)", r"\[": r"\]"}
_MARKS = (
    r"\$"
    r"|\\[\[\]()$\\]"
    r"|\\(?:begin|end)\{[a-zA-Z]+\*?\}"
    r"|\[/?asy\]"
    r"|`+"
    r"|</?(?:code|pre)\b[^<>\n]{0,80}>"
)
_MARK = re.compile(f"({_MARKS})")
_MARK_OR_FENCE = re.compile(rf"(^[ \t]*(?:```+|~~~+)|{_MARKS})", re.MULTILINE)
_BLANK_LINE = re.compile(r"\n[ \t]*\n")
_ESCAPES = frozenset(["\\\\", r"\$"])
_ESCAPED = re.compile(r"\\.", re.DOTALL)
_FENCES = {"```": "fence`", "~~~": "fence~"}
_BLOCK, _BLOCK_END = "block", "end of block"
_SPANS = {"[asy]": "[/asy]", _BLOCK: _BLOCK_END, "<code>": "</code>", "<pre>": "</pre>"}
"""What holds no formula, by its ends."""
_VERBATIM = frozenset(["verbatim", "Verbatim", "lstlisting", "minted", "comment"])
_PARTING = frozenset([*CLOSERS, *CLOSERS.values(), *_SPANS, *_SPANS.values(), *_FENCES.values()])
_DOUBLES = frozenset([(0, 2), (0, 4), (2, 4)])
_MOST_WITHIN = 256
"""Dollars in the words of one formula, so that no stretch of a text is looked at more often."""


class Marks:
    """The marks of a text in order, those in code blocks left out.

    Attributes:
        text: where they stand.
        marks: the text of each; fences, blocks and tags by a name.
        starts: where each starts.
        partners: of each opening mark that is no dollar or backtick, the index of its closing one.
        pending: opening marks, no dollars, that a mark to come would close.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        has_fences = "```" in text or "~~~" in text
        parts = (_MARK_OR_FENCE if has_fences else _MARK).split(text)
        places = zip(parts[1::2], islice(accumulate(map(len, parts)), 0, None, 2), strict=False)
        kept = [place for place in places if place[0] not in _ESCAPES]
        if has_fences:
            kept = _outside([(_fence(mark), start) for mark, start in kept], code_blocks(text))
        if "<" in text:
            kept = [(_tag(mark), start) for mark, start in kept]
        self.marks = [mark for mark, _ in kept]
        self.starts = [start for _, start in kept]
        self.partners, self.pending = _partners(self.marks)

    def run(self, at: int) -> tuple[int, int]:
        """Of the dollars side by side at mark `at`: how many stand before it, and all of them; 5 for more."""
        before = after = 0
        while before < 4 and self._touch(at - before - 1):
            before += 1
        while after < 4 and self._touch(at + after):
            after += 1
        return before, min(5, before + 1 + after)

    def is_double(self, at: int) -> bool:
        """Whether `$$` stands here: two dollars, or one of two such pairs side by side."""
        return self._touch(at) and self.run(at) in _DOUBLES

    def _touch(self, at: int) -> bool:
        """Whether mark `at` and the next one are dollars side by side."""
        if not 0 <= at < len(self.marks) - 1 or self.marks[at] != "$" or self.marks[at + 1] != "$":
            return False
        return self.starts[at + 1] == self.starts[at] + 1

    @cached_property
    def doubles(self) -> list[int]:
        """Of each mark, the index of the next `$$` at or after it, or -1."""
        following, doubles = -1, [-1] * len(self.marks)
        for at in range(len(self.marks) - 2, -1, -1):
            if self.is_double(at):
                following = at
            doubles[at] = following
        return doubles

    @cached_property
    def closers(self) -> dict[int, int]:
        r"""Of each dollar, the next one that stands no deeper in braces, where nothing parts the two.

        An escaped brace is none. A bracket of LaTeX and code part two, and so do many dollars between them.
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
    def _blanks(self) -> list[int]:
        return [match.start() for match in _BLANK_LINE.finditer(self.text)]

    def is_parted(self, start: int, end: int) -> bool:
        """Whether a blank line stands between two places."""
        at = bisect_left(self._blanks, start)
        return at < len(self._blanks) and self._blanks[at] < end

    @cached_property
    def _ticks(self) -> dict[str, list[int]]:
        runs: dict[str, list[int]] = {}
        for at, mark in enumerate(self.marks):
            if mark[0] == "`":
                runs.setdefault(mark, []).append(at)
        return runs

    def code(self, at: int) -> int | None:
        """The mark that closes the code which the backticks at mark `at` open; None where none does.

        Backticks that open a quotation of LaTeX open no code.
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
        return None if opens or is_quote or self.is_parted(start, end) else closing


def is_verbatim(mark: str) -> bool:
    """Whether a mark opens what holds no formula."""
    return mark in _SPANS or mark in _FENCES.values() or mark[7:-1] in _VERBATIM


def _fence(mark: str) -> str:
    """An indented fence by a name; backticks within a line as they are."""
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
    """The closing mark of each opening one, and those that wait for it.

    A bracket opened twice closes once, the second time.
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
