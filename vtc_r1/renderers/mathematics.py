"""Mathematics: the formulas of a text in the form that a profile asks for."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from vtc_r1.renderers.atlas import PRIVATE
from vtc_r1.renderers.blocks import code_blocks
from vtc_r1.renderers.latex.spans import Span, find, forms
from vtc_r1.renderers.profile import Profile
from vtc_r1.renderers.shape import PICTURE, Piece

if TYPE_CHECKING:
    from vtc_r1.renderers.typeset import Picture


@dataclass(frozen=True, slots=True)
class Formulas:
    """The formulas of a text that change, in order, and the pictures that some of them became."""

    pieces: list[Piece]
    pictures: "list[Picture]"


def formulas(text: str, profile: Profile) -> Formulas:
    """Find the formulas of `text`, code aside, and convert those that have another form."""
    if profile.latex == "source" or not ("$" in text or "\\" in text):
        return Formulas([], [])
    linear = [Piece(span.start, span.end, shown) for span, shown in _outside_code(text)]
    return Formulas(linear, []) if profile.latex == "linear" else _typeset(text, profile, linear)


def _outside_code(text: str) -> list[tuple[Span, str]]:
    found = list(forms(text))
    for start, end in code_blocks(text) if "```" in text or "~~~" in text else []:
        found = [(span, shown) for span, shown in found if span.end <= start or span.start >= end]
    return found


def _typeset(text: str, profile: Profile, linear: list[Piece]) -> Formulas:
    """Draw each formula; one that cannot be drawn, or is larger than a page allows, stays linear."""
    from vtc_r1.renderers.typeset import typeset

    pieces = {piece.start: piece for piece in linear}
    pictures: list[Picture] = []
    points: dict[int, int] = {}
    code = code_blocks(text) if "```" in text or "~~~" in text else []
    for span in find(text):
        if any(start < span.end and span.start < end for start, end in code):
            continue
        block = span.display and profile.display == "centred"
        picture = typeset(text[span.inner : span.outer], profile.font_size, display=block)
        if picture is None or not _fits(picture, profile):
            continue
        if id(picture) not in points:
            points[id(picture)] = PRIVATE + len(pictures)
            pictures.append(picture)
        shown = PICTURE if block else _apart(text, span)
        pieces[span.start] = Piece(span.start, span.end, shown, points[id(picture)], block)
    return Formulas([pieces[start] for start in sorted(pieces)], pictures)


def _apart(text: str, span: Span) -> str:
    """A picture in a line, with a blank where a letter or digit would touch it."""
    left = " " if span.display and text[span.start - 1 : span.start].isalnum() else ""
    right = " " if text[span.end : span.end + 1].isalnum() else ""
    return f"{left}{PICTURE}{right}"


def _fits(picture: "Picture", profile: Profile) -> bool:
    height, width = picture.ink.shape
    room = profile.text_width - profile.left_indent - profile.right_indent - max(0, profile.first_line_indent)
    return bool(max(width, picture.advance) <= room) and height <= (profile.height - 2 * profile.margin_y) / 2
