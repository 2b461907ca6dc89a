"""Memory: what is carried from earlier iterations into the next prompt."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from vtc_r1.documents.shown import Form
from vtc_r1.memory.legibility import Legibility
from vtc_r1.renderers import Page, Profile, Renderer
from vtc_r1.trace import Changes

REACH = 256
"""Characters of a request to the memory at most: what `asks` matches is no longer."""


class Draws(Protocol):
    """Draws pages: a renderer, or what stands in for one."""

    @property
    def profile(self) -> Profile:
        """How they look."""
        ...

    def render(self, text: str) -> list[Page]:
        """Draw `text`."""
        ...


class Memory(Protocol):
    """What one solve remembers; a new one is made for every solve.

    Attributes:
        name: name of the policy, with its options.
        append_only: content only ever grows at its end, so a prefix cache keeps all of it.
        max_iterations: iteration limit that makes sense with it, None for no such bound.
        documents: form in which documents are shown beside it.
        asks: what the model writes to ask the memory something; the segment ends behind it. None: nothing.
    """

    name: str
    append_only: bool
    max_iterations: int | None
    documents: Form
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
        tokens: token limit of its content, None for no bound: vision tokens of pages, and those of text as
            `Costs` counts them.
        characters_per_token: of all text; None: the tokenizer counts, or the kind of text decides.
        legibility: how well the model reads which kind of text from pages, None where nobody has measured.
        tokenizer: the model's `tokenizer.json`, None where it is not at hand.
    """

    tokens: int | None = None
    characters_per_token: float | None = None
    legibility: Legibility | None = None
    tokenizer: Path | None = None


UNBOUNDED = Terms()
