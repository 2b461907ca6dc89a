"""Seams: what keeps a formula and the text beside it apart once the delimiters are gone."""

import re

from vtc_r1.renderers.latex.formula import Formula

_ENDING = re.compile(r"(?:th|st|nd|rd|s)(?![A-Za-z0-9])")
_TIGHT = frozenset("/^+-")
_STILL = frozenset(["", " ", "\n"])
_ENDS = _STILL | frozenset(".,;:?!)")
"""Characters that a formula stands apart from."""
_MAY_FOLLOW = frozenset(".,;:!?)]}'\"’”*")


def fit(formula: Formula, text: str, start: int, end: int, display: bool) -> str:
    """The formula as it stands in `text` in place of text[start:end]."""
    before, after = text[start - 1 : start], text[end : end + 1]
    shown = formula.text
    if before in _STILL and after in (_STILL if display else _ENDS):
        return shown
    if not shown:
        return ""
    if (before in _TIGHT or after in _TIGHT) and not formula.firm:
        shown = f"({shown})"
    left = _left(before, shown[0], display)
    right = "" if not after or after.isspace() else _right(formula, shown, text, end, after, display)
    return f"{left}{shown}{right}"


def _left(before: str, first: str, display: bool) -> str:
    if not before or before.isspace():
        return ""
    if display:
        return "" if before in "([{" else " "
    if before == "$":
        return " "
    return " " if before.isalnum() and (first.isalnum() or first in "+-=<>\\√") else ""


def _right(formula: Formula, shown: str, text: str, end: int, after: str, display: bool) -> str:
    if display:
        return "" if after in _MAY_FOLLOW else " "
    if not after.isalnum():
        return ""
    if _ENDING.match(text, end) and formula.firm:
        return ""
    return " " if shown[-1].isalnum() or after.isdigit() or shown[-1] in "+-=<>" else ""
