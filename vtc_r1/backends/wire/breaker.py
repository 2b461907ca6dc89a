"""Whether a server is there: it is taken out when it cannot be reached, and tried again now and then."""

import random
import time

from vtc_r1.backends.wire.failure import Failure

_IN_A_ROW = 5
"""Answers that it cannot serve, one after another, after which a server counts as away."""
_FIRST, _LONGEST = 0.5, 15.0


class Breaker:
    """Lets requests pass while the server is there, and a single one, the probe, after each growing pause.

    Attributes:
        answered: whether the server ever did.
        until: when the next probe may go, on the monotonic clock; None while the server is there.
        probing: whether a probe is on its way.
    """

    def __init__(self) -> None:
        self.answered = self.probing = False
        self.until: float | None = None
        self._row, self._pause = 0, _FIRST

    @property
    def away(self) -> bool:
        """Whether the server is taken out."""
        return self.until is not None

    def admits(self) -> bool:
        """Tell whether a request may go to the server now."""
        return self.until is None or (not self.probing and time.monotonic() >= self.until)

    def begin(self) -> bool:
        """Note that a request goes; returns whether it is the probe."""
        self.probing = self.probing or self.away
        return self.away

    def served(self) -> None:
        """Note an answer: the server is there."""
        self.answered, self.probing, self.until = True, False, None
        self._row, self._pause = 0, _FIRST

    def left(self, probe: bool) -> None:
        """Note that a request was given up without an answer."""
        self.probing = self.probing and not probe

    def failed(self, failure: Failure, probe: bool) -> None:
        """Note a failure; the server may count as away after it."""
        if probe:
            self.probing = False
            if failure.away or failure.passing:
                self._open()
                return
        if failure.away:
            self._row += 1
            self.answered = self.answered or not failure.refused
            if not self.away and (failure.refused or self._row >= _IN_A_ROW):
                self._open()
        elif failure.answered:
            self.served()

    def _open(self) -> None:
        self.until = time.monotonic() + random.uniform(0.5, 1.0) * self._pause
        self._pause = min(_LONGEST, 2 * self._pause)
