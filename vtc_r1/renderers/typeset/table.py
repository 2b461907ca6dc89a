"""Environments as grids of pictures."""

import re

from vtc_r1.renderers.latex.environments import ALIGNED, CASES, MATRICES, STACKED
from vtc_r1.renderers.latex.tree import Atom, Kind, Row, Table, Unsound
from vtc_r1.renderers.typeset.fence import fenced
from vtc_r1.renderers.typeset.grid import Columns, grid
from vtc_r1.renderers.typeset.picture import Picture
from vtc_r1.renderers.typeset.piece import Rows, picture
from vtc_r1.renderers.typeset.style import Style

_FENCES = {
    "pmatrix": ("(", ")"), "bmatrix": ("[", "]"), "Bmatrix": ("{", "}"), "vmatrix": ("|", "|"),
    "Vmatrix": ("‖", "‖"), "cases": ("{", ""), "dcases": ("{", ""), "rcases": ("", "}"),
}  # fmt: skip
_LARGE = ALIGNED | STACKED | {"dcases"}


def drawn_table(table: Table, style: Style, row: Rows) -> Picture:
    """Draw a table, with the delimiters of its environment."""
    name = table.environment
    if name == "array":
        return _array(table, style, row)
    drawn = grid(_cells(table, style, row), _columns(name, style), style.size, table.rules)
    opening, closing = _FENCES.get(name, ("", ""))
    return fenced(drawn, opening, closing, style.size) if opening or closing else drawn


def _array(table: Table, style: Style, row: Rows) -> Picture:
    layout = _layout(table.columns, round(style.size))
    count = max(len(cells) for cells in table.rows)
    if count > len(layout.sides):
        raise Unsound("more cells than columns")
    rows = [cells + (Row(()),) * (len(layout.sides) - len(cells)) for cells in table.rows]
    full = Table(table.environment, tuple(rows))
    return grid(_cells(full, style, row), layout, style.size, table.rules)


def _layout(written: str, gap: int) -> Columns:
    """The columns of an array: sides, bars, and `@{}` where two columns touch; Unsound for any other `@`."""
    if "@{" in written.replace("@{}", ""):
        raise Unsound("columns that are not understood")
    sides, gaps, bars, touching = "", [gap], set(), False
    for mark in re.findall(r"@\{\}|[|lcr]", written):
        if mark == "|":
            bars.add(len(sides))
        elif mark == "@{}":
            touching = True
        else:
            if sides:
                gaps.append(1 if touching else gap)
            sides, touching = sides + mark, False
    if not sides:
        raise Unsound("no columns")
    return Columns(sides, tuple(gaps[1:] or gaps), frozenset(bars))


def _columns(name: str, style: Style) -> Columns:
    gap = round(style.size)
    if name in CASES:
        return Columns("l", (gap,))
    if name.startswith("eqnarray"):
        return Columns("rcl", (1,))
    if name in ALIGNED:
        return Columns("rl", (0, 2 * gap))
    if name in MATRICES:
        return Columns("c", (gap,))
    return Columns("l" if name == "gathered" and not style.shrunk else "c", (gap,))


def _cells(table: Table, style: Style, row: Rows) -> list[list[Picture]]:
    name = table.environment
    inner = Style(style.size, not style.shrunk and name in _LARGE, style.shrunk)
    return [
        [
            picture(row(cell, inner, name in ALIGNED and at % 2 == 1 and _is_led(cell)), inner)
            for at, cell in enumerate(cells)
        ]
        for cells in table.rows
    ]


def _is_led(cell: Row) -> bool:
    """Whether a cell starts with an operator that continues the cell before."""
    first = cell.items[0] if cell.items else None
    return isinstance(first, Atom) and first.kind in (Kind.ADD, Kind.MULTIPLY)
