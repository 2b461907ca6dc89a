"""No memory."""

from typing import ClassVar

from vtc_r1.memory.parts import Parts
from vtc_r1.renderers import Page
from vtc_r1.spec import Options


class Forget(Parts):
    """Iterations without memory: the paper's ablation."""

    name = "forget"
    takes: ClassVar[type[Options]] = Options

    def _take(self, segment: str) -> list[Page]:
        return []


class Single(Forget):
    """One long generation with the whole token budget, no iterations."""

    name = "single"
    max_iterations = 1
