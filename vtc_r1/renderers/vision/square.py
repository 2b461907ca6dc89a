"""Families that see every image in one fixed square."""

import math
from dataclasses import dataclass

from vtc_r1.renderers.vision.base import VisionFamily


@dataclass(frozen=True)
class SquareFamily(VisionFamily):
    """Resizes or pads any image to its square, so that every image costs the same.

    Both area bounds are the area of that square.
    """

    def resized(self, width: int, height: int) -> tuple[int, int]:
        """Return the square's (width, height) in pixels; raises UsageError for an empty image."""
        self._require_sides(width, height)
        side = math.isqrt(self.max_pixels)
        return side, side
