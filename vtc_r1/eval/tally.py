"""Progress of a run."""

import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from vtc_r1.trace import Trace


@dataclass
class Tally:
    """Counts of a run; rates cover this session only, not samples from before it was resumed."""

    total: int  #: number of requested samples
    before: int = 0  #: samples that were already stored
    solved: int = 0  #: samples solved in this session
    graded: int = 0  #: graded samples, including stored ones
    right: int = 0  #: right samples among these
    failed: int = 0  #: failed solves, including stored ones
    #: solves that ran out of a budget, by budget, including stored ones
    exhausted: Counter[str] = field(default_factory=Counter)
    tokens: int = 0  #: tokens generated in this session
    stopped: bool = False  #: whether the run stopped early because the server failed one solve after another
    began: float = field(default_factory=time.monotonic)

    def add(self, trace: Trace) -> None:
        """Count a finished solve."""
        self.solved += 1
        self.failed += trace.status == "failed"
        self.note(trace)
        self.tokens += trace.usage.completion_tokens

    def note(self, trace: Trace) -> None:
        """Count the budget that a solve exhausted, if any."""
        if trace.exhausted is not None:
            self.exhausted[trace.exhausted] += 1

    def grade(self, correct: bool) -> None:
        """Count a grade."""
        self.graded += 1
        self.right += correct

    @property
    def seconds(self) -> float:
        """Seconds since the run was started or resumed."""
        return time.monotonic() - self.began

    @property
    def accuracy(self) -> float | None:
        """Share of right answers so far, None before the first grade."""
        return self.right / self.graded if self.graded else None

    @property
    def solves_per_minute(self) -> float:
        """Finished solves per minute of wall time, over all in flight."""
        return 60 * self.solved / max(self.seconds, 1e-9)

    @property
    def tokens_per_second(self) -> float:
        """Tokens generated per second of wall time, over all in flight."""
        return self.tokens / max(self.seconds, 1e-9)

    @property
    def seconds_left(self) -> float | None:
        """Estimated remaining seconds, None before the first solve."""
        left = self.total - self.before - self.solved
        return left * self.seconds / self.solved if self.solved else None


def ran_out(exhausted: Mapping[str, int]) -> str:
    """Describe exhausted budgets: `5 out of iterations, 1 out of tokens`; empty if there are none."""
    return ", ".join(f"{times:,} out of {budget}" for budget, times in sorted(exhausted.items()))


Watch = Callable[[Tally], None]  #: called as a run progresses


def unwatched(tally: Tally) -> None:
    """Ignore progress."""
