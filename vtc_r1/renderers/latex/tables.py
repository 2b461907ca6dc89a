"""Tables to one line: matrices, cases, and lines of equations."""

from collections.abc import Sequence

from vtc_r1.renderers.latex.environments import CASES, MATRICES
from vtc_r1.renderers.latex.shapes import ATOM, Line
from vtc_r1.renderers.latex.tree import (
    ADD,
    CALL,
    MULTIPLY,
    PUNCTUATION,
    RELATION,
    TEXT,
    THIN,
    WIDE,
    Atom,
)

_AROUND = {
    "vmatrix": ("det", ""),
    "Vmatrix": ("‖", "‖"),
    "Bmatrix": ("{", "}"),
}
_FENCES = {("(", ")"): ("", ""), ("[", "]"): ("", ""), ("|", "|"): ("det", "")}
_OPERATORS = frozenset([RELATION, ADD, MULTIPLY])


def print_table(
    name: str, rows: list[list[Line]], rules: frozenset[int], opening: str = "", closing: str = ""
) -> Atom | None:
    """Print the cells of an environment; with delimiters around it, None where they mean nothing to it."""
    fence = (opening, closing)
    if fence == ("{", "") or (name in CASES and fence == ("", "")):
        return Atom(_cases(rows), CALL)
    if name in MATRICES:
        if fence == ("", ""):
            before, after = _AROUND.get(name, ("", ""))
        elif fence in _FENCES and name in ("array", "matrix", "smallmatrix"):
            before, after = _FENCES[fence]
        else:
            return None
        return Atom(f"{before}{_matrix(rows, rules)}{after}", CALL)
    if fence != ("", ""):
        return None
    return Atom(_equations(rows, name.startswith("eqnarray")), TEXT)


def _matrix(rows: list[list[Line]], rules: frozenset[int]) -> str:
    """`[[a,b],[c,d]]`; a line drawn between two rows is `---`."""
    printed = []
    for at, row in enumerate(rows):
        if at in rules:
            printed.append("---")
        printed.append(f"[{','.join(map(_cell, row))}]")
    return f"[{','.join(printed)}]"


def _cell(line: Line) -> str:
    if line.shape != ATOM and any(part.kind == PUNCTUATION for part in line.parts):
        return f"({line.text})"
    return line.text


def _cases(rows: list[list[Line]]) -> str:
    text = "; ".join(_case(row).rstrip(",; ") for row in rows)
    inside = text.rstrip(".")
    return f"{{{inside}}}{text[len(inside) :]}"


def _case(row: list[Line]) -> str:
    text = ""
    for line in row:
        if not text or not line.text or line.parts[0].kind == RELATION:
            text += line.text
        elif line.parts[0].kind == TEXT:
            text += " " + line.text.lstrip()
        else:
            text += (" " if text[-1] in ",;:" else ", ") + line.text
    return text


def _equations(rows: list[list[Line]], is_array: bool) -> str:
    """Lines of equations; one that goes on from the line above is written on from it."""
    text = ""
    for row in rows:
        line = _equation(row, is_array)
        if not line:
            continue
        if not text:
            text = line
        elif _goes_on(row):
            text += line
        else:
            text += (" " if text[-1] in ",;:" else "; ") + line
    return text


def _goes_on(row: Sequence[Line]) -> bool:
    filled = [line for line in row if line.text]
    first = filled[0].parts
    kind = next(part.kind for part in first if part.kind not in (THIN, WIDE))
    return kind == RELATION or (not row[0].text and kind in (ADD, MULTIPLY))


def _equation(row: Sequence[Line], is_array: bool) -> str:
    """The cells of a line: pairs of sides joined, pairs kept apart."""
    text, last = "", None
    for at, line in enumerate(row):
        if not line.text:
            continue
        apart = not is_array and at % 2 == 0 and last is not None
        if apart and last not in _OPERATORS and line.parts[0].kind not in _OPERATORS:
            text += " " if text[-1:] in ",;:" or line.parts[0].kind == TEXT else ", "
        text += line.text
        last = line.parts[-1].kind
    return text
