"""One attempt at a segment."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable
from contextlib import aclosing
from typing import Any, Protocol, TypeVar

from vtc_r1.backends.base import Completion, Delta, Request
from vtc_r1.backends.wire.failure import (
    Failure,
    broken_off,
    failure,
    from_stream,
    late,
    nonsense,
    unfinished,
)
from vtc_r1.backends.wire.replica import Visit
from vtc_r1.backends.wire.segment import Complaint, Segment, Unfinished

T = TypeVar("T")


class Manner(Protocol):
    """How requests are sent: what a backend says of itself."""

    stream: bool
    timeout: float


class Attempt:
    """One request to one server.

    Args:
        manner: how it is sent.
        visit: its place on the server.
        request: what is asked for.
        fields: the same as it is sent, without the messages.
        number: which attempt at the segment it is, from 1.
    """

    def __init__(
        self, manner: Manner, visit: Visit, request: Request, fields: dict[str, Any], number: int
    ) -> None:
        self.manner, self.visit, self.request, self.fields = manner, visit, request, fields
        self.number = number
        self.where = visit.replica.where
        self._began = asyncio.get_running_loop().time()
        self._spoke = False

    async def pieces(self) -> AsyncGenerator[Delta | Completion]:
        """Yield what the server writes, a piece for every read from the network; raises Failure."""
        segment, streamed = Segment(self.request.prompt), self.manner.stream
        events = self.visit.replica.client.events(self.fields, self.request.prompt, streamed=streamed)
        try:
            async with aclosing(events):
                while (some := await self._guarded(anext(events, None))) is not None:
                    if text := self._read(segment, some):
                        yield Delta(text)
        except Failure:
            if not segment.ended:
                raise
        if streamed and not segment.ended:
            raise broken_off(self.where, begun=self._spoke)
        yield self._completion(segment)

    def _read(self, segment: Segment, events: list[Any]) -> str:
        try:
            text = "".join([segment.take(event) for event in events])
        except Complaint as complaint:
            raise from_stream(self.where, complaint.error) from complaint
        except ValueError as error:
            raise nonsense(self.where, "completion", error) from error
        if self.manner.stream and text and not self._spoke:
            self._spoke = True
            self.visit.spoke(asyncio.get_running_loop().time() - self._began, self.request.prompt)
        return text

    def _completion(self, segment: Segment) -> Completion:
        try:
            return segment.completion(self.number)
        except Unfinished as ended:
            raise unfinished(self.where, ended.reason) from ended
        except ValueError as error:
            raise nonsense(self.where, "completion", error) from error

    async def _guarded(self, step: Awaitable[T]) -> T:
        """Wait for a step within the time of the attempt; whatever goes wrong is a Failure."""
        seconds = self.request.seconds
        try:
            if seconds is None:
                return await step
            async with asyncio.timeout_at(self._began + seconds):
                return await step
        except Exception as error:
            if seconds is not None and type(error) is TimeoutError:
                raise late(self.where, seconds) from error
            raise failure(self.where, error, self.manner.timeout, begun=self._spoke) from error
