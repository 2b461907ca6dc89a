"""Base of the policies: content as a list of parts within a budget, the oldest dropped first."""

import re
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Literal

from pydantic import Field

from vtc_r1.documents.shown import Form
from vtc_r1.errors import UsageError
from vtc_r1.iteration import Changes
from vtc_r1.memory.base import UNBOUNDED, Draws, Terms
from vtc_r1.memory.costs import Costs
from vtc_r1.prompts.prompt import Note
from vtc_r1.renderers import Page
from vtc_r1.spec import Configured, O_co, Options

Carries = Literal["pages", "text", "summary"]
"""Form of earlier work that the system text announces to the model."""


class Bounded(Options):
    """The limit of a policy's content, instead of the one for every policy.

    Attributes:
        budget: token limit.
        equal: the limit of each iteration is what this policy spent on the same problem; set by
            `vtc-r1 eval --equal-tokens`.
    """

    budget: int | None = Field(None, ge=1)
    equal: Literal["optical"] | None = None


class Parts(ABC, Configured[O_co]):
    """Base of the policies: pages and texts, oldest first. A policy declares its properties here.

    Attributes:
        append_only: whether content only ever grows at its end; for a class, as long as there is no budget.
        max_iterations: maximum useful number of iterations, None for no limit.
        draws: whether it carries pages.
        documents: form in which documents are shown with it: `pages`, `text`, or `blank` pages. For a fair
            comparison of policies, a document is text if earlier segments are.
        carries: form of earlier work that the system text announces; by default `text` if documents are.
        templates: templates that a prompt set must have for it.
        rereadable: its pages know the text they carry, so `reread` can show parts of them again.
        asks: pattern of a request that the model may write to the memory; None if there are no requests.
        renderer: draws pages.
        terms: the limits it was created with.
        costs: counts the tokens of parts.
        tokens: token limit of the content now, None for no limit.
        parts: the content.
        dropped: number of parts that the last `add` dropped.

    Args:
        renderer: draws pages.
        options: options of the policy.
        terms: the limits it is created with.

    Raises:
        UsageError: the budget is too small for one page, or `equal` is set and no limits are known.
    """

    append_only = True
    max_iterations: int | None = None
    draws = False
    documents: Form = "pages"
    carries: Carries = "pages"
    templates: tuple[str, ...] = ()
    rereadable = False
    asks: re.Pattern[str] | None = None

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        if "carries" not in vars(cls) and cls.documents == "text":
            cls.carries = "text"

    def __init__(self, renderer: Draws, options: O_co | None = None, terms: Terms = UNBOUNDED) -> None:
        super().__init__(options)
        self.renderer, self.terms = renderer, terms
        self.costs = Costs(terms.characters_per_token, terms.tokenizer)
        self.tokens, self._limits = terms.tokens, tuple[int, ...]()
        if isinstance(self.options, Bounded):
            self._limit(self.options)
        self.append_only = type(self).append_only and self.tokens is None and not self._limits
        self._added = 0
        self.parts: list[str | Page] = []
        self.dropped = 0
        if self.draws:
            self._check_budget()

    @property
    def pages(self) -> list[Page]:
        """The pages of the content, oldest first."""
        return [part for part in self.parts if isinstance(part, Page)]

    @property
    def texts(self) -> list[str]:
        """The texts of the content, oldest first."""
        return [part for part in self.parts if isinstance(part, str)]

    def content(self) -> Sequence[str | Page]:
        """Return the parts of the prompt, oldest first."""
        return self.parts

    def add(self, segment: str) -> list[Page]:
        """Remember a kept segment; return the pages that are new in the content."""
        self.dropped, self.tokens = 0, self.next_limit()
        added = self.take(segment)
        while self.tokens is not None and self.costs.of(self.parts) > self.tokens:
            self.give_way()
        return [page for page in added if any(page is part for part in self.parts)]

    def shed(self) -> bool:
        """Drop the older half of the parts, rounded up; returns False if there were none."""
        had = bool(self.parts)
        del self.parts[: (len(self.parts) + 1) // 2]
        return had

    def changes(self) -> Changes:
        """Return what else the last `add` did."""
        return Changes(dropped=self.dropped)

    @abstractmethod
    def take(self, segment: str) -> list[Page]:
        """Add a segment to the parts; return the pages drawn."""

    def give_way(self) -> None:
        """Drop the oldest part; of a text, only as much as needed."""
        first = self.parts.pop(0)
        self.dropped += 1
        if isinstance(first, str) and not isinstance(first, Note):
            room = (self.tokens or 0) - self.costs.of(self.parts)
            if kept := self.costs.end(first, room):
                self.parts.insert(0, kept)

    def next_limit(self) -> int | None:
        """Count an addition, and return the token limit of the content after it."""
        self._added += 1
        limits = self._limits
        return limits[min(self._added, len(limits) - 1)] if limits else self.tokens

    def _limit(self, options: Bounded) -> None:
        """Set the limits that the options state."""
        if options.equal is None:
            self.tokens = options.budget or self.tokens
        elif options.budget is not None:
            raise UsageError(f"memory {self.name}: budget and equal are both given: keep one")
        elif self.terms.limits is None:
            raise UsageError(
                f"memory {self.name}: what {options.equal} spends on a problem is known only to `vtc-r1 eval "
                "--equal-tokens`: give that flag, or a budget in place of equal"
            )
        else:
            self.tokens, self._limits = None, self.terms.limits

    def _check_budget(self) -> None:
        profile = self.renderer.profile
        page = profile.vision.tokens(profile.width, profile.height)
        if self.tokens is not None and self.tokens < page:
            raise UsageError(
                f"memory {self.name}: a budget of {self.tokens} tokens is too small for one page of profile "
                f"{profile.name}, which costs {page}: give at least that, or a profile with smaller pages"
            )
