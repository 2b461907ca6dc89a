"""Named forms: binomials, accents, bars, braces."""

from collections.abc import Callable

from vtc_r1.renderers.latex.tree import Atom, Call, Kind, Unsound
from vtc_r1.renderers.typeset import stack
from vtc_r1.renderers.typeset.fence import fenced
from vtc_r1.renderers.typeset.fraction import fraction
from vtc_r1.renderers.typeset.piece import Piece, Rows, braces, picture
from vtc_r1.renderers.typeset.style import Style

_ACCENTS = {
    "hat": "hat", "tilde": "tilde", "dot": "dot", "ddot": "ddot", "check": "", "breve": "breve",
    "acute": "acute", "grave": "grave", "ring": "mathring",
}  # fmt: skip
_ARROWS = {"vec": (False, True), "overleftarrow": (True, False), "overleftrightarrow": (True, True)}


def call(node: Call, style: Style, row: Rows) -> Piece:
    """Print a named form; Unsound if it is not known."""
    printer = _PRINTERS.get(node.name)
    if printer is None:
        raise Unsound(f"{node.name[:40]} is not known")
    return printer(node, style, row)


def _binomial(node: Call, style: Style, row: Rows) -> Piece:
    body = fraction(node.arguments, style, row, ruled=False)
    if isinstance(body, str):
        return rf"\left( {body} \right) "
    return fenced(body, "(", ")", style.size)


def _accent(node: Call, style: Style, row: Rows) -> Piece:
    (body,) = node.arguments
    only = body.items[0] if len(body.items) == 1 else None
    shown = row(body, style)
    if isinstance(only, Atom) and only.kind == Kind.LETTER and isinstance(shown, str) and _ACCENTS[node.name]:
        return f"\\{_ACCENTS[node.name]}{braces(shown)}"
    if node.name in ("hat", "tilde") and isinstance(shown, str):
        return f"\\wide{node.name}{braces(shown)}"
    raise Unsound(f"{node.name} over more than a letter")


def _arrow(node: Call, style: Style, row: Rows) -> Piece:
    left, right = _ARROWS[node.name]
    return stack.arrowed(picture(row(node.arguments[0], style), style), style.size, left=left, right=right)


def _bar(node: Call, style: Style, row: Rows) -> Piece:
    shown = row(node.arguments[0], style)
    if isinstance(shown, str):
        return f"\\{'overline' if node.name == 'bar' else 'underline'}{braces(shown)}"
    return stack.lined(shown, node.name == "bar")


def _arc(node: Call, style: Style, row: Rows) -> Piece:
    return stack.arced(picture(row(node.arguments[0], style), style), style.size)


def _brace(node: Call, style: Style, row: Rows) -> Piece:
    return stack.braced(picture(row(node.arguments[0], style), style), style.size, node.name == "overbrace")


def _cancelled(node: Call, style: Style, row: Rows) -> Piece:
    return stack.struck(picture(row(node.arguments[0], style), style), style.size)


def _cancelled_to(node: Call, style: Style, row: Rows) -> Piece:
    value, body = node.arguments
    struck = stack.struck(picture(row(body, style), style), style.size)
    return stack.scripts(struck, None, picture(row(value, style.script), style.script), style.size)


def _over(node: Call, style: Style, row: Rows) -> Piece:
    mark, base = node.arguments
    drawn = picture(row(base, style), style)
    small = picture(row(mark, style.script), style.script)
    return stack.limits(drawn, small, None) if node.name == "underset" else stack.limits(drawn, None, small)


_GROUPS: tuple[tuple[Callable[[Call, Style, Rows], Piece], tuple[str, ...]], ...] = (
    (_binomial, ("C",)),
    (_accent, tuple(_ACCENTS)),
    (_arrow, tuple(_ARROWS)),
    (_bar, ("bar", "underline")),
    (_arc, ("arc",)),
    (_brace, ("underbrace", "overbrace")),
    (_cancelled, ("cancel",)),
    (_cancelled_to, ("cancelto",)),
    (_over, ("overset", "underset", "stackrel")),
)
_PRINTERS = {name: printer for printer, names in _GROUPS for name in names}
