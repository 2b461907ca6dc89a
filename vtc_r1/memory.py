"""Memory: what is carried from earlier iterations into the next prompt."""

from collections.abc import Callable, Sequence
from typing import Protocol

from vtc_r1.errors import UnknownName
from vtc_r1.renderers import Page, Renderer


class Memory(Protocol):
    """What one solve remembers; a new one is made for every solve.

    Attributes:
        name: name of the policy.
        append_only: content only ever grows at its end, so a prefix cache keeps all of it.
        max_iterations: most iterations that make sense with it, None for no such bound.
    """

    name: str
    append_only: bool
    max_iterations: int | None

    def content(self) -> Sequence[str | Page]:
        """Return what goes into the prompt, oldest first: pages, and earlier segments as text."""
        ...

    def add(self, segment: str) -> list[Page]:
        """Remember a kept segment; return the pages that this added."""
        ...

    def shed(self) -> bool:
        """Give up the older half, as the context holds no more; False where nothing is left to give.

        Half and not one page: whatever is taken from the front makes a prefix cache worthless.
        """
        ...


MemoryFactory = Callable[[Renderer], Memory]
"""Makes the memory of one solve, given the renderer for its pages."""


class Optical:
    """Every earlier segment as pages."""

    name = "optical"
    append_only = True
    max_iterations: int | None = None

    def __init__(self, renderer: Renderer) -> None:
        self.renderer = renderer
        self.pages: list[Page] = []

    def content(self) -> Sequence[str | Page]:
        """Return all pages."""
        return self.pages

    def add(self, segment: str) -> list[Page]:
        """Render the segment."""
        added = self._draw(segment)
        self.pages.extend(added)
        return added

    def shed(self) -> bool:
        """Give up the older half of the pages."""
        return _shed(self.pages)

    def _draw(self, segment: str) -> list[Page]:
        return self.renderer.render(segment)


class Blank(Optical):
    """White pages of the size that the optical ones would have: what is the ink worth?"""

    name = "blank"

    def _draw(self, segment: str) -> list[Page]:
        return [page.blank() for page in super()._draw(segment)]


class Hybrid(Optical):
    """The last segment as text, older ones as pages."""

    name = "hybrid"
    append_only = False

    def __init__(self, renderer: Renderer) -> None:
        super().__init__(renderer)
        self.last: str | None = None

    def content(self) -> Sequence[str | Page]:
        """Return the pages, then the last segment."""
        return [*self.pages, *([] if self.last is None else [self.last])]

    def add(self, segment: str) -> list[Page]:
        """Render the segment that was the last until now."""
        added = [] if self.last is None else super().add(self.last)
        self.last = segment
        return added

    def shed(self) -> bool:
        """Give up the older half of the pages, in the end the text too."""
        had, self.last = self.last, self.last if self.pages else None
        return super().shed() or had is not None


class Text:
    """Every earlier segment as text."""

    name = "text"
    append_only = True
    max_iterations: int | None = None

    def __init__(self, renderer: Renderer) -> None:
        self.segments: list[str] = []

    def content(self) -> Sequence[str | Page]:
        """Return all segments."""
        return self.segments

    def add(self, segment: str) -> list[Page]:
        """Keep the segment."""
        self.segments.append(segment)
        return []

    def shed(self) -> bool:
        """Give up the older half of the segments."""
        return _shed(self.segments)


class Forget:
    """Iterations without memory: the paper's ablation."""

    name = "forget"
    append_only = True
    max_iterations: int | None = None

    def __init__(self, renderer: Renderer) -> None:
        pass

    def content(self) -> Sequence[str | Page]:
        """Return nothing."""
        return ()

    def add(self, segment: str) -> list[Page]:
        """Drop the segment."""
        return []

    def shed(self) -> bool:
        """There is nothing to give up."""
        return False


class Single(Forget):
    """One long generation with the whole token budget, no iterations."""

    name = "single"
    max_iterations = 1


def _shed(parts: list[str] | list[Page]) -> bool:
    """Drop the older half, the odd one included; False where there was none."""
    had = bool(parts)
    del parts[: (len(parts) + 1) // 2]
    return had


POLICIES: dict[str, MemoryFactory] = {
    policy.name: policy for policy in (Optical, Text, Hybrid, Blank, Forget, Single)
}


def memory_policy(name: str) -> MemoryFactory:
    """Look a policy up by name; raises UnknownName."""
    if name not in POLICIES:
        raise UnknownName("memory policy", name, POLICIES)
    return POLICIES[name]
