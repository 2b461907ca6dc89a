"""Vision-token arithmetic: what a page costs a model.

Source: the image processors of the model families, whose image configuration gives the pixel
area bounds (`shortest_edge`, `longest_edge`).
"""

import math
from dataclasses import dataclass

from vtc_r1.errors import UnknownName


@dataclass(frozen=True)
class VisionFamily:
    """How one family of models turns an image into vision tokens.

    Attributes:
        name: family name, as profiles and presets use it.
        grid: pixels of one token's side (patch size times merge size).
        min_pixels: smallest image area; a smaller image is scaled up to it.
        max_pixels: largest image area; a larger image is scaled down to it.
    """

    name: str
    grid: int
    min_pixels: int
    max_pixels: int

    def resized(self, width: int, height: int) -> tuple[int, int]:
        """Return the (width, height) in pixels at which the model sees an image."""
        grid = self.grid
        wide, high = round(width / grid) * grid, round(height / grid) * grid
        if wide * high > self.max_pixels:
            shrink = math.sqrt(width * height / self.max_pixels)
            wide = max(grid, math.floor(width / shrink / grid) * grid)
            high = max(grid, math.floor(height / shrink / grid) * grid)
        elif wide * high < self.min_pixels:
            grow = math.sqrt(self.min_pixels / (width * height))
            wide = math.ceil(width * grow / grid) * grid
            high = math.ceil(height * grow / grid) * grid
        return wide, high

    def tokens(self, width: int, height: int) -> int:
        """Return the vision tokens of an image of `width` × `height` pixels."""
        wide, high = self.resized(width, height)
        return (wide // self.grid) * (high // self.grid)

    def snap(self, pixels: int) -> int:
        """Round a length in pixels up to the grid."""
        return -(-pixels // self.grid) * self.grid


FAMILIES = {
    family.name: family
    for family in (
        VisionFamily("qwen3-vl", grid=32, min_pixels=65_536, max_pixels=16_777_216),
        VisionFamily("nano", grid=32, min_pixels=1_024, max_pixels=1_048_576),
    )
}


def family(name: str) -> VisionFamily:
    """Look a family up by name; raises UnknownName."""
    if name not in FAMILIES:
        raise UnknownName("vision family", name, FAMILIES)
    return FAMILIES[name]
