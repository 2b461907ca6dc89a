"""Seams: separators between a formula and its surrounding text once the delimiters are dropped."""

import re
from typing import NamedTuple

from vtc_r1.renderers.latex.shapes import ATOM, Line

_ENDING = re.compile(r"(?:th|st|nd|rd|s)(?![A-Za-z0-9])")
_WORD = re.compile(r"[A-Za-z]+|[0-9]+")
_PREFIX = re.compile(r"[A-Za-z]-")
_TIGHT = frozenset("/^+-")
_STILL = frozenset(["", " ", "\n"])
_ENDS = _STILL | frozenset(".,;:?!)")  #: characters from which a formula must be separated
_MAY_FOLLOW = frozenset(".,;:!?)]}'\"’”*")
REACH = 4  #: characters after a formula that `fit` may look at


class Formula(NamedTuple):
    """A formula as one line."""

    line: Line

    @property
    def text(self) -> str:
        """As it is printed."""
        text = self.line.text
        return text[2:] if text.startswith(("{}_", "{}^")) else text

    @property
    def firm(self) -> bool:
        """Whether no neighbour can change its meaning."""
        return self.line.shape == ATOM or _WORD.fullmatch(self.line.text) is not None


def fit(formula: Formula, before: str, after: str, display: bool) -> str:
    """The formula between two texts, of which the last character and the first few matter."""
    shown, last, first = formula.text, before[-1:], after[:1]
    if last in _STILL and first in (_STILL if display else _ENDS):
        return shown
    if not shown:
        return ""
    if (last in _TIGHT or first in _TIGHT) and not formula.firm:
        shown = f"({shown})"
    left = _left(last, shown[0], display)
    right = "" if not first or first.isspace() else _right(formula, shown, after, display)
    return f"{left}{shown}{right}"


def _left(before: str, first: str, display: bool) -> str:
    if not before or before.isspace():
        return ""
    if display:
        return "" if before in "([{" else " "
    if before == "$" or (before == "\\" and first.isalpha()):
        return " "
    return " " if before.isalnum() and (first.isalnum() or first in "+-=<>\\√") else ""


def _right(formula: Formula, shown: str, after: str, display: bool) -> str:
    first = after[0]
    if display:
        return "" if first in _MAY_FOLLOW else " "
    if not first.isalnum():
        return ""
    if (_ENDING.match(after) and formula.firm) or _PREFIX.fullmatch(shown):
        return ""
    return " " if shown[-1].isalnum() or first.isdigit() or shown[-1] in "+-=<>" else ""
