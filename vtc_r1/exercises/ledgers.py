"""Ledgers: the rows of a table, each worked out, then all of them settled in one balance.

`a=17+15;b=40-12;…;f=11+12;g=f+a;h=g-b;…`: every row's page is needed again, each once.
"""

import random
from collections.abc import Sequence

from vtc_r1.exercises.named import LARGEST, SMALLEST, Named

FEWEST, MOST = 6, 13  #: numbers of rows


class Ledgers(Named):
    """Rows, and a balance of all of them."""

    name = "ledger"
    example = "a=59-34; b=87-40; c=89-45; d=88-70; e=23+10; f=30+18; g=f-a; h=g+b; i=h-c; j=i+d; k=j-e"
    trained_range = (
        f"{FEWEST} to {MOST} rows, each a sum or difference, then their balance, from the last row on "
        "through all others in order; names in the order of the alphabet, every number from "
        f"{SMALLEST} to {LARGEST}"
    )
    lines = range(2 * FEWEST - 1, 2 * MOST, 2)

    def takes(self, values: int, operands: Sequence[int]) -> bool:
        """Whether every other row is used once, in order."""
        return list(operands) == list(range(values - 1))

    def choose(self, rng: random.Random, lines: int) -> tuple[int, list[int]]:
        """Take every row."""
        rows = (lines + 1) // 2
        return rows, list(range(rows - 1))
