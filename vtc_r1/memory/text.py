"""Earlier segments as text."""

from vtc_r1.memory.parts import Bounded, Parts
from vtc_r1.renderers import Page


class Text(Parts[Bounded]):
    """Every earlier segment as text; within a budget, the end of it."""

    name = "text"
    documents = "text"

    def take(self, segment: str) -> list[Page]:
        """Put a segment behind the others."""
        self.parts.append(segment)
        return []
