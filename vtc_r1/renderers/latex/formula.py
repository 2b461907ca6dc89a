"""Formulas, from source to line."""

from collections.abc import Sequence

from vtc_r1.renderers.latex.alphabets import confusable
from vtc_r1.renderers.latex.linear import print_row
from vtc_r1.renderers.latex.parse import parse
from vtc_r1.renderers.latex.seams import Formula
from vtc_r1.renderers.latex.tree import Unsound

_MOST_KEPT = 4096
_kept: dict[tuple[str, frozenset[str]], Formula | None] = {}


def formulas(sources: Sequence[str]) -> list[Formula | None]:
    """The linear form of each formula, given without delimiters; None if there is no unambiguous one.

    They belong to one text: letters that it has in two types keep them. These formulas are cached, and the
    `_MOST_KEPT` before them.
    """
    global _kept
    if len(_kept) > _MOST_KEPT:
        _kept = {}
    kept, ambiguous = _kept, confusable(sources)
    keys = [(source, ambiguous) for source in sources]
    for key in keys:
        if key not in kept:
            kept[key] = _read(key[0].strip(), ambiguous)
    return [*map(kept.__getitem__, keys)]


def formula(source: str) -> Formula | None:
    """The linear form of one formula."""
    return formulas([source])[0]


def linear_formula(source: str) -> str:
    """The linear form of a formula, given without its delimiters; the source itself if there is none."""
    found = formula(source)
    return source if found is None else found.text


def _read(source: str, ambiguous: frozenset[str]) -> Formula | None:
    try:
        return Formula(print_row(parse(source, ambiguous=ambiguous)))
    except Unsound:
        return None
