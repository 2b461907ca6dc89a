"""The gate: limits how many solves run and how many wait, of everyone and of each owner."""

import asyncio
import math
from collections import Counter
from typing import Self

_FIRST_GUESS, _SHORTEST, _LONGEST = 5.0, 1, 120
_WEIGHT = 0.1  #: weight of the newest solve in the moving average of their seconds


class Busy(Exception):
    """The queue is full; `seconds` estimates when to try again."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"try again in {seconds} s")
        self.seconds = seconds


class Gate:
    """Admits solves; belongs to one event loop.

    The next solve to run belongs to the owner with the fewest running solves; in a tie, to the one served
    longest ago. Solves of one owner run first come, first served.

    Args:
        places: limit of solves that run at once.
        queue: limit of solves that wait.
        share: limit of solves of one owner that run at once; those that wait have the same part of the queue.

    Attributes:
        running: number of solves that run.
        most: limit of solves of one owner.
    """

    def __init__(self, places: int, queue: int, share: int | None = None) -> None:
        self.places, self.queue, self.running = places, queue, 0
        self._share = min(share or places, places)
        self._queue_share = math.ceil(queue * self._share / places)
        self.most = self._share + self._queue_share
        self._waiting: list[Ticket] = []
        self._running_of: Counter[str] = Counter()
        self._served: dict[str, int] = {}
        self._turns = 0
        self._seconds = _FIRST_GUESS

    @property
    def waiting(self) -> int:
        """Number of solves that wait."""
        return len(self._waiting)

    def tickets(self, count: int, owner: str = "") -> "list[Ticket]":
        """Admit `count` solves together, or none of them; raises Busy."""
        waiting = sum(ticket.owner == owner for ticket in self._waiting)
        places = min(self._share - self._running_of[owner], self.places - self.running)
        room = min(self._queue_share - waiting, self.queue - self.waiting)
        if count > max(0, places) + max(0, room):
            raise Busy(self._retry_after())
        tickets = [Ticket(self, owner) for _ in range(count)]
        self._waiting += tickets
        self._admit()
        return tickets

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
        self._running_of[ticket.owner] -= 1
        self._admit()

    def _admit(self) -> None:
        """Give free places to solves that wait."""
        while self.running < self.places:
            fitting = [one for one in self._waiting if self._running_of[one.owner] < self._share]
            if not fitting:
                return
            ticket = min(
                fitting, key=lambda one: (self._running_of[one.owner], self._served.get(one.owner, 0))
            )
            self._waiting.remove(ticket)
            self.running += 1
            self._turns += 1
            self._running_of[ticket.owner] += 1
            self._served[ticket.owner] = self._turns
            ticket.turn.set()

    def _retry_after(self) -> int:
        """Estimate the seconds until a place is free: the rounds of solves ahead times their mean time."""
        rounds = (self.waiting + 1) / self.places
        return max(_SHORTEST, min(_LONGEST, math.ceil(rounds * self._seconds)))


class Ticket:
    """The right to one place; entering waits for its turn, leaving releases it."""

    def __init__(self, gate: Gate, owner: str) -> None:
        self._gate, self.owner, self.turn, self._left = gate, owner, asyncio.Event(), False

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
