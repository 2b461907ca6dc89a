"""Pages only if they are cheaper and legible."""

from pydantic import Field

from vtc_r1.memory.density import factor_of
from vtc_r1.memory.legibility import RATE, Legibility
from vtc_r1.memory.parts import Bounded, Parts
from vtc_r1.renderers import Page


class AutoOptions(Bounded):
    """When a text becomes a page.

    Attributes:
        error: maximum share of a kind of text that may be silently misread on a page, as probed.
        gain: a page must cost less than the text's tokens ÷ this.
    """

    error: float = Field(RATE, ge=0, le=1)
    gain: float = Field(1.0, gt=0)


class Auto(Parts[AutoOptions]):
    """Each page's text as a page if that is cheaper and, according to a probe, legible; else as text.

    Adjacent texts are joined. Without a probe's result the cost alone decides.
    """

    name = "auto"
    draws = rereadable = True

    def take(self, segment: str) -> list[Page]:
        """Add each page's text to the parts, as a page if that is cheaper and legible."""
        drawn: list[Page] = []
        taken: list[str | Page] = []
        size = factor_of(self.renderer, segment)
        for page in self.renderer.render(segment):
            if self._pays(page, size):
                taken.append(page)
                drawn.append(page)
            elif taken and isinstance(taken[-1], str):
                taken[-1] += page.text
            else:
                taken.append(page.text)
        self.parts += taken
        return drawn

    def _pays(self, page: Page, size: float) -> bool:
        legibility = self.terms.legibility or Legibility()
        cheap = page.vision_tokens * self.options.gain < self.costs.part(page.text)
        return cheap and legibility.error(page.text, size) <= self.options.error
