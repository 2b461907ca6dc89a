"""A part of a formula being printed: mathtext source, or a finished picture."""

from collections.abc import Sequence
from typing import Protocol

from vtc_r1.renderers.latex.tree import Row
from vtc_r1.renderers.typeset.engine import draw
from vtc_r1.renderers.typeset.picture import Picture, blank
from vtc_r1.renderers.typeset.style import Style

Piece = str | Picture


class Rows(Protocol):
    """Prints a row; passed to the forms that contain rows."""

    def __call__(self, node: Row, style: Style, joined: bool = False) -> Piece:
        """Print things side by side; `joined` if something comes before them on the line."""


def picture(piece: Piece, style: Style) -> Picture:
    """The picture of a piece at the size of `style`."""
    if isinstance(piece, Picture):
        return piece
    return draw(piece, style.size) if piece.strip() else blank(0)


def braces(source: str) -> str:
    """Mathtext source as one group, which must not be empty."""
    return f"{{{source or '{}'}}}"


def sources(pieces: Sequence[Piece]) -> list[str] | None:
    """The pieces, if mathtext can draw all of them."""
    found = [piece for piece in pieces if isinstance(piece, str)]
    return found if len(found) == len(pieces) else None
