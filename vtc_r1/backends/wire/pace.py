"""The limit of requests in flight to one server: none until it shows signs of overload.

As in TCP congestion control, the limit grows by steps and shrinks by a factor.
"""

import asyncio
import math
import statistics
import time
from collections import deque

_REFUSALS, _OUTCOMES = 8, 32  #: number of refusals among this many last requests at which the limit shrinks
_FIRST_TOKENS, _HISTORY = 16, 128
_SLOWER, _GRACE = 4.0, 5.0
"""First tokens are late if their median wait exceeds this factor times the usual one, plus these seconds."""
_AFTER_REFUSALS, _AFTER_WAITS = 0.7, 0.85
"""Factors by which the limit shrinks; late tokens are weaker evidence of overload than refusals."""
_GROWTH = 1 / 8  #: places that each success adds


class Pace:
    """Limits the requests in flight, first come first served.

    A request belongs to the round in which it entered; outcomes of earlier rounds are ignored, so that one
    overload shrinks the limit once.

    Attributes:
        limit: limit of requests in flight; infinite until the server has been overloaded.
        running: number of requests in flight.
        round: number of times that the limit has shrunk.
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
    def demand(self) -> int:
        """Number of requests in flight and waiting."""
        return self.running + len(self._waiting)

    async def enter(self) -> bool:
        """Wait for a place and take it; False if the server went down in the meantime."""
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
        """Release a place."""
        self.running -= 1
        self._admit()

    def evict(self) -> None:
        """Turn all waiting requests away."""
        while self._waiting:
            place = self._waiting.popleft()
            if not place.done():
                place.set_result(False)

    def pause(self, seconds: float) -> None:
        """Admit no request for `seconds`."""
        until = time.monotonic() + seconds
        if until > self._paused_until:
            self._paused_until = until
            asyncio.get_running_loop().call_later(seconds + 0.001, self._admit)

    def served(self, entered: int) -> None:
        """Record a success of the round `entered`."""
        if entered == self.round:
            self._refusals.append(False)
        if self._waiting or self.running >= self.limit - 1:  # an unused limit has proved nothing
            self.limit += _GROWTH
            self._admit()

    def refused(self, entered: int) -> None:
        """Record that the server was overloaded."""
        if entered != self.round:
            return
        self._refusals.append(True)
        if sum(self._refusals) >= _REFUSALS:
            self._shrink(_AFTER_REFUSALS)

    def first_token(self, entered: int, waited: float) -> None:
        """Record the seconds until a first token, less the time to prefill its prompt."""
        if entered != self.round:
            return
        self._history.append(waited)
        self._recent.append(waited)
        if len(self._recent) < _FIRST_TOKENS:
            return
        # The lower decile of all waits is what the server needs without a queue.
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
