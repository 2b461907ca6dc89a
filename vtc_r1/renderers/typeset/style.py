"""How large and how roomy a part of a formula is drawn."""

from dataclasses import dataclass, replace

SHRINK = 7 / 9
"""A script's size by that of its base: 7 px in text of 9 px."""


@dataclass(frozen=True, slots=True)
class Style:
    """What a part of a formula inherits from what it stands in.

    Attributes:
        size: em in px.
        display: whether fractions are large and limits stand above and below.
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
        """The same without what display adds."""
        return replace(self, display=False)
