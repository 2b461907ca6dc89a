"""The atlas of a font at one size: shipped, cached, or drawn now."""

from functools import lru_cache
from importlib import resources

from vtc_r1.renderers.atlas import SHIPPED, Atlas


def load_atlas(font: str, size: float, cell: int | None, scale: float = 1.0) -> Atlas:
    """Load the shipped atlas of a font, or the cached or a new one of its usual characters.

    Args:
        font: name of a shipped font, or the path of a font file (`FILE.ttc#2`: a face of a collection).
        size: height of the em in px.
        cell: fixed advance in px, None for the font's own.
        scale: width of the glyphs, 1.0 for the font's own.

    Returns:
        A shared, read-only atlas (`Atlas.plus` and `Foundry` return extended ones).

    Raises:
        ProfileError: the font cannot be read or drawn at this size.
    """
    return _loaded(font, size, cell, scale)


@lru_cache(maxsize=16)
def _loaded(font: str, size: float, cell: int | None, scale: float) -> Atlas:
    if scale == 1.0 and (font, size, cell) in SHIPPED:
        shipped = resources.files("vtc_r1.renderers") / "atlases" / Atlas.filename(font, size, cell)
        with resources.as_file(shipped) as path:
            return Atlas.load(path)
    from vtc_r1.renderers.atlas_cache import cached_atlas
    from vtc_r1.renderers.typeface import find_typeface

    return cached_atlas(find_typeface(font), size, cell, scale)
