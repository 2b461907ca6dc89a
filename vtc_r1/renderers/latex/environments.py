r"""Environments: `\begin{…}` to `\end{…}`, and rows without one."""

import re

from vtc_r1.renderers.latex.parser import Parser
from vtc_r1.renderers.latex.tokens import is_blank_line
from vtc_r1.renderers.latex.tree import Atom, Kind, Node, Row, Table, Unsound

ALIGNED = frozenset(["align", "aligned", "alignat", "alignedat", "flalign", "eqnarray", "split"])
STACKED = frozenset(["gather", "gathered", "equation", "multline", "displaymath", "math", "subarray"])
CASES = frozenset(["cases", "dcases", "rcases"])
MATRICES = frozenset(
    ["matrix", "pmatrix", "bmatrix", "Bmatrix", "vmatrix", "Vmatrix", "smallmatrix", "array"]
)
KNOWN = ALIGNED | STACKED | CASES | MATRICES

_LENGTH = re.compile(r"\[\s*-?[0-9.]+\s*(?:pt|em|ex|cm|mm|in|baselineskip|\\[a-z]+)\s*\]")
_COLUMNS = re.compile(r"(?:[lcr|\s]|@\{[^{}]*\})*")


def environment(parser: Parser) -> Node:
    r"""Read from `\begin{…}` to its end."""
    begin = parser.advance()
    written = begin[begin.index("{") + 1 : -1]
    name = written.removesuffix("*")
    if name not in KNOWN:
        raise Unsound(f"environment {name}")
    columns = _preamble(parser, name, starred=name != written)
    table = _rows(parser, name, columns)
    if not parser.token.startswith(r"\end{") or parser.token[5:-1] != written:
        raise Unsound(f"{begin} without its end")
    parser.advance()
    return table


def lines(parser: Parser) -> Row:
    """Parse rows outside of an environment; a single one is returned as it is."""
    table = _rows(parser, "gathered", is_bare=True)
    if any(len(cells) > 1 for cells in table.rows):
        raise Unsound("& outside of an environment")
    tagged = len(table.rows) == 1 and not table.rules
    return table.rows[0][0] if tagged else Row((table,))


def _preamble(parser: Parser, name: str, starred: bool) -> str:
    """Skip what comes before the first cell; returns the columns of an array."""
    if name in ("array", "aligned", "gathered", "split") or (starred and name in MATRICES):
        _bracket(parser)
    if name in ("array", "alignat", "alignedat", "subarray"):
        columns = parser.raw()
        if name == "array":
            if not _COLUMNS.fullmatch(columns):
                raise Unsound(f"columns {columns[:40]!r}")
            return re.sub(r"\s", "", columns)
    return ""


def _bracket(parser: Parser) -> None:
    if re.match(r"\[[a-z]\]", parser.source[parser.here() : parser.here() + 3]):
        for _ in range(3):
            parser.advance()


def _rows(parser: Parser, name: str, columns: str = "", *, is_bare: bool = False) -> Table:
    """Parse rows up to their end; outside of an environment a blank line ends them too."""
    rows: list[tuple[Row, ...]] = []
    rules: set[int] = set()
    while True:
        while parser.token == r"\hline" or is_blank_line(parser.token):
            if parser.advance() == r"\hline":
                rules.add(len(rows))
        rows.append(_cells(parser))
        if is_blank_line(parser.token) and is_bare:
            parser.advance()
        elif parser.token in (r"\\", r"\cr"):
            _row_end(parser)
        else:
            break
    if is_blank_line(parser.token):
        parser.advance()
    if len(rows) > 1 and not any(cell.items for cell in rows[-1]):
        rows.pop()
    return Table(name, tuple(rows), frozenset(rules & set(range(len(rows) + 1))), columns)


def _cells(parser: Parser) -> tuple[Row, ...]:
    cells = [parser.row()]
    while parser.token == "&":
        parser.advance()
        cells.append(parser.row())
    if parser.tag is not None:
        cells[-1] = Row((*cells[-1].items, Atom(" ", Kind.WIDE), Atom(f"({parser.tag})", Kind.TEXT)))
        parser.tag = None
    return tuple(cells)


def _row_end(parser: Parser) -> None:
    at, mark = parser.at, parser.advance()
    if parser.token == "*" and parser.here() == parser.start(at) + len(mark):
        parser.advance()
    if parser.token == "[" and (length := _LENGTH.match(parser.source, parser.here())):
        while parser.here() < length.end():
            parser.advance()
