"""Chains: four values, then steps that each take one of them, up to the end.

`a=9-2;b=8-7;c=7-5;d=1+2;e=d+c;f=e-d;…`: the first page is needed to the last step.
"""

from collections.abc import Sequence

from vtc_r1.exercises.named import LARGEST, SMALLEST, Named

VALUES = 4  #: as many as a segment has steps


class Chains(Named):
    """Four values, and 6 to 22 steps that add one of them or take it away."""

    name = "chain"
    example = "a=7-6; b=6-5; c=3+6; d=7-3; e=d-b; f=e+d; g=f+b; h=g+a; i=h-d; j=i+a"
    trained_range = (
        f"{VALUES} sums or differences, then 6 to 22 steps that each add one of them to the value before or "
        f"take it away; names in the order of the alphabet, every number from {SMALLEST} to {LARGEST}"
    )
    lines = range(10, 27)

    def takes(self, values: int, operands: Sequence[int]) -> bool:
        """Whether there are four values and the steps use no others."""
        return values == VALUES and max(operands) < VALUES

    def choices(self, lines: int) -> tuple[int, list[Sequence[int]]]:
        """Let each step use any value, except the first step the last one, from which it continues."""
        return VALUES, [range(VALUES - 1), *[range(VALUES)] * (lines - VALUES - 1)]
