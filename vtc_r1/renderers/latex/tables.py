"""Tables to one line: matrices, cases, and lines of equations."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from vtc_r1.renderers.latex import tree
from vtc_r1.renderers.latex.environments import ALIGNED, CASES, MATRICES
from vtc_r1.renderers.latex.shapes import ATOM, Line

_AROUND = {
    "vmatrix": ("det", ""),
    "Vmatrix": ("‖", "‖"),
    "Bmatrix": ("{", "}"),
}
_FENCES = {("(", ")"): ("", ""), ("[", "]"): ("", ""), ("|", "|"): ("det", "")}
_OPERATORS = frozenset([tree.RELATION, tree.ADD, tree.MULTIPLY])


def print_table(
    table: tree.Table, rows: list[list[Line]], opening: str = "", closing: str = ""
) -> tree.Atom | None:
    """Print an environment from its cells; with delimiters around it, None if it cannot use them."""
    name, bars = table.environment, _bars(table.columns)
    fence = (opening, closing)
    if fence == ("{", "") or (name in CASES and fence == ("", "")):
        return tree.Atom(_cases(rows, bars), tree.CALL)
    if name in MATRICES:
        if fence == ("", ""):
            before, after = _AROUND.get(name, ("", ""))
        elif fence in _FENCES and name in ("array", "matrix", "smallmatrix"):
            before, after = _FENCES[fence]
        else:
            return None
        return tree.Atom(f"{before}{_matrix(rows, table.rules, bars)}{after}", tree.CALL)
    if fence != ("", ""):
        return None
    return tree.Atom(_equations(rows, name), tree.TEXT)


def _matrix(rows: list[list[Line]], rules: frozenset[int], bars: Sequence[int]) -> str:
    """`[[a,b],[c,d]]`; a line drawn between two rows is `---`, one between two columns `|`."""
    printed = []
    for at, row in enumerate(rows):
        if at in rules:
            printed.append("---")
        printed.append(f"[{_ruled([*map(_cell, row)], bars)}]")
    if len(rows) in rules:
        printed.append("---")
    return f"[{','.join(printed)}]"


def _ruled(cells: list[str], bars: Sequence[int]) -> str:
    """Cells with their separators; `bars` are the lines before each column and after the last."""
    if bars and any("|" in cell for cell in cells):
        raise tree.Unsound("bars in cells between bars")
    text = ""
    for at, cell in enumerate(cells):
        bar = "|" * bars[at] if at < len(bars) else ""
        text += (bar or "," * (at > 0)) + cell
    return text + "|" * (bars[len(cells)] if len(cells) < len(bars) else 0)


def _bars(columns: str) -> list[int]:
    """How many lines are drawn before each column of an array, and after the last."""
    bars = [0]
    for mark in re.sub(r"@\{[^{}]*\}", "", columns):
        if mark == "|":
            bars[-1] += 1
        else:
            bars.append(0)
    return bars if any(bars) else []


def _cell(line: Line) -> str:
    if line.shape != ATOM and any(part.kind == tree.PUNCTUATION for part in line.parts):
        return f"({line.text})"
    return line.text


def _cases(rows: list[list[Line]], bars: Sequence[int]) -> str:
    text = "; ".join(_case(row, bars).rstrip(",; ") for row in rows)
    inside = text.rstrip(".")
    return f"{{{inside}}}{text[len(inside) :]}"


def _case(row: list[Line], bars: Sequence[int]) -> str:
    text = ""
    is_system = any(line.text and _first(line) == tree.RELATION for line in row[2:])
    last: tree.Kind | None = None
    for at, line in enumerate(row):
        if text and at < len(bars) and bars[at]:
            text += f" {'|' * bars[at]} {line.text}"
        elif (
            not text
            or not line.text
            or tree.RELATION in (_first(line), last)
            or (is_system and _first(line) == tree.ADD)
        ):
            text += line.text
        elif line.parts[0].kind == tree.TEXT:
            text += " " + line.text.lstrip()
        else:
            text += (" " if text[-1] in ",;:" else ", ") + line.text
        last = line.parts[-1].kind if line.text else last
    return text


@dataclass(slots=True)
class _Statement:
    """What has been written of an equation."""

    related: bool = False  #: whether it has a relation
    led: bool = False  #: whether it has something left of the alignment of its lines
    last: tree.Kind | None = None  #: kind of its last part


def _equations(rows: list[list[Line]], name: str) -> str:
    """Lines of equations; one that continues the line above is joined to it.

    A line is a continuation if it starts with a relation, or with an operator while the statement has no
    relation yet, or is not a statement itself. In `multline` every line is a continuation.
    """
    is_single = name == "multline"
    width = (
        2 if name.removesuffix("*") in ALIGNED and not name.startswith("eqnarray") else max(map(len, rows))
    )
    text, state = "", _Statement()
    for row in rows:
        for at in range(0, len(row), width):
            cells = row[at : at + width]
            filled = [line for line in cells if line.text]
            if not filled:
                continue
            line = "".join(cell.text for cell in filled)
            if not text:
                state = _Statement()
            elif (state.last in _OPERATORS and (at or not cells[0].text)) or _goes_on(
                cells, state, is_column=at > 0, is_single=is_single
            ):
                line = (" " if _run_into(text, line) else "") + line
            else:
                text += _between(text, filled[0], is_column=at > 0)
                state = _Statement()
            text += line
            state.related |= any(part.kind == tree.RELATION for cell in filled for part in cell.parts)
            state.led |= bool(cells[0].text)
            state.last = filled[-1].parts[-1].kind
    return text


def _between(text: str, line: Line, *, is_column: bool) -> str:
    if is_column:
        return " " if text[-1:] in ",;:" or line.parts[0].kind == tree.TEXT else ", "
    return " " if text[-1] in ",;:" else "; "


def _run_into(text: str, line: str) -> bool:
    return text[-1].isalnum() and line[0].isalnum()


def _goes_on(cells: Sequence[Line], state: _Statement, *, is_column: bool, is_single: bool) -> bool:
    """Whether these cells continue the statement before them; Unsound if that is ambiguous."""
    first = next(line for line in cells if line.text)
    kind = _first(first)
    if is_single:
        return True
    if kind == tree.RELATION:
        return not (first.text[0] in "<>" and _is_angle(first, cells))
    if kind not in (tree.ADD, tree.MULTIPLY) or (cells[0].text and not is_column):
        return False
    if not state.related or not any(part.kind == tree.RELATION for cell in cells for part in cell.parts):
        return True
    if state.led and not is_column:
        raise tree.Unsound("a line that may go on or start anew")
    return False


def _is_angle(first: Line, cells: Sequence[Line]) -> bool:
    """Whether the sign of order that a line starts with is a bracket."""
    relations = [part.text for cell in cells for part in cell.parts if part.kind == tree.RELATION]
    return len(relations) > 1 and (relations[:2] == ["<", ">"] or (first is cells[0] and len(cells) > 1))


def _first(line: Line) -> tree.Kind:
    """Kind of the first part of a line."""
    return next((part.kind for part in line.parts if part.kind not in (tree.THIN, tree.WIDE)), tree.THIN)
