"""A streak of failures: after so many in a row that say nothing about their questions, no more are spent."""

from vtc_r1.trace import Trace

FEWEST = 5
"""Solves in a row, however few are in flight."""


class Streak:
    """Counts the solves in a row that failed for a cause that every question would meet.

    Args:
        concurrency: solves in flight: so many may fail of one trouble.
    """

    def __init__(self, concurrency: int) -> None:
        self._most, self._row = max(FEWEST, concurrency), 0

    def add(self, trace: Trace) -> bool:
        """Take in a finished solve; tell whether to stop."""
        self._row = self._row + 1 if trace.is_owed else 0
        return self._row >= self._most
