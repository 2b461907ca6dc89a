"""What a solve has spent so far, from its events."""

import time
from collections.abc import Callable

from vtc_r1.compression import Compression, vision_tokens
from vtc_r1.estimates import CHARACTERS_PER_TOKEN
from vtc_r1.events import (
    Event,
    IterationFinished,
    IterationStarted,
    SegmentRestarted,
    Started,
    TextDelta,
)
from vtc_r1.renderers.page import Page


class Totals:
    """Tokens, compression and time; the segment being written is an estimate until the model counts it."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.iteration, self.most, self.forced = 0, 0, False
        self._clock, self._began = clock, clock()
        self._characters = self._written = self._read = 0
        self._compression = Compression()
        self._pages: tuple[Page, ...] = ()
        self._known = True

    def count(self, event: Event) -> None:
        """Take one event in."""
        match event:
            case Started(trace):
                self.most, self._began = trace.budget.iterations, self._clock()
                self._known = trace.counts_vision
            case IterationStarted(index, pages, forced):
                self.iteration, self.forced, self._pages, self._characters = index + 1, forced, pages, 0
            case TextDelta(_, text):
                self._characters += len(text)
            case SegmentRestarted():
                self._characters = 0
            case IterationFinished(iteration, compression):
                usage, self._compression = iteration.usage, compression
                self._written += usage.completion_tokens
                self._read += usage.vision_tokens
                self._characters, self._pages = 0, ()
            case _:
                pass

    def line(self) -> str:
        """Say it in one line, the most telling first."""
        underway = round(self._characters / CHARACTERS_PER_TOKEN)
        read = self._read + sum(page.vision_tokens for page in self._pages)
        where = f"iteration {self.iteration} of {self.most}" if self.iteration else "first prompt"
        parts = [f"{self._clock() - self._began:.0f} s", "answer now" if self.forced else where]
        parts.append(f"{'≈' if underway else ''}{self._written + underway:,} tokens written")
        if read:
            parts.append(f"{vision_tokens(read, known=self._known)} read")
        if self._compression.vision:
            parts.append(f"compression {self._compression}")
        return " · ".join(parts)
