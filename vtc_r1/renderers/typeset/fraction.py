"""Fractions and binomials: large, or in small figures where these stay legible."""

from collections.abc import Sequence

from vtc_r1.renderers.latex.tree import Atom, Kind, Row
from vtc_r1.renderers.typeset import stack
from vtc_r1.renderers.typeset.piece import Piece, Rows, braces, picture, sources
from vtc_r1.renderers.typeset.style import Style

_SMALL = 3  #: maximum signs in a row that is drawn small although there is space


def fraction(parts: Sequence[Row], style: Style, row: Rows, size: str = "", ruled: bool = True) -> Piece:
    """One row over another: in small figures if `style` or `size` requires it and they stay legible."""
    top, bottom = parts
    small = not style.shrunk and (size == "tfrac" or (size == "" and not style.display))
    inner = style.script if small and _is_flat(top) and _is_flat(bottom) else style.text
    above, below = row(top, inner), row(bottom, inner)
    if inner.size == style.size and (found := sources([above, below])) is not None:
        return ("\\dfrac" if ruled else r"\genfrac{}{}{0}{0}") + braces(found[0]) + braces(found[1])
    return stack.fraction(picture(above, inner), picture(below, inner), style.size, ruled)


def _is_flat(node: Row) -> bool:
    """Whether it is short and plain enough for small figures."""
    kinds = (Kind.NUMBER, Kind.LETTER)
    plain = all(isinstance(item, Atom) and item.kind in kinds for item in node.items)
    return plain and sum(len(item.text) for item in node.items if isinstance(item, Atom)) <= _SMALL
