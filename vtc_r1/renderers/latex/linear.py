"""The tree to one line: compact Unicode, parenthesised by structure."""

import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

from vtc_r1.renderers.latex.joining import join, settle
from vtc_r1.renderers.latex.seams import Formula, fit
from vtc_r1.renderers.latex.shapes import ATOM, EMPTY, NEGATIVE, PRODUCT, QUOTIENT, SUM, Line
from vtc_r1.renderers.latex.symbols import BLACKBOARD, NAMES, SCRIPT_LETTERS
from vtc_r1.renderers.latex.tables import print_table
from vtc_r1.renderers.latex.tree import (
    ADD,
    BAR,
    BIG,
    CALL,
    CLOSE,
    COMMAND,
    FRACTION,
    GROUP,
    LETTER,
    MIXED,
    MULTIPLY,
    NAME,
    NUMBER,
    OPEN,
    POSTFIX,
    PUNCTUATION,
    RELATION,
    ROOT,
    SCRIPT,
    TEXT,
    THIN,
    Alphabet,
    Atom,
    Call,
    Fenced,
    Fraction,
    Modulus,
    Node,
    Phantom,
    Root,
    Row,
    Scripted,
    Styled,
    Table,
    Tail,
    Unsound,
    Words,
)
from vtc_r1.renderers.latex.words import plain

_CIRCLES = (Atom("∘", MULTIPLY), Atom("°", POSTFIX))
_DIFFERENTIALS = (Atom("d", LETTER), Atom("∂", LETTER))
_OPERATORS = (Atom("*", MULTIPLY), Atom("∗", MULTIPLY), Atom("+", ADD), Atom("-", ADD))
_ROOTS = {"": "√", "2": "√", "3": "∛", "4": "∜"}
_GROUPS = frozenset([NEGATIVE, SUM, QUOTIENT])
_SLASHES = (Atom("/", MULTIPLY), Atom("÷", MULTIPLY))
_RADICALS = "√∛∜"
_KEPT_KINDS = frozenset([NAME, BIG, OPEN, CLOSE, BAR, RELATION, ADD, MULTIPLY, TEXT])
_DELICATE = frozenset([BAR, THIN])
_UPRIGHT = re.compile(r"[A-Za-z]{2,}")
_INDICES = frozenset("abcdefghijklmnopqABCDEFGHIJKLMNO")
"""Letters that are rarely differentiated by: `d` before them is a factor."""
_MODULI = {"pmod": " (mod {})", "mod": " mod {}", "pod": " ({})"}


def print_row(row: Row) -> Line:
    """Print adjacent things."""
    items = row.items
    if len(items) == 1:
        only = items[0]
        if type(only) is Styled:
            only = only.plain
        if type(only) is Atom:
            return _lone(only)
        if type(only) is not Row:
            part = _PRINTERS[type(only)](only)
            return print_parts((part,)) if part.kind in _DELICATE else Line(part.text, (part,))
    parts: list[Atom] = []
    for at, item in enumerate(items):
        if type(item) is Styled:
            item = item.plain
        if type(item) is Atom:
            parts.append(item)
        elif type(item) is Row:
            parts += _group(item, parts[-1] if parts else None)
        elif type(item) is Fraction and at and _is_mixed(items[at - 1], item):
            whole = parts.pop().text
            parts.append(Atom(f"{whole} {_integer(item.top)}/{_integer(item.bottom)}", MIXED))
        else:
            parts.append(_PRINTERS[type(item)](item))
    return print_parts(parts)


def print_parts(parts: Sequence[Atom]) -> Line:
    """Print adjacent parts."""
    settled = settle(parts)
    return Line(join(settled), settled)


@lru_cache(1024)
def _lone(atom: Atom) -> Line:
    return print_parts([atom])


def _group(row: Row, before: Atom | None) -> Sequence[Atom]:
    """The printed parts of an invisible group: its own, or one unless looser than a product."""
    line = print_row(row)
    if len(line.parts) > 1:
        shape = line.shape
        if shape in _GROUPS or (shape == PRODUCT and before in _SLASHES):
            return (Atom(line.text, GROUP),)
    return line.parts


def _is_mixed(whole: Node, fraction: Fraction) -> bool:
    if type(whole) is not Atom or whole.kind != NUMBER or not whole.text.isdigit():
        return False
    top, bottom = _integer(fraction.top), _integer(fraction.bottom)
    return bool(top and bottom) and (len(top), top) < (len(bottom), bottom)


def _integer(row: Row) -> str:
    """The digits that a row consists of, or nothing."""
    only = row.items[0] if len(row.items) == 1 else None
    return only.text if type(only) is Atom and only.text.isdigit() else ""


def _fraction(node: Fraction) -> Atom:
    top, bottom = node.top.items, node.bottom.items
    if len(top) == 1 == len(bottom) and type(top[0]) is Atom and type(bottom[0]) is Atom:
        return _short_fraction(top[0], bottom[0])
    return _any_fraction(node)


@lru_cache(1024)
def _short_fraction(top: Atom, bottom: Atom) -> Atom:
    return _any_fraction(Fraction(Row((top,)), Row((bottom,))))


def _any_fraction(node: Fraction) -> Atom:
    top, bottom = print_row(node.top), print_row(node.bottom)
    partial = bottom.text[:1] == "∂" or bottom.text[-1:] not in _INDICES
    if partial and _is_differential(node.top) and _is_differential(node.bottom):
        return Atom(f"{top.text}/{bottom.text}", FRACTION)
    shape = top.shape
    above = top.text if EMPTY < shape <= NEGATIVE else f"({top.text})"
    below = bottom.text if bottom.shape == ATOM and not _is_upright(bottom) else f"({bottom.text})"
    return Atom(f"{above}/{below}", GROUP if shape == NEGATIVE else FRACTION)


def _is_upright(line: Line) -> bool:
    """Whether it is several upright letters that may be a product, not a function or word."""
    only = line.parts[0] if len(line.parts) == 1 else None
    found = _UPRIGHT.match(only.text) if only is not None else None
    if only is None or found is None:
        return False
    return found[0].isupper() if only.kind == TEXT else only.kind == NAME and found[0] not in NAMES


def _is_differential(row: Row) -> bool:
    items = row.items
    if not 0 < len(items) <= 2 or items[0] not in _DIFFERENTIALS:
        return False
    last = items[-1]
    return type(last) is Atom and last.kind == LETTER


def _root(node: Root) -> Atom:
    degree = "" if node.degree is None else print_row(node.degree).text
    body = print_row(node.body)
    sign = _ROOTS.get(degree)
    if sign is None:
        return Atom(f"root({degree},{body.text})", CALL)
    if len(body.parts) == 1 and body.parts[0].kind in (NUMBER, LETTER):
        return Atom(sign + body.text, ROOT)
    parts = body.parts
    fenced = body.shape == ATOM and parts[0].text == "(" and parts[-1].text == ")"
    return Atom(sign + (body.text if fenced else f"({body.text})"), CALL)


def _scripted(node: Scripted) -> Atom:
    base, below, above = node.base, node.below, node.above
    if type(base) is Atom and not node.primes and (below is None or above is None):
        script = below or above
        only = script.items[0] if script is not None and len(script.items) == 1 else None
        if type(only) is Atom:
            return _short_scripted(base, only, below is not None)
    return _any_scripted(node)


@lru_cache(2048)
def _short_scripted(base: Atom, script: Atom, is_below: bool) -> Atom:
    row = Row((script,))
    return _any_scripted(Scripted(base, row, None, 0) if is_below else Scripted(base, None, row, 0))


def _any_scripted(node: Scripted) -> Atom:
    base = _base(node)
    below = print_row(node.below) if node.below is not None and node.below.items else None
    above = print_row(node.above) if node.above is not None and node.above.items else None
    text, kind, tail = base.text, base.kind, Tail.NONE
    if below is not None:
        script, tail = _script(below)
        text += f"_{script}"
    if node.primes:
        text, tail = text + "'" * node.primes, Tail.NONE
    if _is_circle(node.above):
        text, tail = text + "°", Tail.NONE
    elif above is not None:
        script, tail = _script(above)
        text += f"^{script}"
    if kind in (NAME, BIG):
        tail = Tail.WORD if kind == NAME else Tail.BIG
    return Atom(text, kind if kind in _KEPT_KINDS else SCRIPT, tail)


def _base(node: Scripted) -> Atom:
    base = node.base.plain if isinstance(node.base, Styled) else node.base
    if base is None:
        return Atom("" if _is_degree(node) else "{}", POSTFIX if _is_degree(node) else SCRIPT)
    if isinstance(base, Atom):
        return base
    if isinstance(base, Row):
        line = print_row(base)
        if not line.text:
            return Atom("{}", SCRIPT)
        only = line.parts[0] if len(line.parts) == 1 else None
        loose = line.shape != ATOM or (only is not None and _takes_no_script(only))
        if only is not None and not loose:
            return only
        if only is not None and only.kind in _KEPT_KINDS:
            return only
        return Atom(f"({line.text})" if loose else line.text, SCRIPT)
    printed = _PRINTERS[type(base)](base)
    if printed.kind in (FRACTION, GROUP) or _takes_no_script(printed):
        return Atom(f"({printed.text})", SCRIPT)
    return printed


def _takes_no_script(part: Atom) -> bool:
    """Whether a script right of `part` could be read as that of its last piece only."""
    if not part.text:
        raise Unsound("a script of nothing")
    return part.kind == SCRIPT or part.text[0] in _RADICALS


def _is_degree(node: Scripted) -> bool:
    return node.below is None and _is_circle(node.above)


def _is_circle(script: Row | None) -> bool:
    return script is not None and len(script.items) == 1 and script.items[0] in _CIRCLES


def _script(line: Line) -> tuple[str, Tail]:
    """A script and the requirement of its edge: bare if it is one number, one letter or one sign."""
    if len(line.parts) == 1:
        part = line.parts[0]
        if part.kind == NUMBER and part.text.isdigit():
            return part.text, Tail.NONE
        if part.kind == LETTER:
            return part.text, Tail.LETTER
        if part in _OPERATORS:
            return part.text, Tail.OPERATOR
    return f"({line.text})", Tail.NONE


def _call(node: Call) -> Atom:
    lines = [print_row(argument) for argument in node.arguments]
    if len(lines) == 1:
        return Atom(f"{node.name}({lines[0].text})", node.kind)
    texts = [
        f"({line.text})" if any(p.kind == PUNCTUATION for p in line.parts) else line.text for line in lines
    ]
    return Atom(f"{node.name}({','.join(texts)})", node.kind)


def _fenced(node: Fenced) -> Atom:
    body = node.body
    table = body.items[0] if len(body.items) == 1 else None
    if isinstance(table, Table):
        fenced = print_table(table, _cells(table), node.opening, node.closing)
        if fenced is not None:
            return fenced
    line = print_row(body)
    text = line.text
    if not (node.opening and node.closing) and line.shape != ATOM:
        text = f"({text})"
    return Atom(f"{node.opening}{text}{node.closing}" or "()", CALL)


def _table(node: Table) -> Atom:
    printed = print_table(node, _cells(node))
    assert printed is not None
    return printed


def _cells(table: Table) -> list[list[Line]]:
    return [[print_row(cell) for cell in row] for row in table.rows]


def _alphabet(node: Alphabet) -> Atom:
    letters = BLACKBOARD if node.name == "mathbb" else SCRIPT_LETTERS
    if node.name != "mathfrak" and node.letters in letters:
        return Atom(letters[node.letters], LETTER)
    return Atom(node.source, COMMAND)


def _words(node: Words) -> Atom:
    """Words, with the formulas among them inserted."""
    texts, pieces = [], node.pieces
    for at, piece in enumerate(pieces):
        if isinstance(piece, str):
            texts.append(plain(piece))
            continue
        before, after = pieces[at - 1], pieces[at + 1]
        assert isinstance(before, str) and isinstance(after, str)
        before = before[-1:] or ("$" if at > 1 else "")
        texts.append(fit(Formula(print_row(piece.body)), before, after[:4], piece.display))
    return Atom("".join(texts), TEXT)


def _modulus(node: Modulus) -> Atom:
    return Atom(_MODULI[node.name].format(print_row(node.body).text), TEXT)


def _phantom(node: Phantom) -> Atom:
    return Atom(" ", THIN)


_PRINTERS: dict[type, Callable[[Any], Atom]] = {
    Fraction: _fraction,
    Root: _root,
    Scripted: _scripted,
    Call: _call,
    Fenced: _fenced,
    Table: _table,
    Alphabet: _alphabet,
    Words: _words,
    Modulus: _modulus,
    Phantom: _phantom,
}
