"""One formula, from source to line."""

import re
from dataclasses import dataclass
from functools import lru_cache

from vtc_r1.renderers.latex.linear import print_row
from vtc_r1.renderers.latex.parse import parse
from vtc_r1.renderers.latex.shapes import Shape
from vtc_r1.renderers.latex.tree import Unsound

_SIMPLE = re.compile(r"-?(?:[A-Za-z]+|[0-9]+)")


@dataclass(frozen=True, slots=True)
class Formula:
    """A formula as one line; `firm` if nothing beside it can break into it."""

    text: str
    firm: bool


@lru_cache(4096)
def formula(source: str, depth: int = 0) -> Formula | None:
    """The linear form of a formula, given without its delimiters; None where there is no sound one."""
    stripped = source.strip()
    if _SIMPLE.fullmatch(stripped):
        return Formula(stripped, stripped[0] != "-")
    try:
        line = print_row(parse(stripped, depth))
    except Unsound:
        return None
    text = line.text.removeprefix("{}") if line.text.startswith(("{}_", "{}^")) else line.text
    return Formula(text, line.shape == Shape.ATOM)


def linear_formula(source: str) -> str:
    """The linear form of a formula, given without its delimiters; the source itself where there is none."""
    found = formula(source)
    return source if found is None else found.text
