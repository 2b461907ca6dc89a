"""Recent text as text, older text as pages."""

from pydantic import Field

from vtc_r1.memory.parts import Bounded, Parts
from vtc_r1.renderers import Page


class HybridOptions(Bounded):
    """`tokens`: token limit of what stays text; by default the last segment, whatever its length."""

    tokens: int | None = Field(None, ge=1)


class Hybrid(Parts[HybridOptions]):
    """The last segment, or the last N tokens, as text; older text as pages."""

    name = "hybrid"
    append_only = False
    draws = rereadable = True

    def take(self, segment: str) -> list[Page]:
        """Append a segment, and draw what is no longer recent."""
        near = [*(part for part in self.parts if isinstance(part, str)), segment]
        far, near = self._divided(near)
        drawn = [page for text in far for page in self.renderer.render(text)]
        self.parts = [*self.pages, *drawn, *near]
        return drawn

    def _divided(self, texts: list[str]) -> tuple[list[str], list[str]]:
        """Return what becomes pages, and what stays text."""
        most = self.options.tokens
        if most is None:
            return texts[:-1], texts[-1:]
        first = 0
        while first < len(texts) - 1 and self.costs.of(texts[first:]) > most:
            first += 1
        last = self.costs.end(texts[first], most - self.costs.of(texts[first + 1 :]))
        head = texts[first][: len(texts[first]) - len(last)]
        far = [*texts[:first], head.rstrip("\n")]
        return [text for text in far if text], [text for text in (last, *texts[first + 1 :]) if text]
