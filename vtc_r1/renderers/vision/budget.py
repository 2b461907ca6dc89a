"""Families that scale every image, up or down, to a budget of tokens.

Source: the image processor of Gemma 4 in transformers.
"""

import math
from dataclasses import dataclass

from vtc_r1.errors import UsageError
from vtc_r1.renderers.vision.base import VisionFamily


@dataclass(frozen=True)
class BudgetFamily(VisionFamily):
    """Scales an image to the largest size of its aspect ratio, in whole tokens, within the budget."""

    budget: int = 280  #: largest number of tokens of one image; both area bounds follow from it

    def resized(self, width: int, height: int) -> tuple[int, int]:
        """Return the (width, height) in pixels at which the model sees an image.

        Raises UsageError for an image that is too long for the budget.
        """
        self._require_sides(width, height)
        grid = self.grid
        # In the order of the processor's own operations, so that its rounding is repeated.
        scale = math.sqrt(self.budget * grid**2 / (height * width))
        high, wide = (math.floor(scale * side / grid) * grid for side in (height, width))
        longest = self.budget * grid
        if high == 0 and wide:
            high, wide = grid, min(width // height * grid, longest)
        elif wide == 0 and high:
            high, wide = min(height // width * grid, longest), grid
        if not wide or not high or wide * high > self.budget * grid**2:
            raise UsageError(
                f"image {width}×{height} is too long for {self.name}, which holds {self.budget} tokens of "
                f"{grid}×{grid} px: cut it into several images"
            )
        return wide, high


def gemma(budget: int) -> BudgetFamily:
    """Return Gemma 4 at one of its token budgets."""
    # The processor multiplies patches of 16 px; its largest area is the same product.
    return BudgetFamily(f"gemma-4-{budget}", 48, 48**2, budget * 48**2, budget)
