"""Old pages shrink step by step."""

from dataclasses import dataclass
from itertools import chain
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from vtc_r1.errors import ProfileError
from vtc_r1.iteration import Changes
from vtc_r1.memory.base import UNBOUNDED, Draws, Terms
from vtc_r1.memory.density import factor_of
from vtc_r1.memory.parts import Bounded, Parts
from vtc_r1.memory.sizes import downscaled, sized
from vtc_r1.renderers import Page


def _steps(value: object) -> object:
    return value.split("+") if isinstance(value, str) else value


class DecayOptions(Bounded):
    """When pages shrink, and how.

    Attributes:
        after: number of iterations for which a page stays as it was drawn.
        block: pages age together, once per this many iterations; in between, the prefix is unchanged.
        by: `redraw` draws the text again in smaller type, `scale` makes the pictures smaller.
        first: number of the oldest segments that stay as they were drawn, so that both ends are sharp.
        steps: successive factors of the type size, or of the pictures' sides.
    """

    after: int = Field(2, ge=1)
    block: int = Field(2, ge=1)
    by: Literal["redraw", "scale"] = "redraw"
    first: int = Field(0, ge=0)
    steps: Annotated[
        tuple[Annotated[float, Field(gt=0, lt=1)], ...], BeforeValidator(_steps), Field(min_length=1)
    ] = (0.75, 0.5)


@dataclass
class Fragment:
    """One segment: its text, how many steps it has shrunk, and its pages now."""

    text: str
    level: int
    pages: list[Page]


class Decay(Parts[DecayOptions]):
    """Pages older than `after` iterations shrink step by step, in blocks, since a change breaks the prefix.

    Over a budget the oldest pages shrink ahead of time, a block at once; pages that cannot shrink any further
    are dropped, oldest first. With `first`, the oldest segments stay sharp, and those after them give way.
    """

    name = "decay"
    append_only = False
    draws = rereadable = True

    def __init__(
        self, renderer: Draws, options: DecayOptions | None = None, terms: Terms = UNBOUNDED
    ) -> None:
        super().__init__(renderer, options, terms)
        self.held: list[Fragment] = []
        self.taken = 0
        self.shrunk: list[Page] = []

    def add(self, segment: str) -> list[Page]:
        """Remember a kept segment; return its pages and those that shrank, in the order of the content."""
        fresh = [*super().add(segment), *self.shrunk]
        return [part for part in self.pages if any(part is page for page in fresh)]

    def shed(self) -> bool:
        """Drop the older half of the pages."""
        had = len(self.parts)
        for _ in range((had + 1) // 2):
            self._drop_page()
        return had > 0

    def changes(self) -> Changes:
        """Return which pages shrank, and how many were dropped."""
        there = [page.sha256 for page in self.shrunk if any(page is part for part in self.parts)]
        return Changes(dropped=self.dropped, shrunk=there)

    def take(self, segment: str) -> list[Page]:
        """Draw a segment, and shrink older ones that are due."""
        self.shrunk = []
        fresh = Fragment(segment, 0, self.renderer.render(segment))
        if fresh.pages:
            self.held.append(fresh)
        self.taken += 1
        if self.taken % self.options.block == 0:
            self._age()
        self._flatten()
        return fresh.pages

    def _age(self) -> None:
        options = self.options
        for age, fragment in enumerate(reversed(self.held[options.first :])):
            if age >= options.after:
                self._shrink(fragment, 1 + (age - options.after) // options.block)

    def _shrink(self, fragment: Fragment, level: int) -> None:
        """Shrink a fragment to a level, unless that would not make it cheaper."""
        level = min(level, len(self.options.steps))
        if level <= fragment.level:
            return
        fragment.level = level
        smaller = self._smaller(fragment.text, self.options.steps[level - 1])
        if smaller and self.costs.of(smaller) < self.costs.of(fragment.pages):
            fragment.pages = smaller
            self.shrunk += smaller

    def _smaller(self, text: str, step: float) -> list[Page]:
        factor = factor_of(self.renderer, text)
        if self.options.by == "scale":
            vision = self.renderer.profile.vision
            # Always from the page as first drawn: scaling a scaled picture would blur it twice.
            return [downscaled(page, step, vision) for page in self.renderer.render(text)]
        try:
            return sized(self.renderer.profile, factor * step).render(text)
        except ProfileError:
            return []

    def give_way(self) -> None:
        """Shrink a block of the oldest fragments that can shrink, the newest last; else drop the oldest."""
        options, last = self.options, len(self.options.steps)
        can = [fragment for fragment in self.held[options.first : -1] if fragment.level < last]
        if can:
            for fragment in can[: options.block]:
                self._shrink(fragment, fragment.level + 1)
        elif len(self.held) > 1:
            self.dropped += len(self.held.pop(self._oldest).pages)
        elif self.held[0].level < last:
            self._shrink(self.held[0], self.held[0].level + 1)
        else:
            self._drop_page()
        self._flatten()

    def _drop_page(self) -> None:
        """Drop the oldest page, with the text that it carries."""
        at = self._oldest
        first = self.held[at]
        first.text = first.text[len(first.pages.pop(0).text) :]
        if not first.pages:
            self.held.pop(at)
        self.dropped += 1
        self._flatten()

    @property
    def _oldest(self) -> int:
        """Index of the oldest fragment that may give way, or of the oldest of all if there is none."""
        return self.options.first if len(self.held) > self.options.first + 1 else 0

    def _flatten(self) -> None:
        self.parts = list(chain.from_iterable(fragment.pages for fragment in self.held))
