"""One solve on the server: it runs as a task, and clients follow the log of its events."""

import asyncio
import logging
import time
from bisect import bisect_right
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, field, replace

from vtc_r1.events import Event, Finished, SegmentFinished, SegmentRestarted, TextDelta
from vtc_r1.iteration import PageRecord
from vtc_r1.loop import Loop
from vtc_r1.serve.gate import Ticket
from vtc_r1.serve.pictures import Darkroom, Pictures
from vtc_r1.serve.refusal import Refusal
from vtc_r1.trace import Trace

_WAIT_INTERVAL = 10.0  #: seconds after which a wait that goes on is logged again

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Waiting:
    """The solve is queued behind `ahead` others."""

    ahead: int


@dataclass(frozen=True)
class BackendWaiting:
    """The backend waits, for a server or its next attempt; `reason` is None once it continues."""

    reason: str | None


LogEvent = Event | Waiting | BackendWaiting


@dataclass(frozen=True)
class Entry:
    """One event of the log: its number, from 1, and the seconds since the request."""

    number: int
    seconds: float
    event: LogEvent


@dataclass(eq=False)
class Solve:
    """A solve and its log.

    For a finished segment, the log keeps the whole text and drops its pieces.
    """

    name: str  #: id of the solve
    owner: str  #: owner of the API key that began it
    question: str  #: the question
    loop: Loop  #: runs the solve
    ticket: Ticket  #: its place, or its turn in the queue
    pictures: Pictures | None = None  #: images of the request, decoded when it has its turn
    darkroom: Darkroom | None = None  #: where they are decoded
    is_shut_down: bool = False  #: cancelled because the server ended
    refusal: Refusal | None = None  #: why it cannot be solved, if its images cannot be decoded
    began: float = field(default_factory=time.time)  #: time of the request, in seconds since the epoch
    trace: Trace | None = None  #: its trace once it has finished
    _entries: list[Entry] = field(default_factory=list)
    _last: int = 0
    _wait_logged: float | None = None
    _clock: float = field(default_factory=time.monotonic)
    _changed: asyncio.Event = field(default_factory=asyncio.Event)
    _task: "asyncio.Task[None] | None" = None

    def start(self) -> "asyncio.Task[None]":
        """Start it as a task."""
        if not self.ticket.turn.is_set():
            self._log(Waiting(self.ticket.ahead))
        self._task = asyncio.create_task(self._run(), name=f"solve {self.name}")
        self._task.add_done_callback(self._over)
        return self._task

    def cancel(self, *, shutting_down: bool = False) -> None:
        """Cancel it; its trace holds what was done."""
        self.is_shut_down |= shutting_down
        if self._task is not None:
            self._task.cancel()

    def note_wait(self, reason: str | None) -> None:
        """Log what the backend waits for, repeatedly while it does, and that it continues."""
        if not self.ticket.turn.is_set() or self.trace is not None:
            return
        if reason is None:
            if self._wait_logged is not None:
                self._log(BackendWaiting(None))
            self._wait_logged = None
        elif self._wait_logged is None or self.seconds >= self._wait_logged + _WAIT_INTERVAL:
            self._wait_logged = self.seconds
            if self._entries and isinstance(self._entries[-1].event, BackendWaiting):
                self._entries.pop()
            self._log(BackendWaiting(reason))

    def is_answer(self, forced: bool) -> bool:
        """Tell whether the text of a segment is the answer, by whether the segment was forced."""
        return self.loop.prompts.rule == "plain" or (forced and self.loop.form is not None)

    @property
    def seconds(self) -> float:
        """Seconds since the request."""
        return time.monotonic() - self._clock

    async def follow(self, after: int = 0) -> AsyncGenerator[list[Entry]]:
        """Yield the entries of the log after a number, then new ones, until the solve ends."""
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

    async def begun(self) -> None:
        """Wait until something was logged."""
        while not self._entries:
            await self._changed.wait()

    async def finished(self) -> Trace:
        """Wait until it has finished."""
        while self.trace is None:
            await self._changed.wait()
        return self.trace

    async def _run(self) -> None:
        try:
            async with self.ticket:
                await self._decode()
                async with aclosing(self.loop.iterate()) as events:
                    async for event in events:
                        self._log(event)
        except asyncio.CancelledError:
            return
        except Refusal as refusal:
            self.refusal = refusal
            self._log(Finished(self.loop.trace("failed", str(refusal), "question")))
        except Exception as error:
            log.exception("solve %s", self.name)
            self._log(Finished(self.loop.trace("failed", f"internal error: {type(error).__name__}")))

    async def _decode(self) -> None:
        """Give the loop the images of the request; raises Refusal."""
        if self.pictures is None or self.darkroom is None:
            return
        images = await self.pictures.pages(self.darkroom)
        records = [PageRecord.of(image) for image in images]
        self.loop.attached = replace(self.loop.attached, images=images)
        self.loop.skeleton = self.loop.skeleton.model_copy(update={"images": records})

    def _over(self, _: "asyncio.Task[None]") -> None:
        """Complete the log, also for a solve that was cancelled before it could run."""
        self.ticket.leave()
        if self.pictures is not None:
            self.pictures.leave()
        if self.trace is None:
            self._log(Finished(self.loop.trace("cancelled")))

    def _log(self, event: LogEvent) -> None:
        if isinstance(event, SegmentFinished):
            self._drop_pieces(event.index)
        if isinstance(event, Finished):
            self.trace = event.trace
        self._last += 1
        self._entries.append(Entry(self._last, round(self.seconds, 3), event))
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()

    def _drop_pieces(self, index: int) -> None:
        """Drop the pieces of a segment, but keep its restarts."""
        start = len(self._entries)
        while start and _is_of_segment(self._entries[start - 1].event, index):
            start -= 1
        kept = [entry for entry in self._entries[start:] if not isinstance(entry.event, TextDelta)]
        self._entries[start:] = kept


def _is_of_segment(event: LogEvent, index: int) -> bool:
    return isinstance(event, TextDelta | SegmentRestarted) and event.index == index
