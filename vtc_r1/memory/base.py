"""Memory: what is carried from earlier iterations into the next prompt."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from vtc_r1.estimates import CHARACTERS_PER_TOKEN
from vtc_r1.memory.legibility import Legibility
from vtc_r1.renderers import Page, Renderer
from vtc_r1.trace import Changes

REACH = 256
"""Characters of a request to the memory at most: what `asks` matches is no longer."""


class Memory(Protocol):
    """What one solve remembers; a new one is made for every solve.

    Attributes:
        name: name of the policy, with its options.
        append_only: content only ever grows at its end, so a prefix cache keeps all of it.
        max_iterations: iteration limit that makes sense with it, None for no such bound.
        asks: what the model writes to ask the memory something; the segment ends behind it. None: nothing.
    """

    name: str
    append_only: bool
    max_iterations: int | None
    asks: re.Pattern[str] | None

    def content(self) -> Sequence[str | Page]:
        """Return what goes into the prompt, oldest first: pages, and earlier segments as text."""
        ...

    def add(self, segment: str) -> list[Page]:
        """Remember a kept segment; return the pages that are new in the content."""
        ...

    def shed(self) -> bool:
        """Give up the older half, as the context holds no more; False where nothing is left to give.

        Half and not one page: whatever is taken from the front makes a prefix cache worthless.
        """
        ...

    def changes(self) -> Changes:
        """Return what else the last `add` did."""
        ...


MemoryFactory = Callable[[Renderer], Memory]
"""Makes the memory of one solve, given the renderer for its pages."""


@dataclass(frozen=True)
class Terms:
    """What a memory is made under.

    Attributes:
        tokens: token limit of its content, None for no bound: vision tokens of pages, and of text the
            estimate.
        characters_per_token: of text, for that estimate.
        legibility: how well the model reads which kind of text from pages, None where nobody has measured.
    """

    tokens: int | None = None
    characters_per_token: float = CHARACTERS_PER_TOKEN
    legibility: Legibility | None = None


UNBOUNDED = Terms()
