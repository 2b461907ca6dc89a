"""Memory: what is carried from earlier iterations into the next prompt."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from vtc_r1.documents.shown import Form
from vtc_r1.iteration import Changes
from vtc_r1.memory.legibility import Legibility
from vtc_r1.renderers import Page, Profile, Renderer

REACH = 256  #: maximum characters of a request to the memory: a match of `asks` is not longer


class Draws(Protocol):
    """Draws pages: a renderer or a substitute for one."""

    @property
    def profile(self) -> Profile:
        """How the pages look."""
        ...

    def render(self, text: str) -> list[Page]:
        """Draw `text`."""
        ...


class Memory(Protocol):
    """The memory of one solve; a new one is created for every solve.

    Attributes:
        name: name of the policy, with its options.
        append_only: content only ever grows at its end, so a prefix cache keeps all of it.
        max_iterations: maximum useful number of iterations, None for no limit.
        documents: form in which documents are shown with it.
        asks: pattern of a request that the model may write to the memory; the segment ends after it. None
            if there are no requests.
    """

    name: str
    append_only: bool
    max_iterations: int | None
    documents: Form
    asks: re.Pattern[str] | None

    def content(self) -> Sequence[str | Page]:
        """Return the parts of the prompt, oldest first: pages, and earlier segments as text."""
        ...

    def add(self, segment: str) -> list[Page]:
        """Remember a kept segment; return the pages that are new in the content."""
        ...

    def shed(self) -> bool:
        """Drop the older half because the context is full; returns False if there was nothing to drop.

        Half, and not one page, since any removal from the front invalidates the prefix cache.
        """
        ...

    def changes(self) -> Changes:
        """Return what else the last `add` did."""
        ...


def carries(memory: Memory) -> str:
    """Return the form of earlier work that the system text announces: pages, text or summary.

    For a memory that does not declare it, the form of its documents decides.
    """
    form: str = getattr(memory, "carries", "text" if memory.documents == "text" else "pages")
    return form


MemoryFactory = Callable[[Renderer], Memory]
"""Creates the memory of one solve, given the renderer for its pages."""


@dataclass(frozen=True)
class Terms:
    """The limits and measurements that a memory is created with.

    Attributes:
        tokens: token limit of its content, None for no limit: vision tokens of pages, and those of text as
            `Costs` counts them.
        characters_per_token: if the same for all text; None: the tokenizer counts, or the kind decides.
        legibility: how well the model reads each kind of text from pages, None if it was not measured.
        tokenizer: the model's `tokenizer.json`, None if it is not available.
        limits: token limits by iteration for a policy with the option `equal`, the last one for all later
            iterations; empty if they come with each problem, None if there are none.
    """

    tokens: int | None = None
    characters_per_token: float | None = None
    legibility: Legibility | None = None
    tokenizer: Path | None = None
    limits: tuple[int, ...] | None = None


UNBOUNDED = Terms()
