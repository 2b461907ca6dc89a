"""A typeface: one face of a font file, with its coverage."""

import hashlib
from dataclasses import dataclass
from functools import cached_property, lru_cache
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from vtc_r1.disk.access import readable
from vtc_r1.errors import ProfileError, first_line
from vtc_r1.renderers.sfnt import Tables, read_faces, read_points

if TYPE_CHECKING:
    from PIL.ImageFont import Axis, FreeTypeFont

FONTS = ("DejaVuSans", "DejaVuSansMono")  #: names of the fonts that come with the package
_REGULAR = 400
_ANY_SIZE = 16.0


@dataclass(frozen=True)
class Typeface:
    """One face of a font file."""

    path: Path  #: the `.ttf`, `.otf` or `.ttc` file
    face: int = 0  #: number of the face within a collection, 0 in a file of one

    @cached_property
    def tables(self) -> Tables:
        """Offset and length of each table of the face; raises ProfileError."""
        faces = read_faces(self.path)
        if not 0 <= self.face < len(faces):
            raise ProfileError(
                f"font {self.path}: has no face {self.face}; choose one of 0 to {len(faces) - 1}"
            )
        return faces[self.face]

    @cached_property
    def points(self) -> NDArray[np.uint32]:
        """Code points for which the face has a glyph, ascending; raises ProfileError."""
        return read_points(self.path, self.tables)

    @cached_property
    def sha256(self) -> str:
        """Hash of the font file, its identity on every machine; raises ProfileError."""
        with readable(f"font {self.path}", ProfileError, "check the path"), self.path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()

    @property
    def siblings(self) -> list["Typeface"]:
        """Every face of the same file; raises ProfileError."""
        return [Typeface(self.path, face) for face in range(len(read_faces(self.path)))]

    @property
    def family(self) -> str | None:
        """Name of the family, None if the file has none; raises ProfileError."""
        return self.at(_ANY_SIZE).getname()[0]

    def has(self, point: int) -> bool:
        """Whether the face has a glyph for a code point."""
        at = int(np.searchsorted(self.points, point))
        return at < len(self.points) and int(self.points[at]) == point

    def at(self, size: float) -> "FreeTypeFont":
        """Open the face at `size` px, of regular weight if its weight varies; raises ProfileError."""
        return _opened(self, size)


@lru_cache(maxsize=32)
def find_typeface(font: str) -> Typeface:
    """Find a face by the name of a shipped font or by the path of a file, `FILE.ttc#2` its third face.

    Raises ProfileError for a file that is absent, unreadable or not a font.
    """
    if font in FONTS:
        return Typeface(Path(str(resources.files("vtc_r1.renderers") / "fonts" / f"{font}.ttf")))
    name, mark, number = font.rpartition("#")
    numbered = bool(mark) and number.isdecimal() and not Path(font).exists()
    typeface = Typeface(Path(name), int(number)) if numbered else Typeface(Path(font))
    if not typeface.path.exists() and typeface.path.name == font:
        raise ProfileError(f"font {font}: no such file; name {' or '.join(FONTS)}, or give a path")
    _ = typeface.points
    return typeface


@lru_cache(maxsize=32)
def _opened(typeface: Typeface, size: float) -> "FreeTypeFont":
    from PIL import ImageFont

    try:
        face = ImageFont.truetype(
            str(typeface.path), size, index=typeface.face, layout_engine=ImageFont.Layout.BASIC
        )
        if "fvar" in typeface.tables:
            axes = face.get_variation_axes()
            face.set_variation_by_axes([_setting(axis) for axis in axes])
    except (OSError, ValueError) as error:
        raise ProfileError(
            f"font {typeface.path}: cannot be drawn at {size:g} px ({first_line(error)})"
        ) from error
    return face


def _setting(axis: "Axis") -> float:
    """Value at which an axis of a variable font is used: 400 for its weight, else its default."""
    if axis.get("name", b"").lower() == b"weight":
        return min(max(_REGULAR, axis["minimum"] or 0), axis["maximum"] or _REGULAR)
    return axis["default"] or 0
