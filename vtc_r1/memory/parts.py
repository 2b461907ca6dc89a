"""Parts: content as a list within a budget, the oldest part giving way."""

import re
from collections.abc import Sequence
from typing import ClassVar

from pydantic import Field

from vtc_r1.errors import UsageError
from vtc_r1.memory.base import UNBOUNDED, Terms
from vtc_r1.memory.costs import Costs
from vtc_r1.prompts.prompt import Note
from vtc_r1.renderers import Page, Renderer
from vtc_r1.segments.keeping import tail
from vtc_r1.spec import Options, canonical
from vtc_r1.trace import Changes


class Bounded(Options):
    """`budget`: token limit of the content, instead of the one given for every policy."""

    budget: int | None = Field(None, ge=1)


class Parts:
    """Base of the policies: pages and texts, oldest first.

    Args:
        renderer: draws pages.
        options: of the policy.
        terms: what it is made under.

    Raises:
        UsageError: the budget is too small for one page.
    """

    name = ""
    append_only = True
    max_iterations: int | None = None
    draws = False
    asks: re.Pattern[str] | None = None
    takes: ClassVar[type[Options]] = Bounded

    def __init__(self, renderer: Renderer, options: Options | None = None, terms: Terms = UNBOUNDED) -> None:
        self.renderer, self.terms = renderer, terms
        self.options = options or self.takes()
        self.name = canonical(type(self).name, self.options)
        self.costs = Costs(terms.characters_per_token)
        self.tokens = getattr(self.options, "budget", None) or terms.tokens
        self.append_only = type(self).append_only and self.tokens is None
        self.parts: list[str | Page] = []
        self.dropped = 0
        if self.draws:
            self._check_budget()

    @property
    def pages(self) -> list[Page]:
        """The pages of the content, oldest first."""
        return [part for part in self.parts if isinstance(part, Page)]

    def content(self) -> Sequence[str | Page]:
        """Return what goes into the prompt, oldest first."""
        return self.parts

    def add(self, segment: str) -> list[Page]:
        """Remember a kept segment; return the pages that are new in the content."""
        self.dropped = 0
        added = self._take(segment)
        while self.tokens is not None and self.costs.of(self.parts) > self.tokens:
            self._give_way()
        return [page for page in added if any(page is part for part in self.parts)]

    def shed(self) -> bool:
        """Give up the older half of the parts, the odd one included; False where there was none."""
        had = bool(self.parts)
        del self.parts[: (len(self.parts) + 1) // 2]
        return had

    def changes(self) -> Changes:
        """Return what else the last `add` did."""
        return Changes(dropped=self.dropped)

    def _take(self, segment: str) -> list[Page]:
        """Put a segment into the parts; return the pages drawn."""
        raise NotImplementedError

    def _give_way(self) -> None:
        """Give up the oldest part, of text no more than needed."""
        first = self.parts.pop(0)
        self.dropped += 1
        if isinstance(first, str) and not isinstance(first, Note):
            room = (self.tokens or 0) - self.costs.of(self.parts)
            if kept := tail(first, self.costs.characters(room)):
                self.parts.insert(0, kept)

    def _check_budget(self) -> None:
        profile = self.renderer.profile
        page = profile.vision.tokens(profile.width, profile.height)
        if self.tokens is not None and self.tokens < page:
            raise UsageError(
                f"memory {self.name}: a budget of {self.tokens} tokens is too small for one page of profile "
                f"{profile.name}, which costs {page}: give at least that, or a profile with smaller pages"
            )
