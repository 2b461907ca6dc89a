"""The beginning and the end of the earlier segments as text, as in Delethink (arXiv 2510.06557)."""

from pydantic import Field

from vtc_r1.memory.parts import Bounded, Parts
from vtc_r1.renderers import Page

_SHARE = 4  #: the beginning takes at most this fraction (1/4) of a budget


class DelethinkOptions(Bounded):
    """What is carried; the defaults are the published ones.

    Attributes:
        head: number of the first tokens that are carried.
        tokens: number of the last tokens that are carried.
    """

    head: int = Field(100, ge=1)
    tokens: int = Field(4096, ge=1)


class Delethink(Parts[DelethinkOptions]):
    """The first 100 and the last 4,096 tokens of all earlier segments, as text; what is between is dropped.

    As long as nothing has to be dropped, segments are carried as they are.
    """

    name = "delethink"
    append_only = False
    documents = "text"
    head: str | None = None  #: the beginning, once something after it was dropped

    def take(self, segment: str) -> list[Page]:
        """Append a segment, and drop the text between the beginning and the end."""
        self.parts.append(segment)
        self._cut(self.options.head + self.options.tokens, self.options.head)
        return []

    def give_way(self) -> None:
        """Drop the text between the beginning and the end, so that both are within the budget."""
        most = self.tokens or 0
        self._cut(most, min(self.options.head, most // _SHARE))

    def shed(self) -> bool:
        """Drop the older half of what follows the beginning, and finally the beginning."""
        had, first = bool(self.parts), 1 if self.head else 0
        rest = self.parts[first:]
        self.parts = [*(self.parts[:first] if rest else []), *rest[(len(rest) + 1) // 2 :]]
        self.head = self.head if self.parts else None
        return had

    def _cut(self, most: int, first: int) -> None:
        """Carry at most `most` tokens, of which the beginning takes at most `first`."""
        if self.costs.of(self.parts) <= most:
            return
        texts = self.texts
        at = 0 if self.head == "" else 1
        whole, rest = "".join(texts[:at]), texts[at:]
        self.head = self.costs.start(whole, first)
        rest = [part for part in (whole[len(self.head) :], *rest) if part]
        kept = self.costs.last(rest, most - self.costs.of([self.head]))
        self.dropped += 1
        self.parts = [part for part in (self.head, *kept) if part]
