"""Type sizes: the same profile with larger or smaller type, and pages scaled down as pictures."""

from dataclasses import replace
from functools import lru_cache

import numpy as np

from vtc_r1.renderers import Page, Profile, Renderer
from vtc_r1.renderers.scaling import scaled
from vtc_r1.renderers.vision import VisionFamily


@lru_cache(64)
def sized(profile: Profile, factor: float) -> Renderer:
    """Return the renderer of `profile` with its type `factor` times as large, on pages as wide as before.

    The last page is cropped to its lines, so that smaller type costs less. Raises ProfileError if not even
    one line fits on a page.
    """
    if factor == 1:
        return Renderer(profile)
    return Renderer(scaled(profile, factor, smaller="least").replace(crop=True))


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
