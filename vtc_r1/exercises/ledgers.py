"""Ledgers: the rows of a table, each worked out, then all of them settled in one balance.

`a=4-1;b=6-5;…;f=1+1;g=f+a;h=g+b;…`: every row's page is needed again, each once.
"""

from collections.abc import Sequence

from vtc_r1.exercises.named import LARGEST, SMALLEST, Named

FEWEST, MOST = 6, 13  #: numbers of rows


class Ledgers(Named):
    """Rows, and a balance of all of them."""

    name = "ledger"
    example = "a=2-1; b=5+1; c=1+1; d=3-2; e=1+3; f=7-3; g=f-a; h=g+b; i=h-c; j=i+d; k=j-e"
    trained_range = (
        f"{FEWEST} to {MOST} rows, each a sum or difference, then their balance, from the last row on "
        "through all others in order; names in the order of the alphabet, every number from "
        f"{SMALLEST} to {LARGEST}"
    )
    lines = range(2 * FEWEST - 1, 2 * MOST, 2)

    def takes(self, values: int, operands: Sequence[int]) -> bool:
        """Whether every other row is used once, in order."""
        return list(operands) == list(range(values - 1))

    def choices(self, lines: int) -> tuple[int, list[Sequence[int]]]:
        """Let the steps take the rows in order."""
        rows = (lines + 1) // 2
        return rows, [(row,) for row in range(rows - 1)]
