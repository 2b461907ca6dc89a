"""How far a run is: what its progress shows."""

import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from vtc_r1.trace import Trace


@dataclass
class Tally:
    """Counts of a run; what was there before it went on is no part of its rates.

    Attributes:
        total: samples wanted.
        before: samples that were there already.
        solved: samples solved since.
        graded: samples graded, old ones included.
        right: of those.
        failed: solves that failed, old ones included.
        exhausted: solves that ran out of a budget, by budget, old ones included.
        tokens: generated tokens since it went on.
        stopped: whether it stopped before its end, as the server failed one solve after another.
    """

    total: int
    before: int = 0
    solved: int = 0
    graded: int = 0
    right: int = 0
    failed: int = 0
    exhausted: Counter[str] = field(default_factory=Counter)
    tokens: int = 0
    stopped: bool = False
    began: float = field(default_factory=time.monotonic)

    def add(self, trace: Trace) -> None:
        """Count a finished solve."""
        self.solved += 1
        self.failed += trace.status == "failed"
        self.note(trace)
        self.tokens += trace.usage.completion_tokens

    def note(self, trace: Trace) -> None:
        """Count which budget a solve ran out of, if any."""
        if trace.exhausted is not None:
            self.exhausted[trace.exhausted] += 1

    def grade(self, correct: bool) -> None:
        """Count a grade."""
        self.graded += 1
        self.right += correct

    @property
    def seconds(self) -> float:
        """Seconds since the run went on."""
        return time.monotonic() - self.began

    @property
    def accuracy(self) -> float | None:
        """Share of right answers so far, None before the first grade."""
        return self.right / self.graded if self.graded else None

    @property
    def solves_per_minute(self) -> float:
        """Solves that finish in a minute of wall time, all in flight together."""
        return 60 * self.solved / max(self.seconds, 1e-9)

    @property
    def tokens_per_second(self) -> float:
        """Tokens generated in a second of wall time, all in flight together."""
        return self.tokens / max(self.seconds, 1e-9)

    @property
    def seconds_left(self) -> float | None:
        """Estimate of the seconds to go, None before the first solve."""
        left = self.total - self.before - self.solved
        return left * self.seconds / self.solved if self.solved else None


def ran_out(exhausted: Mapping[str, int]) -> str:
    """Say how many solves ran out of what: `5 out of iterations, 1 out of tokens`; empty where none did."""
    return ", ".join(f"{times:,} out of {budget}" for budget, times in sorted(exhausted.items()))


Watch = Callable[[Tally], None]
"""Sees a run advance."""


def unwatched(tally: Tally) -> None:
    """See nothing."""
