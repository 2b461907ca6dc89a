"""Whether a server is there: it is taken out when it cannot be reached, and tried again now and then."""

import random
import time

from vtc_r1.backends.wire.failure import Failure

_IN_A_ROW = 5
"""Answers that it cannot serve, one after another, after which a server counts as away; and solves that it
fails, one after another, in a way that may be its own or the question's."""
_FIRST, _LONGEST = 0.5, 5.0
"""Seconds before the first probe, and before any: a server that is back is found within the latter."""


class Probe:
    """The one request that finds out whether a server is back."""


class Breaker:
    """Lets requests pass while the server is there, and a single one, the probe, after each growing pause.

    Attributes:
        answered: whether the server ever did.
        until: when the next probe may go, on the monotonic clock; None while the server is there.
        probe: the one that is on its way.
    """

    def __init__(self) -> None:
        self.answered = False
        self.until: float | None = None
        self.probe: Probe | None = None
        self._row, self._pause = 0, _FIRST
        self._failed: set[str] = set()

    @property
    def away(self) -> bool:
        """Whether the server is taken out."""
        return self.until is not None

    def admits(self) -> bool:
        """Tell whether a request may go to the server now."""
        return self.until is None or (self.probe is None and time.monotonic() >= self.until)

    def begin(self) -> Probe | None:
        """Note that a request goes; returns what it is known by where it is the probe."""
        if not self.away:
            return None
        self.probe = Probe()
        return self.probe

    def served(self) -> None:
        """Note an answer, or the start of one: the server is there."""
        self.answered, self.probe, self.until = True, None, None
        self._row, self._pause = 0, _FIRST
        self._failed.clear()

    def left(self, probe: Probe | None) -> None:
        """Note that a request was given up without an answer."""
        if probe is self.probe:
            self.probe = None

    def failed(self, failure: Failure, probe: Probe | None, solve: str = "") -> None:
        """Note a failure of a request for `solve`; the server may count as away after it."""
        if probe is not None and probe is self.probe:
            self.probe = None
            if failure.away or failure.passing:
                self._open()
                return
        if failure.away or failure.ill:
            self.answered = self.answered or not failure.refused
        if failure.away:
            self._row += 1
        elif failure.ill:
            self._failed.add(solve)
        elif failure.answered:
            self.served()
        ill = max(self._row, len(self._failed)) >= _IN_A_ROW
        if not self.away and (failure.refused or ill):
            self._open()

    def _open(self) -> None:
        self.until = time.monotonic() + random.uniform(0.5, 1.0) * self._pause
        self._pause = min(_LONGEST, 2 * self._pause)
