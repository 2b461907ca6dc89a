"""The tree to one line: compact Unicode, parenthesised by structure."""

from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any

from vtc_r1.renderers.latex.joining import join, settle
from vtc_r1.renderers.latex.shapes import Line, Shape
from vtc_r1.renderers.latex.tables import print_table
from vtc_r1.renderers.latex.tree import (
    Atom,
    Call,
    Fenced,
    Fraction,
    Kind,
    Node,
    Root,
    Row,
    Scripted,
    Table,
    Tail,
)

_CIRCLES = (Atom("∘", Kind.MULTIPLY), Atom("°", Kind.POSTFIX))
_OPERATORS = (Atom("*", Kind.MULTIPLY), Atom("∗", Kind.MULTIPLY), Atom("+", Kind.ADD), Atom("-", Kind.ADD))
_ROOTS = {"": "√", "2": "√", "3": "∛", "4": "∜"}
_GROUPS = frozenset([Shape.NEGATIVE, Shape.SUM, Shape.QUOTIENT])
_SLASHES = (Atom("/", Kind.MULTIPLY), Atom("÷", Kind.MULTIPLY))
_RADICALS = "√∛∜"
_KEPT_KINDS = frozenset(
    [Kind.NAME, Kind.BIG, Kind.OPEN, Kind.CLOSE, Kind.BAR, Kind.RELATION, Kind.ADD, Kind.MULTIPLY, Kind.TEXT]
)


def print_row(row: Row) -> Line:
    """Print things that stand side by side."""
    items = row.items
    parts: list[Atom] = []
    if len(items) == 1:
        only = items[0]
        if type(only) is Atom:
            return _lone(only)
        parts.extend(_parts(only))
    else:
        for at, item in enumerate(items):
            if type(item) is Atom:
                parts.append(item)
            elif type(item) is Fraction and at and _is_mixed(items[at - 1], item):
                whole = parts.pop().text
                parts.append(Atom(f"{whole} {_integer(item.top)}/{_integer(item.bottom)}", Kind.MIXED))
            else:
                parts.extend(_parts(item, parts[-1] if parts else None))
    settled = settle(parts)
    return Line(join(settled), settled)


@lru_cache(1024)
def _lone(atom: Atom) -> Line:
    settled = settle([atom])
    return Line(join(settled), settled)


def _parts(item: Node, before: Atom | None = None) -> Iterable[Atom]:
    """The printed parts of one item; an invisible group gives its own, unless looser than a product."""
    if isinstance(item, Row):
        line = print_row(item)
        if len(line.parts) > 1 and (
            line.shape in _GROUPS or (line.shape == Shape.PRODUCT and before in _SLASHES)
        ):
            return (Atom(line.text, Kind.GROUP),)
        return line.parts
    printed: Atom = _PRINTERS[type(item)](item)
    return (printed,)


def _is_mixed(whole: Node, fraction: Fraction) -> bool:
    if not isinstance(whole, Atom) or whole.kind != Kind.NUMBER or not whole.text.isdigit():
        return False
    top, bottom = _integer(fraction.top), _integer(fraction.bottom)
    return bool(top and bottom) and (len(top), top) < (len(bottom), bottom)


def _integer(row: Row) -> str:
    """The digits that a row consists of, or nothing."""
    texts = [item.text for item in row.items if isinstance(item, Atom) and item.text.isdigit()]
    return texts[0] if len(texts) == 1 == len(row.items) else ""


def _bracketed(line: Line, within: Shape) -> str:
    """The line, in parentheses where it is looser than `within`."""
    return line.text if Shape.EMPTY < line.shape <= within else f"({line.text})"


def _fraction(node: Fraction) -> Atom:
    top, bottom = print_row(node.top), print_row(node.bottom)
    if _is_differential(node.top) and _is_differential(node.bottom):
        return Atom(f"{top.text}/{bottom.text}", Kind.FRACTION)
    text = f"{_bracketed(top, Shape.NEGATIVE)}/{_bracketed(bottom, Shape.ATOM)}"
    return Atom(text, Kind.GROUP if top.shape == Shape.NEGATIVE else Kind.FRACTION)


def _is_differential(row: Row) -> bool:
    letters = [item.text for item in row.items if isinstance(item, Atom) and item.kind == Kind.LETTER]
    return len(letters) == len(row.items) <= 2 and letters[:1] in (["d"], ["∂"])


def _root(node: Root) -> Atom:
    degree = "" if node.degree is None else print_row(node.degree).text
    body = print_row(node.body)
    sign = _ROOTS.get(degree)
    if sign is None:
        return Atom(f"root({degree},{body.text})", Kind.CALL)
    if len(body.parts) == 1 and body.parts[0].kind in (Kind.NUMBER, Kind.LETTER):
        return Atom(sign + body.text, Kind.ROOT)
    parts = body.parts
    fenced = body.shape == Shape.ATOM and parts[0].text == "(" and parts[-1].text == ")"
    return Atom(sign + (body.text if fenced else f"({body.text})"), Kind.CALL)


def _scripted(node: Scripted) -> Atom:
    base = _base(node)
    text, kind, tail = base.text, base.kind, Tail.NONE
    if node.below is not None and node.below.items:
        script, tail = _script(node.below)
        text += f"_{script}"
    if node.primes:
        text, tail = text + "'" * node.primes, Tail.NONE
    if node.above is not None and node.above.items:
        if len(node.above.items) == 1 and node.above.items[0] in _CIRCLES:
            text, tail = text + "°", Tail.NONE
        else:
            script, tail = _script(node.above)
            text += f"^{script}"
    if kind in (Kind.NAME, Kind.BIG):
        tail = Tail.WORD if kind == Kind.NAME else Tail.BIG
    return Atom(text, kind if kind in _KEPT_KINDS else Kind.SCRIPT, tail)


def _base(node: Scripted) -> Atom:
    base = node.base
    if base is None:
        return Atom("" if _is_degree(node) else "{}", Kind.POSTFIX if _is_degree(node) else Kind.SCRIPT)
    if isinstance(base, Atom):
        return base
    if isinstance(base, Row):
        line = print_row(base)
        if not line.text:
            return Atom("{}", Kind.SCRIPT)
        only = line.parts[0] if len(line.parts) == 1 else None
        loose = line.shape != Shape.ATOM or (only is not None and _takes_no_script(only))
        if only is not None and not loose:
            return only
        if only is not None and only.kind in _KEPT_KINDS:
            return only
        return Atom(f"({line.text})" if loose else line.text, Kind.SCRIPT)
    printed: Atom = _PRINTERS[type(base)](base)
    if printed.kind in (Kind.FRACTION, Kind.GROUP) or _takes_no_script(printed):
        return Atom(f"({printed.text})", Kind.SCRIPT)
    return printed


def _takes_no_script(part: Atom) -> bool:
    """Whether a script right of `part` could be read as that of its last piece only."""
    return part.kind == Kind.SCRIPT or part.text[0] in _RADICALS


def _is_degree(node: Scripted) -> bool:
    above = node.above
    return node.below is None and above is not None and len(above.items) == 1 and above.items[0] in _CIRCLES


def _script(row: Row) -> tuple[str, Tail]:
    """A script and what its edge asks for: bare where it is one number, one letter or one sign."""
    line = print_row(row)
    if len(line.parts) == 1:
        part = line.parts[0]
        if part.kind == Kind.NUMBER and part.text.isdigit():
            return part.text, Tail.NONE
        if part.kind == Kind.LETTER:
            return part.text, Tail.LETTER
        if part in _OPERATORS:
            return part.text, Tail.OPERATOR
    return f"({line.text})", Tail.NONE


def _call(node: Call) -> Atom:
    lines = [print_row(argument) for argument in node.arguments]
    if len(lines) == 1:
        return Atom(f"{node.name}({lines[0].text})", node.kind)
    texts = [
        f"({line.text})" if any(p.kind == Kind.PUNCTUATION for p in line.parts) else line.text
        for line in lines
    ]
    return Atom(f"{node.name}({','.join(texts)})", node.kind)


def _fenced(node: Fenced) -> Atom:
    body = node.body
    table = body.items[0] if len(body.items) == 1 else None
    if isinstance(table, Table):
        fenced = print_table(table, print_row, node.opening, node.closing)
        if fenced is not None:
            return fenced
    line = print_row(body)
    text = line.text
    if not (node.opening and node.closing) and line.shape != Shape.ATOM:
        text = f"({text})"
    return Atom(f"{node.opening}{text}{node.closing}" or "()", Kind.CALL)


def _table(node: Table) -> Atom:
    printed = print_table(node, print_row)
    assert printed is not None
    return printed


_PRINTERS: dict[type, Callable[[Any], Atom]] = {
    Fraction: _fraction,
    Root: _root,
    Scripted: _scripted,
    Call: _call,
    Fenced: _fenced,
    Table: _table,
}
