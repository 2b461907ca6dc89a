"""A text set in a profile: the position of every character."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vtc_r1.renderers.atlas import PRIVATE, UNIT, Atlas
from vtc_r1.renderers.foundry import load_foundry
from vtc_r1.renderers.glyph import Glyph
from vtc_r1.renderers.layout import Lines, break_lines, set_lines
from vtc_r1.renderers.mathematics import Formulas, formulas
from vtc_r1.renderers.narrowing import narrowed
from vtc_r1.renderers.paginate import Pagination, paginate
from vtc_r1.renderers.profile import Profile
from vtc_r1.renderers.shape import Shaped, encode, shape
from vtc_r1.renderers.unicode import is_space
from vtc_r1.renderers.wrapping import with_wraps

_WIDEST_MARK = 1 / 4  #: maximum share of a line for the mark of a wrapped row; a wider mark is left out


@dataclass(frozen=True, eq=False)
class PlacedText:
    """A set text: the profile, and the placement of its characters and lines."""

    profile: Profile  #: the profile with the chosen font size and page width
    atlas: Atlas  #: source of the glyphs
    shaped: Shaped  #: the characters, with the source position of each; at least one
    glyphs: NDArray[np.int32]  #: atlas index of each character, -1 for a newline, shape (characters,)
    lines: Lines  #: the line of each character, and its position on it
    pagination: Pagination  #: the position of each line

    @property
    def pages(self) -> int:
        """Number of pages."""
        return int(self.pagination.page_of[-1]) + 1


def set_text(text: str, profile: Profile) -> PlacedText:
    """Set a non-empty text in the first of the profile's sizes with which it fits on one page."""
    for size in profile.fit_sizes[:-1]:
        setting = _set(text, _sized(profile, size))
        if setting.pages == 1:
            return setting
    return _set(text, _sized(profile, profile.fit_sizes[-1]) if profile.fit_sizes else profile)


def _sized(profile: Profile, size: float) -> Profile:
    """The profile at another font size with the same leading."""
    leading = profile.line_height - profile.font_size
    return profile.replace(font_size=size, line_height=size + leading, fit_sizes=())


def _set(text: str, profile: Profile) -> PlacedText:
    found = formulas(text, profile)
    foundry = load_foundry(
        profile.font, profile.font_size, profile.cell, profile.horizontal_scale, profile.fallback
    )
    mark = profile.newline_mark if profile.layout == "reflow" else None

    def known(points: NDArray[np.uint32]) -> NDArray[np.bool_]:
        atlas = foundry.atlas(points)
        glyphs = atlas.index[points]
        inked = atlas.lengths[glyphs * atlas.phases] > 0
        return (points >= PRIVATE) | ((glyphs >= 0) & (inked | is_space(points)))

    wrap = profile.wrap_mark if mark is not None and known(encode(profile.wrap_mark)).all() else ""
    shaped = shape(text, formulas=found.pieces, mark=mark, wrap=wrap, known=known)
    if not len(shaped.points):
        shaped = shape(text, mark=mark, wrap=wrap, known=known)
    atlas = foundry.atlas(shaped.points)
    if found.pictures:
        atlas = atlas.plus(_glyphs(found))
    glyphs, advances = _advances(shaped, atlas)
    profile = narrowed(shaped, advances, profile)
    width = int(atlas.advances[atlas.index[encode(wrap)]].sum()) if shaped.rows.any() else 0
    if width > profile.line_width * UNIT * _WIDEST_MARK:
        width = 0
    starts = break_lines(shaped, advances, profile, width)
    if width:
        shaped, starts = with_wraps(shaped, starts, encode(wrap))
        glyphs, advances = _advances(shaped, atlas)
    lines = set_lines(shaped, starts, advances, profile)
    baseline = profile.baseline or atlas.baseline(profile.font_size, profile.line_height)
    above, below = _tall(shaped, lines, found, baseline, profile)
    pagination = paginate(lines, above, below, baseline, profile)
    return PlacedText(profile, atlas, shaped, glyphs, lines, pagination)


def _advances(shaped: Shaped, atlas: Atlas) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """Glyph of each character, -1 for a newline, and its advance."""
    glyphs = atlas.index[shaped.points]
    return glyphs, np.where(glyphs >= 0, atlas.advances[glyphs], 0).astype(np.int64)


def _glyphs(found: Formulas) -> dict[int, Glyph]:
    """The pictures as glyphs, under private code points in their order."""
    return {
        PRIVATE + number: Glyph.picture(picture.ink, picture.ascent, round(picture.advance * UNIT))
        for number, picture in enumerate(found.pictures)
    }


def _tall(
    shaped: Shaped, lines: Lines, found: Formulas, baseline: int, profile: Profile
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Rows that each line needs for its pictures, above and below the baseline, beyond an ordinary line.

    A picture that is taller than a line has a white row above and below it.
    """
    above, below = np.zeros((2, len(lines.starts)), np.int64)
    if found.pictures:
        at = np.flatnonzero(shaped.points >= PRIVATE)
        which = shaped.points[at] - PRIVATE
        ascents = np.array([picture.ascent for picture in found.pictures])
        heights = np.array([len(picture.ink) for picture in found.pictures])
        depth = int(profile.line_height) - baseline
        np.maximum.at(above, lines.line_of[at], ascents[which] + 1 - baseline)
        np.maximum.at(below, lines.line_of[at], (heights - ascents)[which] + 1 - depth)
    return above, below
