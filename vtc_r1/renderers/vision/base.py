"""A vision family: how one family of models turns an image into vision tokens."""

from abc import ABC, abstractmethod
from dataclasses import dataclass

from vtc_r1.errors import UsageError


@dataclass(frozen=True)
class VisionFamily(ABC):
    """The interface of every family, whatever its arithmetic.

    Attributes:
        name: family name, as profiles and presets use it.
        grid: pixels of one token's side.
        min_pixels: smallest image area that the model sees; a smaller image is scaled up to it.
        max_pixels: largest image area that the model sees; a larger image is scaled down to it.
    """

    name: str
    grid: int
    min_pixels: int
    max_pixels: int

    @abstractmethod
    def resized(self, width: int, height: int) -> tuple[int, int]:
        """Return the (width, height) in pixels at which the model sees an image.

        Raises UsageError for an image that the family's processor refuses.
        """

    def tokens(self, width: int, height: int) -> int:
        """Return the vision tokens of an image of `width` × `height` pixels.

        Raises UsageError for an image that the family's processor refuses.
        """
        wide, high = self.resized(width, height)
        return (wide // self.grid) * (high // self.grid)

    def snap(self, pixels: int) -> int:
        """Round a length in pixels up to the grid."""
        return -(-pixels // self.grid) * self.grid

    def _require_sides(self, width: int, height: int) -> None:
        if width < 1 or height < 1:
            raise UsageError(f"image {width}×{height}: {self.name} needs at least 1 px on each side")
