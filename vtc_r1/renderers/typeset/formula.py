"""One formula, from LaTeX to a picture."""

from functools import lru_cache

from vtc_r1.renderers.latex.parse import parse
from vtc_r1.renderers.latex.tree import Unsound
from vtc_r1.renderers.typeset.engine import LONGEST
from vtc_r1.renderers.typeset.picture import Picture, trimmed
from vtc_r1.renderers.typeset.piece import picture
from vtc_r1.renderers.typeset.printer import row
from vtc_r1.renderers.typeset.style import Style


def typeset(source: str, size: float, *, display: bool) -> Picture | None:
    """Draw one formula, given without delimiters; None if mathtext cannot draw all of it.

    No part of a formula is left out: an unknown command, a missing glyph or more than 2,000 characters
    give None. Thread-safe; the last 4,096 pictures are cached.

    Args:
        source: LaTeX; rows split by a double backslash need no environment.
        size: em of the surrounding text in px.
        display: whether the formula has a line of its own: fractions are large, limits stacked.

    Raises:
        MissingExtra: matplotlib is not installed.
    """
    if len(source) > LONGEST:
        return None
    try:
        return _typeset(source, float(size), display)
    except RecursionError:
        return None


@lru_cache(4096)
def _typeset(source: str, size: float, display: bool) -> Picture | None:
    style = Style(size, display)
    try:
        drawn = trimmed(picture(row(parse(source.strip()), style), style))
    except Unsound:
        return None
    return None if drawn.is_blank else drawn
