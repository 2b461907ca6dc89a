"""Cached atlases: those of other fonts and sizes are drawn once and kept in the user's cache folder."""

import contextlib
import hashlib
import zipfile
import zlib
from pathlib import Path

import numpy as np
import platformdirs

from vtc_r1.errors import ProfileError
from vtc_r1.renderers.atlas import Atlas
from vtc_r1.renderers.rasterise import Rasteriser, empty_atlas
from vtc_r1.renderers.typeface import Typeface

_VERSION = 1  #: incremented whenever rasterising or the file format changes, so that older files are not read
_USUAL = (
    range(0x20, 0x7F),  # ASCII
    range(0xA0, 0x180),  # Latin-1, Latin Extended-A
    range(0x300, 0x460),  # combining marks, Greek, Russian
    range(0x2000, 0x2300),  # punctuation, super- and subscripts, letter-like, arrows, mathematics
    range(0x2308, 0x230C),  # floor and ceiling
    range(0x239B, 0x23B2),  # pieces of brackets
    range(0x23CE, 0x23CF),  # the mark of a line's end
    range(0x25A0, 0x2600),  # geometric shapes
    range(0x2713, 0x2718),  # ticks and crosses
    range(0x27C0, 0x2800),  # more mathematics and arrows
    range(0xFFFD, 0xFFFE),  # the replacement character
)
_DAMAGED = (OSError, ValueError, LookupError, ArithmeticError, EOFError, zipfile.BadZipFile, zlib.error)


def cached_atlas(
    typeface: Typeface, size: float, cell: int | None, scale: float = 1.0, folder: Path | None = None
) -> Atlas:
    """Atlas of the usual characters of a face, from the cache or drawn now.

    Args:
        typeface: the face.
        size: height of the em in px.
        cell: fixed advance in px, None for the face's own.
        scale: width of the glyphs, 1.0 for the face's own.
        folder: where it is kept; by default the user's cache folder. A read-only folder or a damaged file
            only costs time.

    Raises:
        ProfileError: the face cannot be read or drawn at this size.
    """
    folder = folder or _folder()
    path = folder / _filename(typeface, size, cell, scale) if folder else None
    if path:
        with contextlib.suppress(*_DAMAGED):
            return Atlas.load(path)
    atlas = empty_atlas(typeface, cell)
    usual = np.intersect1d(np.concatenate([np.array(part) for part in _USUAL]), typeface.points)
    if not len(usual):
        raise ProfileError(f"font {typeface.path}: has none of the usual characters; use it as a fallback")
    atlas.add(Rasteriser(typeface, size, cell, scale).glyphs(usual.tolist()))
    if path:
        with contextlib.suppress(OSError):
            path.parent.mkdir(parents=True, exist_ok=True)
            atlas.save(path)
    return atlas


def _folder() -> Path | None:
    """Folder of the cached atlases, None if the user has no home folder."""
    folder = Path(platformdirs.user_cache_dir("vtc-r1", appauthor=False))
    return folder / "atlases" if folder.is_absolute() else None


def _filename(typeface: Typeface, size: float, cell: int | None, scale: float) -> str:
    """Name that depends on everything that can change a pixel."""
    from PIL import features

    freetype = features.version("freetype2")
    key = f"{_VERSION} {typeface.sha256} {typeface.face} {float(size)} {cell} {float(scale)} {freetype}"
    return f"{typeface.path.stem}-{size:g}-{hashlib.sha256(key.encode()).hexdigest()[:20]}.npz"
