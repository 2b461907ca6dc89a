"""The tree to mathtext source, or to composed pictures where mathtext cannot draw it.

Every function returns source as long as mathtext can draw all of a part, so that a plain formula is
one run, and a picture otherwise.
"""

from collections.abc import Sequence
from dataclasses import replace

from vtc_r1.renderers.latex.tree import (
    Alphabet,
    Atom,
    Call,
    Fenced,
    Fraction,
    Kind,
    Modulus,
    Node,
    Phantom,
    Root,
    Row,
    Scripted,
    Styled,
    Table,
    Unsound,
    Words,
)
from vtc_r1.renderers.latex.words import plain
from vtc_r1.renderers.typeset import stack
from vtc_r1.renderers.typeset.calls import call
from vtc_r1.renderers.typeset.fence import fenced
from vtc_r1.renderers.typeset.fraction import fraction
from vtc_r1.renderers.typeset.picture import Picture, Placed, blank, place, side_by_side
from vtc_r1.renderers.typeset.piece import Piece, braces, picture, sources
from vtc_r1.renderers.typeset.sign import DELIMITERS, NATIVE, PLAIN, STACKING, alphabet, sign, words
from vtc_r1.renderers.typeset.style import Style
from vtc_r1.renderers.typeset.table import drawn_table

_OPERANDS = frozenset([Kind.NUMBER, Kind.LETTER, Kind.CLOSE, Kind.POSTFIX])
_BEFORE_SIGNS = frozenset([Kind.PUNCTUATION, Kind.ADD, Kind.MULTIPLY, Kind.RELATION, Kind.OPEN, Kind.NAME])
"""Kinds after which a minus is a sign."""
_PRIME = "'"
_ANGLES = frozenset("⟨⟩<>")
_DRAWN = _ANGLES | frozenset("|‖")
"""Delimiters that mathtext draws too thick when they grow, or too similar to parentheses."""
_ARROWS = ("→", "←")


def show(node: Node, style: Style) -> Piece:
    """Print one part; Unsound if some of it would be lost."""
    match node:
        case Atom():
            return sign(node)
        case Row():
            inner = row(node, style)
            return braces(inner) if isinstance(inner, str) else inner
        case Fraction():
            return fraction((node.top, node.bottom), style, row, node.size)
        case Root():
            return _root(node, style)
        case Scripted():
            return _scripted(node, style)
        case Call():
            return call(node, style, row)
        case Fenced():
            return _fenced(node, style)
        case Table():
            return drawn_table(node, style, row)
        case Styled():
            return _styled(node, style)
        case Alphabet():
            return alphabet(node)
        case Words() | Modulus():
            return show(_row(node), style)
        case Phantom():
            return blank(picture(row(node.body, style), style).advance)


def _row(node: Words | Modulus) -> Row:
    """The same as things side by side."""
    if isinstance(node, Modulus):
        before = {"pmod": " (mod ", "mod": " mod ", "pod": " ("}[node.name]
        after = () if node.name == "mod" else (Atom(")", Kind.TEXT),)
        return Row((Atom(before, Kind.TEXT), *node.body.items, *after))
    items: list[Node] = []
    for piece in node.pieces:
        if not isinstance(piece, str):
            items += piece.body.items
        elif shown := plain(piece):
            items.append(Atom(shown, Kind.TEXT))
    return Row(tuple(items))


def _styled(node: Styled, style: Style) -> str:
    body = row(node.body, style)
    if isinstance(body, Picture):
        raise Unsound(f"{node.name} of more than signs")
    return f"\\{node.name}{braces(body)}"


def row(node: Row, style: Style, joined: bool = False) -> Piece:
    """Print things side by side; `joined` if something comes before them on the line."""
    pieces = [_item(node.items, at, style) for at in range(len(node.items))]
    if (whole := sources(pieces)) is not None:
        return "{}" + "".join(whole) if joined else "".join(whole)
    pictures: list[Picture] = []
    run = "{}" if joined else ""
    for piece in pieces:
        if isinstance(piece, str):
            run += piece
            continue
        if run not in ("", "{}"):
            pictures.append(picture(run, style))
        pictures.append(piece)
        run = "{}"
    if run != "{}":
        pictures.append(picture(run, style))
    return side_by_side(pictures)


def _item(items: Sequence[Node], at: int, style: Style) -> Piece:
    """Print one of `items`, with the space that its neighbours require."""
    item = items[at]
    before = items[at - 1] if at else None
    after = items[at + 1] if at + 1 < len(items) else None
    if isinstance(item, Atom):
        if _is_number(before) and item.text == "," and _is_number(after, 3):
            return "{,}"
        if _is_number(before) and item.text == "." and isinstance(after, Call):
            return words(".")
        if style.shrunk and item.kind in (Kind.ADD, Kind.MULTIPLY):
            return r"\,/\," if item.text == "/" else braces(sign(item).strip())
        if item.kind == Kind.ADD and isinstance(before, Atom) and before.kind in _BEFORE_SIGNS:
            return braces(sign(item).strip())
        if item.kind == Kind.THIN and (_is_text(before) or _is_text(after)):
            return r"\ "
    shown = show(item, style)
    if before is None or not _is_operator(item) or not _is_operand(before):
        return shown
    if isinstance(shown, str):
        return (r"\;" if style.display and _is_operator(before) else r"\,") + shown
    return place([Placed(shown, 2)], shown.advance + 2)


def _is_number(node: Node | None, digits: int = 0) -> bool:
    """Whether it is a number, optionally with that many digits before its point."""
    if not isinstance(node, Atom) or node.kind != Kind.NUMBER:
        return False
    return digits in (0, len(node.text.split(".")[0]))


def _is_text(node: Node | None) -> bool:
    return isinstance(node, Atom) and node.kind == Kind.TEXT


def _is_operator(node: Node) -> bool:
    """Whether a thin space comes before it."""
    base = node.base if isinstance(node, Scripted) else node
    return isinstance(base, Atom) and base.kind in (Kind.NAME, Kind.BIG)


def _is_operand(node: Node) -> bool:
    """Whether an operator after it needs a space of its own."""
    return not isinstance(node, Atom) or node.kind in _OPERANDS


def _root(node: Root, style: Style) -> Piece:
    body, degree = row(node.body, style.text), None if node.degree is None else row(node.degree, style.script)
    if isinstance(body, str) and degree is None:
        return rf"\sqrt{braces(body)}"
    index = None if degree is None else picture(degree, style.script)
    return stack.root(picture(body, style), index, style.size)


def _scripted(node: Scripted, style: Style) -> Piece:
    base = node.base
    below = None if node.below is None else row(node.below, style.script)
    above = None if node.above is None else row(node.above, style.script)
    if isinstance(base, Atom) and base.text in _ARROWS and base.kind == Kind.RELATION:
        return _arrow(base, below, above, style)
    stacked = _is_brace(base) or (style.display and isinstance(base, Atom) and base.text in STACKING)
    nucleus = _nucleus(base, node.primes, style)
    native = not stacked or (isinstance(base, Atom) and base.text in NATIVE and not node.primes)
    scripts = [script for script in (below, above) if script is not None]
    if native and isinstance(nucleus, str) and sources(scripts) is not None:
        if not stacked and isinstance(base, Atom) and base.text in NATIVE:
            nucleus = braces(nucleus)
        return nucleus + _script("_", below) + _script("^", above) + (r"\," if stacked else " ")
    drawn = picture(nucleus, style)
    lower = None if below is None else picture(below, style.script)
    upper = None if above is None else picture(above, style.script)
    if stacked:
        return stack.limits(drawn, lower, upper)
    return stack.scripts(drawn, lower, upper, style.size)


def _nucleus(base: Node | None, primes: int, style: Style) -> Piece:
    if base is None:
        shown: Piece = "{}"
    else:
        shown = show(base, style)
        if isinstance(shown, str) and not isinstance(base, Atom):
            shown = braces(shown)
    if not primes:
        return shown
    if isinstance(shown, str):
        return braces(rf"{shown}\hspace{{0.12}}{words(_PRIME * primes)}")
    return side_by_side([shown, picture(words(_PRIME * primes), style)])


def _script(mark: str, piece: Piece | None) -> str:
    if piece is None:
        return ""
    source = str(piece)
    return f"{mark}{source}" if len(source) == 1 and source.isalnum() else f"{mark}{braces(source)}"


def _is_brace(base: Node | None) -> bool:
    return isinstance(base, Call) and base.name in ("underbrace", "overbrace")


def _arrow(base: Atom, below: Piece | None, above: Piece | None, style: Style) -> Piece:
    """An arrow with something above or below it, and as long."""
    lower = None if below is None else picture(below, style.script)
    upper = None if above is None else picture(above, style.script)
    labels = [label.width + 4 for label in (lower, upper) if label is not None]
    width = max([round(1.3 * style.size), *labels])
    shaft = stack.arrow(width, style.size, left=base.text == "←", right=base.text == "→")
    arrow = place([Placed(shaft, 2, 2 - stack.axis(style.size))], width + 4)
    return stack.limits(arrow, lower, upper)


def _is_tall(source: str) -> bool:
    """Whether delimiters around it would have to grow."""
    return any(command in source for command in ("frac", "sqrt", "left", "sum", "prod", "int", "^"))


def _fenced(node: Fenced, style: Style) -> Piece:
    if node.opening.startswith("\\"):
        inner = replace(style, display=not style.shrunk)
        return stack.boxed(picture(row(node.body, inner), inner), style.size)
    if node.opening not in DELIMITERS or node.closing not in DELIMITERS:
        raise Unsound(f"delimiter {node.opening or node.closing}")
    body = row(node.body, style)
    if isinstance(body, str):
        if not _is_tall(body) and not {node.opening, node.closing} & _ANGLES:
            return PLAIN[node.opening] + body + PLAIN[node.closing]
        if not {node.opening, node.closing} & _DRAWN:
            return rf"\left{DELIMITERS[node.opening]} {body} \right{DELIMITERS[node.closing]} "
        body = picture(body, style)
    return fenced(body, node.opening, node.closing, style.size)
