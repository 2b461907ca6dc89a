"""What the loop would carry of a trace's segments, page by page and text by text."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

Pages = list[tuple[bytes, int]]
"""PNG file and vision tokens of each page."""
Draw = Callable[[str], Pages]
_AS_TEXT: dict[str, float] = {"optical": 0, "single": 0, "hybrid": 1, "text": float("inf")}
"""How many of the latest segments the loop's memory policy of that name carries as text."""


@dataclass
class Carrier:
    """Carries segments as a memory policy does; every segment is drawn once at most.

    Attributes:
        as_text: how many of the latest segments stay text.
        draw: draws a segment.
        images: pages so far.
        vision_tokens: what they cost.
        memory_tokens: text tokens of all segments carried.
    """

    as_text: float
    draw: Draw
    images: tuple[bytes, ...] = ()
    vision_tokens: int = 0
    memory_tokens: int = 0
    _texts: deque[tuple[str, int]] = field(default_factory=deque)

    @property
    def items(self) -> tuple[int | str, ...]:
        """The memory in the loop's order: indices of images, then what is text."""
        return (*range(len(self.images)), *(text for text, _ in self._texts))

    @property
    def text_tokens(self) -> int:
        """Tokens of what is carried as text."""
        return sum(tokens for _, tokens in self._texts)

    @property
    def tokens(self) -> int:
        """Tokens that the memory costs the model."""
        return self.text_tokens + self.vision_tokens

    def add(self, segment: str, tokens: int) -> None:
        """Carry one more segment of so many text tokens."""
        self.memory_tokens += tokens
        self._texts.append((segment, tokens))
        while len(self._texts) > self.as_text:
            pages = self.draw(self._texts.popleft()[0])
            self.images += tuple(png for png, _ in pages)
            self.vision_tokens += sum(cost for _, cost in pages)


def carrier(kind: str, draw: Draw) -> Carrier:
    """Return what carries segments as the policy of that name does."""
    return Carrier(_AS_TEXT[kind], draw)
