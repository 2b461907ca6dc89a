"""Costs: what the parts of a memory cost in a prompt."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from vtc_r1.prompts.prompt import Note
from vtc_r1.renderers import Page
from vtc_r1.segments.trimming import head, tail
from vtc_r1.tokens import TokenCounter


@dataclass(frozen=True)
class Costs:
    """Counts tokens: those of pages exactly, those of text with the tokenizer, else by an estimate.

    Attributes:
        characters_per_token: if the same for all text; None: the tokenizer counts, or the kind decides.
        tokenizer: the model's `tokenizer.json`, None if it is not available.
    """

    characters_per_token: float | None = None
    tokenizer: Path | None = None

    def part(self, part: str | Page) -> int:
        """Return the tokens of one part."""
        if isinstance(part, Page):
            return part.vision_tokens
        return self._counter.count(part)

    def of(self, parts: Iterable[str | Page]) -> int:
        """Return the tokens of all parts."""
        return sum(map(self.part, parts))

    def rate(self, text: str) -> float:
        """Return the characters per token of `text`."""
        return self._counter.rate(text)

    def characters(self, tokens: int, text: str = "") -> int:
        """Return how many characters of a text such as `text` cost `tokens`."""
        return max(0, math.floor(tokens * self.rate(text)))

    def end(self, text: str, tokens: int) -> str:
        """Return the end of a text that costs at most `tokens`, from the start of a line or word."""
        kept = tail(text, self.characters(tokens, text))
        while kept and (cost := self.part(kept)) > tokens:
            kept = tail(kept, len(kept) * max(0, tokens) // cost)
        return kept

    def start(self, text: str, tokens: int) -> str:
        """Return the beginning of a text that costs at most `tokens`, up to the end of a line or word."""
        kept = head(text, self.characters(tokens, text))
        while kept and (cost := self.part(kept)) > tokens:
            kept = head(kept, len(kept) * max(0, tokens) // cost)
        return kept

    def last(self, parts: Sequence[str], tokens: int) -> list[str]:
        """Return the last parts that together cost at most `tokens`; the first of them may be shortened."""
        kept: list[str] = []
        for part in reversed(parts):
            room = tokens - self.of(kept)
            if self.part(part) > room:
                return [end, *kept] if (end := self.end(part, room)) else kept
            kept.insert(0, part)
        return kept

    @property
    def _counter(self) -> TokenCounter:
        return TokenCounter(self.tokenizer, self.characters_per_token)

    def re_prefill(
        self, before: tuple[str | Page, ...], now: tuple[str | Page, ...], newest: str | None
    ) -> int:
        """Return the tokens of `now` that a server must read again although they are not new.

        The prefix cache holds `before` up to the first part that differs. After that, whatever does not come
        from the newest segment was already in the last prompt, unchanged or in another form.

        Args:
            before: content of the last prompt.
            now: content of this one.
            newest: the segment that was kept between them.
        """
        same = 0
        while same < min(len(before), len(now)) and _identity(before[same]) == _identity(now[same]):
            same += 1
        # A part that only moved is in `known`; one that was drawn in another size is recognised by its text.
        known = {_identity(part) for part in before[same:]}
        again = (part for part in now[same:] if _identity(part) in known or not _is_new(part, newest or ""))
        return self.of(again)


def _identity(part: str | Page) -> str:
    return part.sha256 if isinstance(part, Page) else f"text {part}"


def _is_new(part: str | Page, newest: str) -> bool:
    """Whether a part comes from the newest segment; notes that the memory writes are always new."""
    return isinstance(part, Note) or (part.text if isinstance(part, Page) else part) in newest
