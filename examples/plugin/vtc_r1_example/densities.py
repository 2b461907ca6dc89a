"""A density: short segments in large type."""

from pydantic import Field

from vtc_r1.memory import Density
from vtc_r1.spec import Options


class Length(Options):
    """Length of a short segment, and its type size as a factor of the profile's."""

    characters: int = Field(200, ge=1)
    factor: float = Field(1.5, ge=0.4, le=3)


class Short(Density[Length]):
    """Large type for short segments, which would leave most of a page empty."""

    def factor(self, text: str) -> float:
        """Return the type size of a segment as a factor of the profile's."""
        return self.options.factor if len(text) <= self.options.characters else 1.0
