"""No memory."""

from vtc_r1.memory.parts import Parts
from vtc_r1.renderers import Page
from vtc_r1.spec import Options


class Forget(Parts[Options]):
    """Iterations without memory: the paper's ablation."""

    name = "forget"

    def take(self, segment: str) -> list[Page]:
        """Forget a segment."""
        return []


class Single(Forget):
    """One long generation with the whole token budget, no iterations."""

    name = "single"
    max_iterations = 1
    documents = "text"
