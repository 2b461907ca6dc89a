"""The foundry: extends the atlas of a font by the characters that a text needs."""

import unicodedata
from functools import lru_cache
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from vtc_r1.errors import ProfileError
from vtc_r1.renderers.atlas import FROZEN, PRIVATE, Atlas
from vtc_r1.renderers.fallback import Fallback, fallback_faces
from vtc_r1.renderers.glyph import Glyph
from vtc_r1.renderers.loading import load_atlas
from vtc_r1.renderers.typeface import Typeface, find_typeface

_UNDRAWN = ("Cc", "Cs")  #: categories that no font is searched for: controls and surrogates
_MOST_PIXELS = 2**21
"""Inked pixels above which a grown atlas is replaced by a new one: 10 MB, and as much again in stamps for
each width of a page; about 4,000 Chinese characters, more than a long text has."""
_MOST_UNAVAILABLE = 2**14  #: maximum number of characters remembered as having no glyph


class Foundry:
    """Draws characters that an atlas lacks, first with the font's own face, then with the fallback faces.

    All texts of one font share one growing atlas, so that a character is drawn once per process.

    Args:
        font: name of a shipped font, or the path of a font file (`FILE.ttc#2`: a face of a collection).
        size: height of the em in px.
        cell: fixed advance in px, None for the font's own.
        scale: width of the glyphs, 1.0 for the font's own.
        fallback: which fallback faces to use.

    Raises:
        ProfileError: a font cannot be read or drawn at this size.
    """

    def __init__(
        self,
        font: str,
        size: float,
        cell: int | None,
        scale: float = 1.0,
        fallback: Fallback = "installed",
    ) -> None:
        self._font, self._size, self._cell, self._scale = font, size, cell, scale
        self._fallback: Fallback = fallback
        self._frozen = fallback == "none" and scale == 1.0 and (font, size, cell) in FROZEN
        self._base = self._atlas = load_atlas(font, size, cell, scale)
        self._unavailable: set[int] = set()
        self._growing = Lock()

    def atlas(self, points: NDArray[np.uint32]) -> Atlas:
        """Return a read-only atlas with every glyph of `points` that any face has.

        Points that no face has, and those from `PRIVATE` on, are left out.
        """
        atlas = self._atlas
        absent = self._absent(points, atlas)
        if not absent:
            return atlas
        with self._growing:
            atlas = self._roomy()
            # Another thread may have drawn them while this one waited for the lock.
            absent = self._absent(points, atlas)
            glyphs = self._drawn(absent)
            if glyphs:
                # The base is shared by all users of this font and size, so a copy of it grows.
                if atlas is self._base:
                    atlas = self._base.plus({})
                atlas.add(glyphs)
            self._unavailable.update(absent - glyphs.keys())
            self._atlas = atlas
        return atlas

    def _absent(self, points: NDArray[np.uint32], atlas: Atlas) -> set[int]:
        """Code points that the atlas lacks and that some face may have."""
        if self._frozen:
            return set()
        absent = points[atlas.index[points] < 0]
        return {
            point
            for point in set(absent[absent < PRIVATE].tolist())
            if point not in self._unavailable and unicodedata.category(chr(point)) not in _UNDRAWN
        }

    def _roomy(self) -> Atlas:
        """Atlas to grow: the present one, unless it has become too large."""
        if len(self._unavailable) > _MOST_UNAVAILABLE:
            self._unavailable = set()
        return self._base if len(self._atlas.values) > _MOST_PIXELS else self._atlas

    def _drawn(self, points: set[int]) -> dict[int, Glyph]:
        """Glyphs of those points that a face has."""
        glyphs = self._drawn_by(find_typeface(self._font), points, guest=False)
        if points <= glyphs.keys():
            return glyphs
        for typeface in fallback_faces(self._fallback):
            try:
                glyphs |= self._drawn_by(typeface, points - glyphs.keys(), guest=True)
            except ProfileError:
                if self._fallback != "installed":
                    raise
            if points <= glyphs.keys():
                break
        return glyphs

    def _drawn_by(self, typeface: Typeface, points: set[int], *, guest: bool) -> dict[int, Glyph]:
        """Glyphs of those points that this face has."""
        had = sorted(point for point in points if typeface.has(point))
        if not had:
            return {}
        from vtc_r1.renderers.rasterise import Rasteriser

        return Rasteriser(typeface, self._size, self._cell, self._scale, guest=guest).glyphs(had)


@lru_cache(maxsize=16)
def load_foundry(font: str, size: float, cell: int | None, scale: float, fallback: Fallback) -> Foundry:
    """Return the shared foundry of a font; the arguments are those of `Foundry`."""
    return Foundry(font, size, cell, scale, fallback)
