"""The lifetime of a solver: until it is closed, in the process that made it."""

import os

from vtc_r1.errors import UsageError


class Lifetime:
    """Begins with its creation; solvers that share a backend share it."""

    def __init__(self) -> None:
        self._process = os.getpid()
        self._current = os.getpid  # when the interpreter shuts down, `os` may be gone before this
        self._is_over = False

    @property
    def is_here(self) -> bool:
        """Whether this is the process that created it, not a fork."""
        return self._process == self._current()

    def check(self) -> None:
        """Raise UsageError after its end, and in a fork."""
        self.check_process()
        if self._is_over:
            raise UsageError("this Solver is closed: create another one, or close it after its last solve")

    def check_process(self) -> None:
        """Raise UsageError in a fork, which has no threads, so that every wait would be endless."""
        if not self.is_here:
            raise UsageError(
                f"this Solver was created in process {self._process} and cannot be used in its fork "
                f"{os.getpid()}, which has none of its threads: create a Solver in the process that uses it"
            )

    def end(self) -> bool:
        """End it; return False if nothing is to be released: it has ended before, or this is a fork."""
        was_over, self._is_over = self._is_over, True
        return self.is_here and not was_over
