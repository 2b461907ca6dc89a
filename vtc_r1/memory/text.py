"""Earlier segments as text."""

from vtc_r1.memory.parts import Bounded, Parts
from vtc_r1.renderers import Page


class Text(Parts[Bounded]):
    """Every earlier segment as text; with a budget, only the end."""

    name = "text"
    documents = "text"

    def take(self, segment: str) -> list[Page]:
        """Append a segment."""
        self.parts.append(segment)
        return []
