"""Findings of the checks on how a model reads its pages, as lines and as marks in the text."""

from collections.abc import Iterator
from typing import Any, TypeAlias

from vtc_r1.counted import count

_MOST_TOLD = 6  #: maximum number of doubts of a segment that are listed one by one
Trace: TypeAlias = Any
Iteration: TypeAlias = Any  #: the records of `vtc_r1.trace`, which imports this file by way of `notebook`


def told(iteration: Iteration) -> list[str]:
    """Return the findings of checking a segment, one line each; empty if there are none.

    Ambiguous values are only marked in the text: most of them are new results.
    """
    lines = []
    if (codes := iteration.canaries) is not None and (codes.wrong or codes.missing):
        parts = [_codes(codes)]
        if codes.redrawn:
            parts.append(f"{count(len(codes.redrawn), 'page')} drawn larger")
        if codes.as_text:
            parts.append(f"{count(codes.as_text, 'page')} carried as text")
        lines.append(f"canaries: {', '.join(parts)}{'; this segment is void' if iteration.is_void else ''}")
    if (quotes := iteration.quotes) is not None:
        misread = [doubt for doubt in quotes.doubts if doubt.finding == "misread"][:_MOST_TOLD]
        for doubt in misread:
            said = iteration.text[doubt.start : doubt.end]
            lines.append(f"{said} is {_about(doubt)}")
        if (more := quotes.misread - len(misread)) > 0:
            lines.append(f"{count(more, 'more value')} probably misread")
        lines += [f"carried as a fact: {fact}" for fact in quotes.mended]
    return lines


def told_in_short(trace: Trace) -> list[str]:
    """Return the findings of all checks of a solve, as parts of its summary."""
    parts = []
    if (codes := trace.canaries) is not None:
        parts.append(f"canaries {_codes(codes)}, {codes.tokens:,} tokens")
    if (quotes := trace.quotes) is not None and quotes.misread:
        parts.append(f"{count(quotes.misread, 'value')} probably misread")
    return parts


def doubts(iteration: Iteration) -> list[tuple[int, int, str]]:
    """Return the values of a segment that were probably or perhaps misread: start, end, description."""
    found = iteration.quotes.doubts if iteration.quotes else ()
    return [(doubt.start, doubt.end, _about(doubt)) for doubt in found]


def marked(iteration: Iteration) -> Iterator[tuple[str, str]]:
    """Yield a segment in parts, each with the description of its doubt; empty if there is none."""
    at = 0
    for start, end, about in doubts(iteration):
        yield iteration.text[at:start], ""
        yield iteration.text[start:end], about
        at = end
    yield iteration.text[at:], ""


def _about(doubt: Any) -> str:
    if doubt.finding == "misread":
        return f"probably misread: the page has {doubt.value}"
    return f"perhaps misread, or new: the pages have {doubt.value}"


def _codes(codes: Any) -> str:
    counted = {"right": codes.right, "wrong": codes.wrong, "missing": codes.missing}
    return ", ".join(f"{number} {name}" for name, number in counted.items() if number or name == "right")
