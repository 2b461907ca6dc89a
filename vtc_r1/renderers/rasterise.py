"""Rasterising: glyphs of a face at one size. `python -m vtc_r1.renderers.rasterise` extends shipped ones.

Rasterising depends on the FreeType build; drawing from a shipped atlas does not, which keeps
pages identical on every machine.
"""

import unicodedata
from collections.abc import Iterable
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from vtc_r1.errors import ProfileError
from vtc_r1.renderers.atlas import FROZEN, PHASES, SHIPPED, UNIT, Atlas
from vtc_r1.renderers.glyph import Glyph, Run, run_of
from vtc_r1.renderers.typeface import Typeface, find_typeface

if TYPE_CHECKING:
    from PIL.ImageFont import FreeTypeFont

_EM = 2048
_MARKS = ("Mn", "Me")
_ROOMY = 1.25  #: maximum width, in cells, of a fallback glyph per cell that it gets


def empty_atlas(typeface: Typeface, cell: int | None) -> Atlas:
    """Atlas without glyphs, with the metrics of a face."""
    ascent, descent = typeface.at(_EM).getmetrics()
    return Atlas(1 if cell else PHASES, ascent / _EM, descent / _EM)


class Rasteriser:
    """Draws glyphs of one face.

    Args:
        typeface: the face.
        size: height of the em in px.
        cell: fixed advance in px, None for the advances of the face.
        scale: width of the glyphs, 1.0 for the face's own.
        guest: whether the face is a fallback for another one: in a fixed cell its wide glyphs then get
            several cells, while the glyphs of the font itself get one each.

    Raises:
        ProfileError: the face cannot be read or drawn at this size.
    """

    def __init__(
        self, typeface: Typeface, size: float, cell: int | None, scale: float = 1.0, *, guest: bool = False
    ) -> None:
        self._path, self._face, self._em = typeface.path, typeface.at(size), typeface.at(_EM)
        self._size, self._cell, self._scale, self._guest = size, cell, scale, guest

    def glyphs(self, points: Iterable[int]) -> dict[int, Glyph]:
        """Draw the glyph of every code point; the face must have them. Raises ProfileError."""
        try:
            return {point: self._glyph(chr(point)) for point in points}
        except OSError as error:
            raise ProfileError(
                f"font {self._path}: has a damaged glyph ({error}); choose another font"
            ) from error

    def _glyph(self, character: str) -> Glyph:
        """Draw one glyph in each sub-pixel phase."""
        own = round(self._em.getlength(character) * self._size * self._scale * UNIT / _EM)
        advance, shift = own, 0.0
        if unicodedata.category(character) in _MARKS:
            advance, shift = 0, self._mark_shift(character, own / UNIT)
        elif self._cell:
            cells = self._cells(own / UNIT)
            advance = cells * self._cell * UNIT
            shift = max(0, round((advance - own) / UNIT / 2)) if self._guest else 0
        return Glyph(advance, self._runs(character, shift))

    def _cells(self, width: float) -> int:
        """Number of cells for a glyph whose own advance is `width` px."""
        if not self._guest or not self._cell:
            return 1
        cells = 1
        while width > cells * self._cell * _ROOMY:
            cells += 1
        return cells

    def _mark_shift(self, character: str, width: float) -> float:
        """Shift to the right, in px, that puts a combining mark of that advance on the letter before the pen.

        Fonts draw marks left of the pen, or right of it in a cell of their own, or right of it and
        leave positioning to a shaping engine, which is not used here.
        """
        centre = self._centre(character)
        cell = self._cell or 0
        if width and centre > 0:
            return -float(cell or width)
        letter = self._em.getlength("o") * self._size * self._scale / _EM
        gap = max(0.0, cell - letter) if cell else 0.0
        shift = -gap - (centre + letter / 2 if centre > 0 else 0.0)
        return round(shift) if cell else shift

    def _centre(self, character: str) -> float:
        """Middle of a glyph's ink, in px right of the pen."""
        _, columns, _ = self._natural(character, 0.0)
        return (int(columns.min()) + int(columns.max()) + 1) / 2 * self._scale if len(columns) else 0.0

    def _runs(self, character: str, shift: float) -> tuple[Run, ...]:
        phases = range(1 if self._cell else PHASES)
        shifts = [shift + phase / PHASES for phase in phases]
        if self._scale != 1.0:
            return squeezed(self._face, character, self._scale, shifts)
        return tuple(self._natural(character, each) for each in shifts)

    def _natural(self, character: str, shift: float) -> Run:
        """Unscaled ink of one glyph, `shift` px right of the pen."""
        whole = int(np.floor(shift))
        ink, left, top = _picture(self._face, character, shift - whole)
        return run_of(ink, top, left + whole)


def squeezed(face: "FreeTypeFont", character: str, scale: float, shifts: list[float]) -> tuple[Run, ...]:
    """Ink of one glyph `scale` times as wide, at each of `shifts` px right of the pen.

    The ink left of every quarter of a pixel is summed from four pictures, each a quarter further
    right; the coverage of a narrow pixel is the difference of two such sums, so no ink is lost.
    """
    pictures = [_picture(face, character, step / PHASES) for step in range(PHASES)]
    top = min(top for _, _, top in pictures)
    left = min(left for _, left, _ in pictures) - 1
    height = max(above + ink.shape[0] for ink, _, above in pictures) - top
    width = max(before + ink.shape[1] for ink, before, _ in pictures) - left
    steps = np.zeros((height, width, PHASES))
    for step, (ink, before, above) in enumerate(pictures):
        row, column = above - top, before - left
        steps[row : row + ink.shape[0], column : column + ink.shape[1], PHASES - 1 - step] = ink
    sums = np.zeros((height, width * PHASES + 1))
    sums[:, 1:] = np.cumsum(steps, axis=1).reshape(height, width * PHASES)
    first = int(np.floor(left * scale + min(shifts)))
    end = int(np.ceil((left + width) * scale + max(shifts)))
    edges = (np.arange(first, end + 1) - np.array(shifts)[:, None]) / scale
    places = np.clip((edges - left) * PHASES, 0, width * PHASES)
    whole = np.minimum(places.astype(np.int64), width * PHASES - 1)
    at = sums[:, whole] + (places - whole) * (sums[:, whole + 1] - sums[:, whole])
    ink = np.clip(np.rint(np.diff(at) * scale), 0, 255).astype(np.uint8)
    return tuple(run_of(ink[:, phase], top, first) for phase in range(len(shifts)))


def _picture(face: "FreeTypeFont", character: str, shift: float) -> tuple[NDArray[np.uint8], int, int]:
    """Coverage of one glyph drawn `shift` px right of the pen, its left column and its top row."""
    mask, (left, top) = face.getmask2(character, "L", start=(shift, 0.0), anchor="ls")
    width, height = mask.size
    ink = np.frombuffer(bytes(mask), np.uint8) if width * height else np.zeros(0, np.uint8)
    return ink.reshape(height, width), left, top


def main() -> None:
    """Add missing glyphs of their fonts to the shipped atlases; the frozen one is not changed."""
    for font, size, cell in SHIPPED:
        if (font, size, cell) in FROZEN:
            continue
        path = Path(str(resources.files("vtc_r1.renderers") / "atlases" / Atlas.filename(font, size, cell)))
        typeface = find_typeface(font)
        atlas = Atlas.load(path) if path.exists() else empty_atlas(typeface, cell)
        fresh = np.setdiff1d(typeface.points, atlas.points)
        drawn = [point for point in fresh.tolist() if unicodedata.category(chr(point)) != "Cc"]
        if drawn:
            atlas.add(Rasteriser(typeface, size, cell).glyphs(drawn))
            atlas.save(path)
        print(
            f"{path.name}: {len(drawn)} glyphs added, {len(atlas.points)} in all, {path.stat().st_size} bytes"
        )


if __name__ == "__main__":
    main()
