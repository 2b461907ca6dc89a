"""The gate: limits how many solves run and how many wait."""

import asyncio
import math
from collections import deque
from typing import Self

_FIRST_GUESS, _SHORTEST, _LONGEST = 5.0, 1, 120
_WEIGHT = 0.1  #: weight of the newest solve in the moving average of their seconds


class Busy(Exception):
    """The queue is full; `seconds` estimates when to try again."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"try again in {seconds} s")
        self.seconds = seconds


class Gate:
    """Admits solves, first come first served; belongs to one event loop.

    Args:
        places: limit of solves that run at once.
        queue: limit of solves that wait.

    Attributes:
        running: number of solves that run.
    """

    def __init__(self, places: int, queue: int) -> None:
        self.places, self.queue, self.running = places, queue, 0
        self._waiting: deque[Ticket] = deque()
        self._seconds = _FIRST_GUESS

    @property
    def waiting(self) -> int:
        """Number of solves that wait."""
        return len(self._waiting)

    def tickets(self, count: int) -> "list[Ticket]":
        """Admit `count` solves together, or none of them; raises Busy."""
        if count > self.places - self.running + self.queue - self.waiting:
            raise Busy(self._retry_after())
        return [self._ticket() for _ in range(count)]

    def ahead(self, ticket: "Ticket") -> int:
        """Return how many solves wait before it."""
        return self._waiting.index(ticket) if ticket in self._waiting else 0

    def record(self, seconds: float) -> None:
        """Record how long a solve took."""
        self._seconds += _WEIGHT * (seconds - self._seconds)

    def leave(self, ticket: "Ticket") -> None:
        """Release a place, or leave the queue."""
        if ticket in self._waiting:
            self._waiting.remove(ticket)
            return
        self.running -= 1
        while self._waiting and self.running < self.places:
            self.running += 1
            self._waiting.popleft().turn.set()

    def _ticket(self) -> "Ticket":
        ticket = Ticket(self)
        if self.running < self.places:
            self.running += 1
            ticket.turn.set()
        else:
            self._waiting.append(ticket)
        return ticket

    def _retry_after(self) -> int:
        """Estimate the seconds until a place is free: the rounds of solves ahead times their mean time."""
        rounds = (self.waiting + 1) / self.places
        return max(_SHORTEST, min(_LONGEST, math.ceil(rounds * self._seconds)))


class Ticket:
    """The right to one place; entering waits for its turn, leaving releases it."""

    def __init__(self, gate: Gate) -> None:
        self._gate, self.turn, self._left = gate, asyncio.Event(), False

    @property
    def ahead(self) -> int:
        """Return how many solves wait before it."""
        return self._gate.ahead(self)

    def leave(self) -> None:
        """Release it; later calls do nothing."""
        if not self._left:
            self._left = True
            self._gate.leave(self)

    async def __aenter__(self) -> Self:
        try:
            await self.turn.wait()
        except asyncio.CancelledError:
            self.leave()
            raise
        return self

    async def __aexit__(self, *error: object) -> None:
        self.leave()
