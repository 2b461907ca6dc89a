"""The circuit breaker of a server: open while the server is down, with single probes in between."""

import random
import time

from vtc_r1.backends.wire.failure import Failure

_IN_A_ROW = 5
"""A server counts as down after so many consecutive answers that it is unavailable, or after so many
consecutive solves with failures that may be its own or due to the question."""
_FIRST, _LONGEST = 0.5, 5.0  #: seconds before the first probe, and the limit before any later one


class Probe:
    """The single request that tests whether a server is back."""


class Breaker:
    """Admits all requests while the server is up, and a single one, the probe, after each growing pause.

    Attributes:
        answered: whether the server has ever answered.
        until: time of the next probe, on the monotonic clock; None while the server is up.
        probe: the probe in flight.
        presumed: whether only its list of models says that it is up.
    """

    def __init__(self) -> None:
        self.answered = False
        self.until: float | None = None
        self.probe: Probe | None = None
        self._row, self._pause = 0, _FIRST
        self._failed: set[str] = set()
        self.presumed = False

    @property
    def away(self) -> bool:
        """Whether the server counts as down."""
        return self.until is not None

    def admits(self) -> bool:
        """Tell whether a request may be sent to the server now."""
        return self.until is None or (self.probe is None and time.monotonic() >= self.until)

    def begin(self) -> Probe | None:
        """Record that a request is sent; return the Probe if it is one."""
        if not self.away:
            return None
        self.probe = Probe()
        return self.probe

    def served(self) -> None:
        """Record an answer, or the start of one: the server is up."""
        self.answered, self.probe, self.until = True, None, None
        self._row, self._pause = 0, _FIRST
        self._failed.clear()
        self.presumed = False

    def presume(self) -> None:
        """Admit all requests, as the server lists its models; the first failure takes that back."""
        self.until, self.presumed = None, True

    def abandoned(self, probe: Probe | None) -> None:
        """Record that a request ended without an answer."""
        if probe is self.probe:
            self.probe = None

    def failed(self, failure: Failure, probe: Probe | None, solve: str = "") -> None:
        """Record a failure of a request for `solve`; the server may count as down after it."""
        if probe is not None and probe is self.probe:
            self.probe = None
            if failure.away or failure.passing:
                self._open()
                return
        if failure.away or failure.suspect:
            self.answered = self.answered or not failure.refused
        if failure.away:
            self._row += 1
        elif failure.suspect:
            self._failed.add(solve)
        elif failure.answered:
            self.served()
        failing = max(self._row, len(self._failed)) >= _IN_A_ROW or (self.presumed and failure.passing)
        if not self.away and (failure.refused or failing):
            self._open()

    def _open(self) -> None:
        self.presumed = False
        # Jitter: the clients of one server must not all probe it at the same moment.
        self.until = time.monotonic() + random.uniform(0.5, 1.0) * self._pause
        self._pause = min(_LONGEST, 2 * self._pause)
