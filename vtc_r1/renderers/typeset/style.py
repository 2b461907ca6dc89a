"""The size and style of a part of a formula."""

from dataclasses import dataclass, replace

SHRINK = 7 / 9
"""A script's size relative to its base: 7 px in text of 9 px."""


@dataclass(frozen=True, slots=True)
class Style:
    """The style that a part of a formula inherits.

    Attributes:
        size: em in px.
        display: whether fractions are large and limits are above and below.
        shrunk: whether it is a script, or within a fraction of small figures.
    """

    size: float
    display: bool = False
    shrunk: bool = False

    @property
    def script(self) -> "Style":
        """The style of a script."""
        return Style(self.size * SHRINK, shrunk=True)

    @property
    def text(self) -> "Style":
        """The same style without display."""
        return replace(self, display=False)
