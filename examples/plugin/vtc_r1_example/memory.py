"""A memory policy: the first segments stay text."""

from pydantic import Field

from vtc_r1.memory import UNBOUNDED, Bounded, Draws, Parts, Terms
from vtc_r1.renderers import Page


class Segments(Bounded):
    """`segments`: how many of the first segments stay text. `budget` is inherited from `Bounded`."""

    segments: int = Field(1, ge=0)


class Opening(Parts[Segments]):
    """The first segments, which often contain a plan, as text; later ones as pages."""

    draws = rereadable = True

    def __init__(self, renderer: Draws, options: Segments | None = None, terms: Terms = UNBOUNDED) -> None:
        super().__init__(renderer, options, terms)
        self.taken = 0

    def take(self, segment: str) -> list[Page]:
        """Add a segment to the parts; return the pages drawn."""
        self.taken += 1
        drawn = [] if self.taken <= self.options.segments else self.renderer.render(segment)
        self.parts += drawn or [segment]
        return drawn
