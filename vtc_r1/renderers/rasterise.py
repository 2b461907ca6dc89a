"""Make glyph atlases: `python -m vtc_r1.renderers.rasterise` writes the shipped ones anew.

Rasterising depends on the FreeType build; drawing from a shipped atlas does not, which keeps
pages identical on every machine.
"""

from importlib import resources
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFont

from vtc_r1.errors import ProfileError
from vtc_r1.renderers.atlas import PHASES, UNIT, Atlas

_EM = 2048


def covered(font: str) -> list[int]:
    """Code points of the Basic Multilingual Plane for which the shipped `font` has a glyph."""
    face = ImageFont.truetype(str(_path(font)), 16, layout_engine=ImageFont.Layout.BASIC)
    unknown = bytes(face.getmask("\uffff"))
    points = [*range(0x20, 0x7F), *range(0xA0, 0xD800), *range(0xE000, 0xFFFE)]
    return [point for point in points if bytes(face.getmask(chr(point))) != unknown]


def rasterise(font: str, size: int, cell: int | None, points: list[int]) -> Atlas:
    """Draw every code point of `points` at `size` px in each sub-pixel phase."""
    face = _face(font, size)
    em = _face(font, _EM)
    ascent, descent = em.getmetrics()
    advances = [cell * UNIT if cell else round(em.getlength(chr(p)) * size * UNIT / _EM) for p in points]
    runs = [_run(face, chr(p), phase / PHASES) for p in points for phase in range(1 if cell else PHASES)]
    rows, columns, values = (np.concatenate(parts) for parts in zip(*runs, strict=True))
    return Atlas(
        points=np.array(points, np.uint32),
        advances=np.array(advances, np.int32),
        lengths=np.array([len(run[0]) for run in runs], np.int32),
        rows=rows.astype(np.int8),
        columns=columns.astype(np.int8),
        values=values.astype(np.uint8),
        ascent=ascent / _EM,
        descent=descent / _EM,
    )


def _run(face: ImageFont.FreeTypeFont, character: str, shift: float) -> tuple[NDArray[np.int64], ...]:
    """Inked pixels of one glyph: rows from the baseline, columns from the pen, coverage."""
    mask, (left, top) = face.getmask2(character, "L", start=(shift, 0.0), anchor="ls")
    ink = (
        np.array(Image.frombytes("L", mask.size, bytes(mask)))
        if all(mask.size)
        else np.zeros((0, 0), np.uint8)
    )
    rows, columns = np.nonzero(ink)
    return rows + top, columns + left, ink[rows, columns].astype(np.int64)


def _face(font: str, size: int) -> ImageFont.FreeTypeFont:
    try:
        return ImageFont.truetype(str(_path(font)), size, layout_engine=ImageFont.Layout.BASIC)
    except OSError as error:
        raise ProfileError(f"font {font}: cannot be read ({error})") from error


def _path(font: str) -> Path:
    return Path(str(resources.files("vtc_r1.renderers") / "fonts" / f"{font}.ttf"))


def main() -> None:
    """Write the atlases of the shipped profiles."""
    folder = Path(str(resources.files("vtc_r1.renderers") / "atlases"))
    shipped: list[tuple[str, int, int | None, list[int]]] = [
        ("DejaVuSans", 9, None, covered("DejaVuSans")),
        ("DejaVuSansMono", 13, 8, list(range(0x20, 0x7F))),
    ]
    for font, size, cell, points in shipped:
        path = folder / Atlas.filename(font, size, cell)
        rasterise(font, size, cell, points).save(path)
        print(f"{path.name}: {len(points)} glyphs, {path.stat().st_size} bytes")


if __name__ == "__main__":
    main()
