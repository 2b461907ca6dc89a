"""Compression: text tokens that pages carry ÷ vision tokens that they cost; its definition and its format."""

from collections.abc import Iterable
from dataclasses import dataclass

ABSENT = "–"  #: stands for a missing figure


@dataclass(frozen=True)
class Compression:
    """Text tokens that pages carried and vision tokens that they cost, summed over any number of pages."""

    text: float = 0  #: tokens that the pages would have cost as text
    vision: float = 0  #: tokens that they cost as pictures

    def __add__(self, other: "Compression") -> "Compression":
        return Compression(self.text + other.text, self.vision + other.vision)

    @property
    def ratio(self) -> float | None:
        """Text tokens per vision token, to two digits; None without pages, or if no page carries text."""
        if self.vision <= 0 or self.text <= 0:
            return None
        return round(self.text / self.vision, 2)

    def __str__(self) -> str:
        return times(self.ratio)


def of_prompts(prompts: Iterable[tuple[int, int]], pictures: int = 0) -> Compression:
    """Sum up the pages of several prompts.

    Args:
        prompts: for each, the text tokens that its pages carry, and its vision tokens.
        pictures: vision tokens of the question's own pictures, which every prompt holds; they do not count.
    """
    return sum((Compression(text, vision - pictures) for text, vision in prompts), Compression())


def times(ratio: float | None) -> str:
    """Format a ratio, such as `2.13×`; `–` if there is none."""
    return ABSENT if ratio is None else f"{ratio:.2f}×"


def vision_tokens(tokens: int, *, known: bool) -> str:
    """Format a number of vision tokens, or say that it is unknown."""
    return f"{tokens:,} vision tokens" if known else "unknown vision tokens"
