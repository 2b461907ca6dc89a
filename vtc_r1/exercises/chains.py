"""Chains: four values, then steps that each take one of them, up to the end.

`a=17+15;b=40-12;c=11+12;d=90-30;e=d-b;f=e+a;…`: the first page is needed to the last step.
"""

import random
from collections.abc import Sequence

from vtc_r1.exercises.named import LARGEST, SMALLEST, Named

VALUES = 4  #: as many as a segment has steps


class Chains(Named):
    """Four values, and 6 to 22 steps that add one of them or take it away."""

    name = "chain"
    example = "a=54-36; b=10+36; c=92-34; d=79-65; e=d+c; f=e-a; g=f-d; h=g+d; i=h+d; j=i-d"
    trained_range = (
        f"{VALUES} sums or differences, then 6 to 22 steps that each add one of them to the value before or "
        f"take it away; names in the order of the alphabet, every number from {SMALLEST} to {LARGEST}"
    )
    lines = range(10, 27)

    def takes(self, values: int, operands: Sequence[int]) -> bool:
        """Whether just the four values are used."""
        return values == VALUES and max(operands) < VALUES

    def choose(self, rng: random.Random, lines: int) -> tuple[int, list[int]]:
        """Draw any of the values for each step; the first goes on from the last of them, so takes another."""
        operands = [rng.randrange(VALUES) for _ in range(lines - VALUES)]
        operands[0] = rng.randrange(VALUES - 1)
        return VALUES, operands
