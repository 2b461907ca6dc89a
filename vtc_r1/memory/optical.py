"""Pages of every earlier segment."""

from vtc_r1.memory.parts import Bounded, Parts
from vtc_r1.renderers import Page


class Optical(Parts[Bounded]):
    """Every earlier segment as pages."""

    name = "optical"
    draws = rereadable = True

    def take(self, segment: str) -> list[Page]:
        """Draw a segment."""
        added = self._draw(segment)
        self.parts.extend(added)
        return added

    def _draw(self, segment: str) -> list[Page]:
        return self.renderer.render(segment)


class Blank(Optical):
    """White pages of the same size as the optical ones, to measure what the ink is worth."""

    name = "blank"
    documents = "blank"
    rereadable = False

    def _draw(self, segment: str) -> list[Page]:
        return [page.blank() for page in super()._draw(segment)]
