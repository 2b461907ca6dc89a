"""Earlier segments as text."""

from vtc_r1.memory.parts import Parts
from vtc_r1.renderers import Page


class Text(Parts):
    """Every earlier segment as text; within a budget, the end of it."""

    name = "text"

    def _take(self, segment: str) -> list[Page]:
        self.parts.append(segment)
        return []
