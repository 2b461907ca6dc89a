"""Pages, and next to them the exact values that they carry, as text."""

from pydantic import Field

from vtc_r1.iteration import Changes
from vtc_r1.memory.base import UNBOUNDED, Draws, Terms
from vtc_r1.memory.extraction import facts
from vtc_r1.memory.parts import Bounded, Parts
from vtc_r1.prompts.prompt import Note
from vtc_r1.renderers import Page


class FactsOptions(Bounded):
    """How many facts are carried.

    Attributes:
        tokens: token limit of one segment's facts.
        share: maximum share of the budget for all facts.
    """

    tokens: int = Field(96, ge=1)
    share: float = Field(0.5, gt=0, lt=1)


class Facts(Parts[FactsOptions]):
    """Every earlier segment as pages, followed by its exact values as text.

    Over a budget the oldest page is dropped first and its facts stay, as they cost little; facts are dropped
    once all facts together take more than their share.
    """

    name = "facts"
    draws = rereadable = True

    def __init__(
        self, renderer: Draws, options: FactsOptions | None = None, terms: Terms = UNBOUNDED
    ) -> None:
        super().__init__(renderer, options, terms)
        self.found: list[str] = []

    def changes(self) -> Changes:
        """Return which facts were added."""
        return Changes(dropped=self.dropped, facts=self.found)

    def take(self, segment: str) -> list[Page]:
        """Draw a segment, and find its exact values."""
        known = [fact for note in self._notes() for fact in note.split("\n")]
        drawn = self.renderer.render(segment)
        self.found = facts(segment, self.costs.characters(self.options.tokens, segment), known)
        while self.found and self.costs.part("\n".join(self.found)) > self.options.tokens:
            self.found.pop()
        note = [Note("\n".join(self.found), "facts")] if self.found else []
        self.parts += [*drawn, *note]
        return drawn

    def give_way(self) -> None:
        """Drop the oldest page, or facts if they take more than their share."""
        notes = self._notes()
        over = self.costs.of(notes) > (self.tokens or 0) * self.options.share
        kind = str if notes and (over or not self.pages) else Page
        self.parts.remove(next(part for part in self.parts if isinstance(part, kind)))
        self.dropped += 1

    def _notes(self) -> list[str]:
        return [part for part in self.parts if isinstance(part, str)]
