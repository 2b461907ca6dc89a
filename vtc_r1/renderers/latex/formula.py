"""Formulas, from source to line."""

from collections.abc import Sequence

from vtc_r1.renderers.latex.linear import print_row
from vtc_r1.renderers.latex.parse import parse
from vtc_r1.renderers.latex.seams import Formula
from vtc_r1.renderers.latex.tree import Unsound

_MOST_KEPT = 4096
_kept: dict[str, Formula | None] = {}


def formulas(sources: Sequence[str]) -> list[Formula | None]:
    """The linear form of each formula, given without its delimiters; None where there is no sound one.

    The `_MOST_KEPT` formulas before these are remembered, and all of these.
    """
    global _kept
    if len(_kept) > _MOST_KEPT:
        _kept = {}
    kept = _kept
    for source in sources:
        if source not in kept:
            kept[source] = _read(source.strip())
    return [*map(kept.__getitem__, sources)]


def formula(source: str) -> Formula | None:
    """The linear form of one formula."""
    return formulas([source])[0]


def linear_formula(source: str) -> str:
    """The linear form of a formula, given without its delimiters; the source itself where there is none."""
    found = formula(source)
    return source if found is None else found.text


def _read(source: str) -> Formula | None:
    try:
        return Formula(print_row(parse(source)))
    except Unsound:
        return None
