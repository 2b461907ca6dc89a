"""How many requests are in flight to one server: as many as are asked for, until it shows that it queues."""

import asyncio
import math
import statistics
import time
from collections import deque

_REFUSALS, _OUTCOMES = 8, 32
"""So many refusals among the last so many requests, and fewer are sent."""
_FIRST_TOKENS, _HISTORY = 16, 128
_SLOWER, _GRACE = 4.0, 5.0
"""First tokens are late where their median wait is over so many times the floor, and so many seconds."""
_AFTER_REFUSALS, _AFTER_WAITS = 0.7, 0.85
_GROWTH = 1 / 8
"""Places that every success adds."""


class Pace:
    """A window over the requests in flight: first come first served, grows by steps, shrinks by a share.

    A request belongs to the round in which it entered; only those of the present round tell anything,
    so that one overload shrinks the window once.

    Attributes:
        limit: most requests in flight; infinite until the server has shown trouble.
        running: requests in flight.
        round: how often the window has shrunk.
    """

    def __init__(self) -> None:
        self.limit = math.inf
        self.running = self.round = 0
        self._waiting: deque[asyncio.Future[bool]] = deque()
        self._refusals: deque[bool] = deque(maxlen=_OUTCOMES)
        self._recent: list[float] = []
        self._history: deque[float] = deque(maxlen=_HISTORY)
        self._paused_until = 0.0

    @property
    def asked(self) -> int:
        """Requests in flight, and those that wait."""
        return self.running + len(self._waiting)

    async def enter(self) -> bool:
        """Wait for a place and take it; False where the server went away meanwhile."""
        if not self._waiting and self._has_room():
            self.running += 1
            return True
        place: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._waiting.append(place)
        try:
            return await place
        except asyncio.CancelledError:
            if place.cancelled():
                self._waiting.remove(place)
            elif place.result():
                self.leave()
            raise

    def leave(self) -> None:
        """Give a place back."""
        self.running -= 1
        self._admit()

    def evict(self) -> None:
        """Send all who wait away."""
        while self._waiting:
            place = self._waiting.popleft()
            if not place.done():
                place.set_result(False)

    def pause(self, seconds: float) -> None:
        """Let nobody enter for so long."""
        until = time.monotonic() + seconds
        if until > self._paused_until:
            self._paused_until = until
            asyncio.get_running_loop().call_later(seconds + 0.001, self._admit)

    def served(self, entered: int) -> None:
        """Note a success of the round `entered`."""
        if entered == self.round:
            self._refusals.append(False)
        if self._waiting or self.running >= self.limit - 1:
            self.limit += _GROWTH
            self._admit()

    def refused(self, entered: int) -> None:
        """Note that the server had too much to do."""
        if entered != self.round:
            return
        self._refusals.append(True)
        if sum(self._refusals) >= _REFUSALS:
            self._shrink(_AFTER_REFUSALS)

    def spoke(self, entered: int, waited: float) -> None:
        """Note for how many seconds a first token was waited for, beyond what its prompt takes to read."""
        if entered != self.round:
            return
        self._history.append(waited)
        self._recent.append(waited)
        if len(self._recent) < _FIRST_TOKENS:
            return
        floor = sorted(self._history)[len(self._history) // 10]
        late = statistics.median(self._recent) > _SLOWER * floor + _GRACE
        self._recent.clear()
        if late:
            self._shrink(_AFTER_WAITS)

    def _shrink(self, factor: float) -> None:
        self.limit = max(1.0, min(self.limit, self.running) * factor)
        self.round += 1
        self._refusals.clear()
        self._recent.clear()

    def _has_room(self) -> bool:
        return self.running + 1 <= self.limit and time.monotonic() >= self._paused_until

    def _admit(self) -> None:
        while self._waiting and self._has_room():
            place = self._waiting.popleft()
            if not place.done():
                self.running += 1
                place.set_result(True)
