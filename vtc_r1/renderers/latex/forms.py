"""Texts with the formulas in them written as lines."""

from bisect import bisect_right
from collections.abc import Sequence

from vtc_r1.renderers.blocks import tables
from vtc_r1.renderers.latex.formula import formulas
from vtc_r1.renderers.latex.seams import REACH, fit
from vtc_r1.renderers.latex.spans import Span, find


def linearise(text: str) -> str:
    """Write every formula of `text` as compact one-line Unicode; everything else is unchanged.

    Delimiters are dropped, except around a formula without an unambiguous linear form, which stays as
    written.
    """
    spans = find(text)
    pieces, at = [], 0
    for span, shown in zip(spans, forms(text, spans), strict=True):
        if shown is not None:
            pieces += [text[at : span.start], shown]
            at = span.end
    return "".join([*pieces, text[at:]])


def forms(text: str, spans: Sequence[Span]) -> list[str | None]:
    """The linear forms of formulas in the context of `text`; None if there is no unambiguous one.

    A bar in a Markdown table is written as `∣`, which adds no column.
    """
    found = formulas([text[span.inner : span.outer] for span in spans])
    shown = [
        None
        if formula is None
        else fit(formula, text[span.start - 1 : span.start], text[span.end : span.end + REACH], span.display)
        for span, formula in zip(spans, found, strict=True)
    ]
    barred = [at for at, form in enumerate(shown) if form is not None and "|" in form]
    if barred and (rows := tables(text)):
        starts = [start for start, _ in rows]
        for at in barred:
            row = bisect_right(starts, spans[at].start) - 1
            if row >= 0 and spans[at].start < rows[row][1]:
                shown[at] = (shown[at] or "").replace("|", "∣")
    return shown
