"""Styles: pages of several fonts and sizes, so that a model reads and does not match bitmaps."""

import random
from functools import cache

from vtc_r1.renderers import Renderer, load_profile

COLUMNS = 16
"""Characters that a line of every style holds."""
FONTS = ("DejaVuSansMono", "DejaVuSans")
CELLS = (6, 7, 8, 9, 10, 12)
BASELINES = (11, 12, 14)


def draw_style(rng: random.Random) -> Renderer:
    """Draw a page like the embedded model's own: another font, size or place on the line.

    A line stands in the upper half of a 32-px row in all of them, and holds as many characters.
    """
    return _style(rng.choice(FONTS), rng.choice(CELLS), rng.choice(BASELINES))


@cache
def _style(font: str, cell: int, baseline: int) -> Renderer:
    width = -(-COLUMNS * cell // 32) * 32
    size = min(cell * 1.625, 16)
    own = load_profile("nano")
    return Renderer(
        own.replace(font=font, cell=cell, font_size=size, width=width, baseline=baseline), cache=None
    )
