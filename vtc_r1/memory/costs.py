"""Costs: what the parts of a memory cost in a prompt."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from vtc_r1.estimates import CHARACTERS_PER_TOKEN
from vtc_r1.prompts.prompt import Note
from vtc_r1.renderers import Page


@dataclass(frozen=True)
class Costs:
    """Counts tokens: exactly for pages, by characters per token and rounded up for text."""

    characters_per_token: float = CHARACTERS_PER_TOKEN

    def part(self, part: str | Page) -> int:
        """Return the tokens of one part."""
        if isinstance(part, Page):
            return part.vision_tokens
        return math.ceil(len(part) / self.characters_per_token)

    def of(self, parts: Iterable[str | Page]) -> int:
        """Return the tokens of all parts."""
        return sum(map(self.part, parts))

    def characters(self, tokens: int) -> int:
        """Return how many characters of text cost at most `tokens`."""
        return max(0, math.floor(tokens * self.characters_per_token))

    def re_prefill(
        self, before: tuple[str | Page, ...], now: tuple[str | Page, ...], newest: str | None
    ) -> int:
        """Return the tokens of `now` that a server must read again although they are not new.

        Its prefix cache holds `before` up to the first part that differs. After that, whatever does not come
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
