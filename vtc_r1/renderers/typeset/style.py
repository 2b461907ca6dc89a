"""The size and style of a part of a formula."""

from dataclasses import dataclass, replace

SHRINK = 7 / 9  #: a script's size relative to its base: 7 px in text of 9 px


@dataclass(frozen=True, slots=True)
class Style:
    """The style that a part of a formula inherits."""

    size: float  #: em in px
    display: bool = False  #: whether fractions are large and limits are above and below
    shrunk: bool = False  #: whether it is a script, or within a fraction of small figures

    @property
    def script(self) -> "Style":
        """The style of a script."""
        return Style(self.size * SHRINK, shrunk=True)

    @property
    def text(self) -> "Style":
        """The same style without display."""
        return replace(self, display=False)
