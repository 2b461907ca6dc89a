"""The styles of the embedded model's training, drawn one at a time from the shipped distribution `nano`."""

import random
from functools import cache
from typing import Any

from vtc_r1.renderers import Renderer, load_profile
from vtc_r1.sft.styling.styles import Styles, load_styles

COLUMNS = 16
"""Characters per line in every style."""
_DRAWN = ("font", "cells", "baseline")
"""The drawn keys; their order determines the style of a seed."""


def draw_style(rng: random.Random) -> Renderer:
    """Draw a page like the embedded model's own: another font, size or place on the line."""
    return _style(tuple(rng.randrange(len(_styles().draw[key].values)) for key in _DRAWN))


@cache
def _styles() -> Styles:
    return load_styles("nano")


@cache
def _style(places: tuple[int, ...]) -> Renderer:
    """Return what draws by the values at these places of their choices."""
    drawn: dict[str, Any] = {key: choice.values[0] for key, choice in _styles().draw.items()}
    drawn |= {key: _styles().draw[key].values[at] for key, at in zip(_DRAWN, places, strict=True)}
    return Renderer(_styles().apply(load_profile("nano"), drawn), cache=None)
