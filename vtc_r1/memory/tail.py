"""The end of the earlier segments as text: truncation."""

from pydantic import Field

from vtc_r1.memory.parts import Bounded, Parts
from vtc_r1.renderers import Page


class TailOptions(Bounded):
    """`tokens`: number of the last tokens that are carried; a smaller budget takes precedence."""

    tokens: int = Field(4096, ge=1)


class Tail(Parts[TailOptions]):
    """The last N tokens of all earlier segments, as text."""

    name = "tail"
    append_only = False
    documents = "text"

    def take(self, segment: str) -> list[Page]:
        """Append a segment, and drop the oldest text beyond the limit."""
        texts = [*self.texts, segment]
        kept = self.costs.last(texts, self.options.tokens)
        lost = len(texts) - len(kept)
        self.dropped += lost + (kept != texts[lost:])
        self.parts = [*kept]
        return []
