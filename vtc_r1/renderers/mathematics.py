"""Mathematics: the formulas of a text in the form that the profile requires."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from vtc_r1.renderers.atlas import PICTURES, PRIVATE
from vtc_r1.renderers.latex.forms import forms
from vtc_r1.renderers.latex.spans import Span, find
from vtc_r1.renderers.profile import Profile
from vtc_r1.renderers.shape import PICTURE, Piece

if TYPE_CHECKING:
    from vtc_r1.renderers.typeset import Picture


@dataclass(frozen=True, slots=True)
class Formulas:
    """The formulas of a text that change, in order, and the pictures of those that are drawn."""

    pieces: list[Piece]
    pictures: "list[Picture]"


def formulas(text: str, profile: Profile) -> Formulas:
    """Find the formulas of `text` outside of code, and convert those that have another form."""
    if profile.latex == "source" or not ("$" in text or "\\" in text):
        return Formulas([], [])
    spans = find(text)
    return Formulas(_linear(text, spans), []) if profile.latex == "linear" else _typeset(text, profile, spans)


def _linear(text: str, spans: list[Span]) -> list[Piece]:
    return [
        Piece(span.start, span.end, shown)
        for span, shown in zip(spans, forms(text, spans), strict=True)
        if shown is not None
    ]


def _typeset(text: str, profile: Profile, spans: list[Span]) -> Formulas:
    """Draw each formula; one that cannot be drawn, or is larger than a page allows, stays linear.

    So do those after the first `PICTURES` different ones.
    """
    from vtc_r1.renderers.typeset import typeset

    pieces: list[Piece] = []
    pictures: list[Picture] = []
    points: dict[int, int] = {}
    for span in spans:
        block = span.display and profile.display == "centred"
        picture = typeset(text[span.inner : span.outer], profile.font_size, display=block)
        is_new = id(picture) not in points
        if picture is None or not _fits(picture, profile) or (is_new and len(pictures) == PICTURES):
            pieces += _linear(text, [span])
            continue
        if is_new:
            points[id(picture)] = PRIVATE + len(pictures)
            pictures.append(picture)
        shown = PICTURE if block else _apart(text, span)
        pieces.append(Piece(span.start, span.end, shown, points[id(picture)], block))
    return Formulas(pieces, pictures)


def _apart(text: str, span: Span) -> str:
    """A picture on a line, with a blank where a letter or digit would touch it."""
    left = " " if span.display and text[span.start - 1 : span.start].isalnum() else ""
    right = " " if text[span.end : span.end + 1].isalnum() else ""
    return f"{left}{PICTURE}{right}"


def _fits(picture: "Picture", profile: Profile) -> bool:
    height, width = picture.ink.shape
    too_wide = max(width, picture.advance) > profile.first_line_width
    return not too_wide and height <= (profile.height - 2 * profile.margin_y) / 2
