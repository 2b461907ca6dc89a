"""Formulas, from source to line."""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from vtc_r1.renderers.latex.direct import print_sources
from vtc_r1.renderers.latex.linear import print_row
from vtc_r1.renderers.latex.parse import parse
from vtc_r1.renderers.latex.shapes import Shape
from vtc_r1.renderers.latex.tree import Unsound

_SIMPLE = re.compile(r"-?(?:[A-Za-z]+|[0-9]+)")


class Formula(NamedTuple):
    """A formula as one line.

    Attributes:
        text: as it is printed.
        source: what it was printed from, None for a word or a number.
        depth: levels open around it.
    """

    text: str
    source: str | None = None
    depth: int = 0

    @property
    def firm(self) -> bool:
        """Whether nothing beside it can break into it."""
        if self.source is None:
            return self.text[:1] != "-"
        return print_row(parse(self.source, self.depth)).shape == Shape.ATOM


_MOST_KEPT = 4096
_kept: dict[str, Formula | None] = {}


def formulas(sources: Sequence[str], depth: int = 0) -> list[Formula | None]:
    """The linear form of each formula, given without its delimiters; None where there is no sound one.

    The `_MOST_KEPT` formulas before these are remembered, and all of these.
    """
    global _kept
    if depth:
        return [_by_tree(source.strip(), depth) for source in sources]
    if len(_kept) > _MOST_KEPT:
        _kept = {}
    kept = _kept
    new = [*set(sources).difference(kept)]
    if new:
        kept.update(zip(new, _printed([source.strip() for source in new]), strict=True))
    return [*map(kept.__getitem__, sources)]


def formula(source: str, depth: int = 0) -> Formula | None:
    """The linear form of one formula."""
    return formulas([source], depth)[0]


def _printed(sources: Sequence[str]) -> list[Formula | None]:
    lines = print_sources(sources)
    return [
        _by_tree(source) if line is None else _formula(line.text, source)
        for source, line in zip(sources, lines, strict=True)
    ]


@lru_cache(1024)
def _by_tree(source: str, depth: int = 0) -> Formula | None:
    try:
        return _formula(print_row(parse(source, depth)).text, source, depth)
    except Unsound:
        return None


def _formula(text: str, source: str, depth: int = 0) -> Formula:
    if _SIMPLE.fullmatch(source):
        return Formula(source)
    return Formula(text[2:] if text.startswith(("{}_", "{}^")) else text, source, depth)


def linear_formula(source: str) -> str:
    """The linear form of a formula, given without its delimiters; the source itself where there is none."""
    found = formula(source)
    return source if found is None else found.text
