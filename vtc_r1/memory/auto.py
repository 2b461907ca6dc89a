"""Pages only where they pay."""

from pydantic import Field

from vtc_r1.memory.legibility import Legibility
from vtc_r1.memory.parts import Bounded, Parts
from vtc_r1.renderers import Page


class AutoOptions(Bounded):
    """When a page pays.

    Attributes:
        error: largest character error, by the probe, at which text of a kind becomes a page.
        gain: a page must cost at most the text's tokens ÷ this.
    """

    error: float = Field(0.02, ge=0, le=1)
    gain: float = Field(1.0, gt=0)


class Auto(Parts[AutoOptions]):
    """Each page's text as a page where that is cheaper, and read well as far as a probe has told; else text.

    Neighbouring texts are one text. Without a probe's result the cost alone decides.
    """

    name = "auto"
    draws = rereadable = True

    def take(self, segment: str) -> list[Page]:
        """Put each page's text into the parts, as a page where that pays."""
        drawn: list[Page] = []
        taken: list[str | Page] = []
        for page in self.renderer.render(segment):
            if self._pays(page):
                taken.append(page)
                drawn.append(page)
            elif taken and isinstance(taken[-1], str):
                taken[-1] += page.text
            else:
                taken.append(page.text)
        self.parts += taken
        return drawn

    def _pays(self, page: Page) -> bool:
        legibility = self.terms.legibility or Legibility()
        cheap = page.vision_tokens * self.options.gain < self.costs.part(page.text)
        return cheap and legibility.error(page.text) <= self.options.error
