"""One formula, from source to line."""

import re
from contextlib import suppress
from functools import lru_cache
from typing import NamedTuple

from vtc_r1.renderers.latex.direct import Beyond, print_source
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


@lru_cache(4096)
def formula(source: str, depth: int = 0) -> Formula | None:
    """The linear form of a formula, given without its delimiters; None where there is no sound one."""
    stripped = source.strip()
    if _SIMPLE.fullmatch(stripped):
        return Formula(stripped)
    try:
        text = _line(stripped, depth)
    except Unsound:
        return None
    return Formula(text[2:] if text.startswith(("{}_", "{}^")) else text, stripped, depth)


def _line(source: str, depth: int) -> str:
    if depth == 0:
        with suppress(Beyond, Unsound):
            return print_source(source).text
    return print_row(parse(source, depth)).text


def linear_formula(source: str) -> str:
    """The linear form of a formula, given without its delimiters; the source itself where there is none."""
    found = formula(source)
    return source if found is None else found.text
