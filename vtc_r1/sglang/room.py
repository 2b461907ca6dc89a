"""The context length that a solve needs: a question, the pages of earlier segments, and one segment."""

from dataclasses import dataclass
from itertools import count
from typing import Self

from vtc_r1.estimates import REASONING
from vtc_r1.prompts.prompt import AROUND
from vtc_r1.renderers import Page, Renderer
from vtc_r1.solver import Solver

QUESTION = 512  #: tokens reserved for the question, the prompt set's texts and the chat template
_MOST_DRAWN = 65_536
"""Limit of the tokens that are drawn to count the pages of a segment; longer ones are extrapolated."""
_LINE = "Step: 3 * 41 = 123, and 123 - 58 = 65, so the sum so far is 65.\n"
"""64 characters; such lines fill a page of the paper's profile with about 1,650 tokens, as reasoning does."""


@dataclass(frozen=True)
class Room:
    """Context lengths, in tokens."""

    segment: int  #: token limit per segment
    segments: int  #: number of segments that the last iteration carries as pages
    pages: int  #: number of those pages
    least: int  #: a question, one full page and a segment; with less, the loop cannot run
    whole: int  #: a question, all earlier segments as pages and a segment

    @classmethod
    def of(cls, solver: Solver) -> Self:
        """Compute them for the settings of a solver."""
        segment, segments = solver.budget.segment_tokens, solver.budget.iterations - 1
        drawn = min(segment, _MOST_DRAWN)
        pages = solver.renderer.render(_text(round(drawn * REASONING.characters)))
        remembered = -(-sum(page.vision_tokens + AROUND for page in pages) * segment // drawn)
        one = cls.full_page(solver.renderer).vision_tokens + AROUND
        base = QUESTION + segment
        carried = segments * -(-len(pages) * segment // drawn)
        return cls(segment, segments, carried, base + one, base + segments * remembered)

    @property
    def rounded(self) -> int:
        """`whole`, rounded up to a multiple of 1,024."""
        return -(-self.whole // 1024) * 1024

    @staticmethod
    def full_page(renderer: Renderer) -> Page:
        """Return a page that is full: all of its lines, to their ends."""
        drawn = (renderer.render(_text(1 << power).replace("\n", " ")) for power in count(5))
        return next(pages[0] for pages in drawn if len(pages) > 1)


def _text(characters: int) -> str:
    return (_LINE * (characters // len(_LINE) + 1))[:characters]
