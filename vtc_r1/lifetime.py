"""Lifetime: a solver can be used until it is closed, and in the process that made it."""

import os

from vtc_r1.errors import UsageError


class Lifetime:
    """Begins when it is made; solvers that share a backend share it."""

    def __init__(self) -> None:
        self._process = os.getpid()
        self._current = os.getpid  # at the end of an interpreter, `os` may be gone before this
        self._is_over = False

    @property
    def is_here(self) -> bool:
        """Whether this is the process in which it began, and no fork of it."""
        return self._process == self._current()

    def check(self) -> None:
        """Raise UsageError after the end, and in a fork."""
        self.check_process()
        if self._is_over:
            raise UsageError("this Solver is closed: make another one, or close it after its last solve")

    def check_process(self) -> None:
        """Raise UsageError in a fork, where everything that is waited for would never come."""
        if not self.is_here:
            raise UsageError(
                f"this Solver was made in process {self._process} and cannot be used in its fork "
                f"{os.getpid()}, which has none of its threads: make a Solver in the process that uses it"
            )

    def end(self) -> bool:
        """End it; False where nothing is to be released: it was over already, or this is a fork."""
        was_over, self._is_over = self._is_over, True
        return self.is_here and not was_over
