"""How much context a solve takes: a question, the pages of earlier segments, and one segment."""

from dataclasses import dataclass
from itertools import count
from typing import Self

from vtc_r1.estimates import CHARACTERS_PER_TOKEN
from vtc_r1.prompts.prompt import AROUND
from vtc_r1.renderers import Page, Renderer
from vtc_r1.solver import Solver

QUESTION = 512
"""Tokens allowed for the question, the prompt set's texts and the chat template."""
_MOST_DRAWN = 65_536
"""Most tokens of a segment that are drawn to count its pages; a longer one takes as many more."""
_LINE = "Step: 3 * 41 = 123, and 123 - 58 = 65, so the sum so far is 65.\n"
"""Lines of 64 characters fill a page of the paper's profile with about 1,650 tokens, as reasoning does."""


@dataclass(frozen=True)
class Room:
    """Tokens of context.

    Attributes:
        segment: most tokens of a segment.
        segments: segments that the last iteration has as pages.
        least: a question, one full page and a segment; less than this and the loop cannot turn.
        whole: a question, every earlier segment as pages and a segment.
    """

    segment: int
    segments: int
    least: int
    whole: int

    @classmethod
    def of(cls, solver: Solver) -> Self:
        """Work it out for the settings of a solver."""
        segment, segments = solver.budget.segment_tokens, solver.budget.iterations - 1
        drawn = min(segment, _MOST_DRAWN)
        pages = solver.renderer.render(_text(round(drawn * CHARACTERS_PER_TOKEN)))
        remembered = -(-sum(page.vision_tokens + AROUND for page in pages) * segment // drawn)
        one = cls.full_page(solver.renderer).vision_tokens + AROUND
        base = QUESTION + segment
        return cls(segment, segments, base + one, base + segments * remembered)

    @property
    def rounded(self) -> int:
        """`whole`, rounded up to whole thousands of 1,024."""
        return -(-self.whole // 1024) * 1024

    @staticmethod
    def full_page(renderer: Renderer) -> Page:
        """Return a page that is full to its last line, and to the ends of its lines."""
        drawn = (renderer.render(_text(1 << power).replace("\n", " ")) for power in count(5))
        return next(pages[0] for pages in drawn if len(pages) > 1)


def _text(characters: int) -> str:
    return (_LINE * (characters // len(_LINE) + 1))[:characters]
