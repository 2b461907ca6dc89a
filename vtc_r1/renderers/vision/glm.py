"""The GLM-4.1V family, to which Glyph belongs.

Source: the image processor of GLM-4.1V. It counts a still image as `temporal_patch_size` frames
and bounds the pixels of all of them together, so that its bounds on one image are those of its
configuration divided by that number.
"""

from dataclasses import dataclass

from vtc_r1.renderers.vision.area import AreaFamily


@dataclass(frozen=True)
class GlmFamily(AreaFamily):
    """Enlarges an image that is narrower or lower than one token, then resizes it like `AreaFamily`."""

    def resized(self, width: int, height: int) -> tuple[int, int]:
        """Return the (width, height) in pixels at which the model sees an image.

        Raises UsageError for an aspect ratio over 200.
        """
        self._require_sides(width, height)
        if min(width, height) < self.grid:
            scale = max(self.grid / height, self.grid / width)
            width, height = int(width * scale), int(height * scale)
        return super().resized(width, height)
