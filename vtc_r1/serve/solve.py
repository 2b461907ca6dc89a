"""One solve on the server: it runs by itself, and whoever wants follows the log of its events."""

import asyncio
import logging
import time
from bisect import bisect_right
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, field

from vtc_r1.events import Event, Finished, SegmentFinished, SegmentRestarted, TextDelta
from vtc_r1.loop import Loop
from vtc_r1.serve.gate import Ticket
from vtc_r1.trace import Trace

_AGAIN = 10.0
"""Seconds after which a wait that goes on is noted anew."""

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Waiting:
    """The solve waits for its turn, behind so many others."""

    ahead: int


@dataclass(frozen=True)
class Held:
    """The backend waits, for a server that is away or for its next attempt; None once it goes on."""

    why: str | None


Noted = Event | Waiting | Held


@dataclass(frozen=True)
class Entry:
    """One event of the log: its number, from 1, and the seconds after the solve was asked for."""

    number: int
    seconds: float
    event: Noted


@dataclass(eq=False)
class Solve:
    """A solve and its log.

    Of a segment that is whole, the log keeps the text once and not its pieces.

    Attributes:
        name: what it goes by.
        owner: whose key asked for it.
        question: what was asked.
        loop: the solve itself.
        ticket: its right to run.
        began: seconds since the epoch when it was asked for.
        trace: its record once it is over.
    """

    name: str
    owner: str
    question: str
    loop: Loop
    ticket: Ticket
    began: float = field(default_factory=time.time)
    trace: Trace | None = None
    _entries: list[Entry] = field(default_factory=list)
    _last: int = 0
    _held: float | None = None
    _clock: float = field(default_factory=time.monotonic)
    _changed: asyncio.Event = field(default_factory=asyncio.Event)
    _task: "asyncio.Task[None] | None" = None

    def start(self) -> "asyncio.Task[None]":
        """Let it run, beside everything else."""
        if not self.ticket.turn.is_set():
            self._note(Waiting(self.ticket.ahead))
        self._task = asyncio.create_task(self._run(), name=f"solve {self.name}")
        self._task.add_done_callback(self._over)
        return self._task

    def cancel(self) -> None:
        """End it; what was done is its record."""
        if self._task is not None:
            self._task.cancel()

    def hold(self, why: str | None) -> None:
        """Note what the backend waits for, now and then while it does, and that it goes on."""
        if not self.ticket.turn.is_set() or self.trace is not None:
            return
        if why is None:
            if self._held is not None:
                self._note(Held(None))
            self._held = None
        elif self._held is None or self.seconds >= self._held + _AGAIN:
            self._held = self.seconds
            if self._entries and isinstance(self._entries[-1].event, Held):
                self._entries.pop()
            self._note(Held(why))

    @property
    def seconds(self) -> float:
        """Seconds since it was asked for."""
        return time.monotonic() - self._clock

    async def follow(self, after: int = 0) -> AsyncGenerator[list[Entry]]:
        """Yield what is in the log behind an entry, then what comes, until the solve is over."""
        while True:
            changed = self._changed
            new = self._entries[bisect_right(self._entries, after, key=lambda entry: entry.number) :]
            if new:
                after = new[-1].number
                yield new
            elif self.trace is not None:
                return
            else:
                await changed.wait()

    async def finished(self) -> Trace:
        """Wait until it is over."""
        while self.trace is None:
            await self._changed.wait()
        return self.trace

    async def _run(self) -> None:
        try:
            async with self.ticket, aclosing(self.loop.iterate()) as events:
                async for event in events:
                    self._note(event)
        except asyncio.CancelledError:
            return
        except Exception as error:
            log.exception("solve %s", self.name)
            self._note(Finished(self.loop.trace("failed", f"internal error: {type(error).__name__}")))

    def _over(self, _: "asyncio.Task[None]") -> None:
        """Close the log, also of a solve that was cancelled before it could run."""
        self.ticket.leave()
        if self.trace is None:
            self._note(Finished(self.loop.trace("cancelled")))

    def _note(self, event: Noted) -> None:
        if isinstance(event, SegmentFinished):
            self._forget_pieces(event.index)
        if isinstance(event, Finished):
            self.trace = event.trace
        self._last += 1
        self._entries.append(Entry(self._last, round(self.seconds, 3), event))
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()

    def _forget_pieces(self, index: int) -> None:
        """Drop the pieces of a segment, and keep that it began again."""
        start = len(self._entries)
        while start and _is_of_segment(self._entries[start - 1].event, index):
            start -= 1
        kept = [entry for entry in self._entries[start:] if not isinstance(entry.event, TextDelta)]
        self._entries[start:] = kept


def _is_of_segment(event: Noted, index: int) -> bool:
    return isinstance(event, TextDelta | SegmentRestarted) and event.index == index
