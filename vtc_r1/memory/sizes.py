"""Type sizes: the same profile with larger or smaller type, and pages made smaller as they are."""

from dataclasses import replace
from functools import lru_cache

import numpy as np

from vtc_r1.renderers import Page, Profile, Renderer
from vtc_r1.renderers.vision import VisionFamily

_SMALLEST_TYPE, _SMALLEST_CELL = 4.0, 3


@lru_cache(64)
def sized(profile: Profile, factor: float) -> Renderer:
    """Return the renderer of `profile` with its type `factor` times as large, on pages as wide as before.

    The last page is cut to its lines, so that smaller type costs less. Raises ProfileError where not even
    one line of it fits a page.
    """
    if factor == 1:
        return Renderer(profile)
    changes = {
        "font_size": max(_SMALLEST_TYPE, profile.font_size * factor),
        "line_height": max(_SMALLEST_TYPE, profile.line_height * factor),
        "baseline": None if profile.baseline is None else max(1, round(profile.baseline * factor)),
        "cell": None if profile.cell is None else max(_SMALLEST_CELL, round(profile.cell * factor)),
    }
    return Renderer(profile.replace(**changes, fit_sizes=(), crop=True))


def downscaled(page: Page, factor: float, vision: VisionFamily) -> Page:
    """Return the page with its picture `factor` times as large, on the family's grid."""
    from PIL import Image

    size = [max(vision.grid, int(side * factor) // vision.grid * vision.grid) for side in _sides(page)]
    picture = Image.fromarray(np.asarray(page.pixels)).resize((size[0], size[1]), Image.Resampling.LANCZOS)
    pixels = np.asarray(picture)
    pixels.flags.writeable = False
    return replace(page, pixels=pixels, vision_tokens=vision.tokens(*size))


def _sides(page: Page) -> tuple[int, int]:
    return page.width, page.height
