"""Families that keep an image's aspect ratio, in whole tokens, within bounds on the area.

Source: the image processor of Qwen2-VL, which Qwen2.5-VL and Qwen3-VL share.
"""

import math
from dataclasses import dataclass

from vtc_r1.errors import UsageError
from vtc_r1.renderers.vision.base import VisionFamily

ASPECT_LIMIT = 200  #: longer side over shorter side, above which the processors refuse an image


@dataclass(frozen=True)
class AreaFamily(VisionFamily):
    """Rounds each side to the grid, then scales both if the area is out of bounds."""

    def resized(self, width: int, height: int) -> tuple[int, int]:
        """Return the (width, height) in pixels at which the model sees an image.

        Raises UsageError for an aspect ratio over 200.
        """
        self._require_sides(width, height)
        ratio = max(width, height) / min(width, height)
        if ratio > ASPECT_LIMIT:
            raise UsageError(
                f"image {width}×{height}: aspect ratio {ratio:.6g} is over {ASPECT_LIMIT}, the limit of "
                f"{self.name}; cut it into several images"
            )
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
