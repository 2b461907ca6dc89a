"""Problems for the simulated server: how many segments each needs, and how long they are."""

import math
import random
from dataclasses import dataclass
from statistics import NormalDist

Problem = tuple[int, ...]
"""Tokens of each of its segments, in order."""

COUNTS = {1: 0.52, 2: 0.22, 3: 0.10, 4: 0.06, 5: 0.04, 6: 0.03, 7: 0.02, 8: 0.01}
"""Probability of each number of segments."""


@dataclass(frozen=True)
class Workload:
    """A distribution of problems; lengths are log-normal.

    Attributes:
        problems: how many.
        seed: of the generator.
        median: median length of a segment in tokens.
        p95: its 95th percentile; equal to the median, all lengths are equal.
        cut: most tokens of a segment.
        counts: number of segments → its probability.
    """

    problems: int = 500
    seed: int = 0
    median: int = 1_800
    p95: int = 6_000
    cut: int = 8_192
    counts: tuple[tuple[int, float], ...] = tuple(COUNTS.items())

    def draw(self) -> list[Problem]:
        """Return the problems; the same seed gives the same ones."""
        generator = random.Random(self.seed)
        numbers, weights = zip(*self.counts, strict=True)
        counts = generator.choices(numbers, weights, k=self.problems)
        return [tuple(self._length(generator) for _ in range(count)) for count in counts]

    def _length(self, generator: random.Random) -> int:
        sigma = math.log(self.p95 / self.median) / NormalDist().inv_cdf(0.95)
        drawn = self.median * math.exp(generator.gauss(0, 1) * sigma)
        return min(self.cut, max(1, round(drawn)))
