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
    unrecorded,
)
from vtc_r1.backends.wire.replica import Visit
from vtc_r1.backends.wire.segment import Segment, ServerError, Unfinished, Unrecorded

T = TypeVar("T")


class SendOptions(Protocol):
    """How requests are sent; a backend has these attributes."""

    stream: bool
    timeout: float


class Attempt:
    """One request to one server.

    Args:
        options: how it is sent.
        visit: its place on the server.
        request: the segment to generate.
        fields: the fields of the request body, without the messages.
        number: number of the attempt, from 1.
    """

    def __init__(
        self, options: SendOptions, visit: Visit, request: Request, fields: dict[str, Any], number: int
    ) -> None:
        self.options, self.visit, self.request, self.fields = options, visit, request, fields
        self.number = number
        self.where = visit.replica.where
        self._streamed = options.stream and not request.record_tokens
        self._began = asyncio.get_running_loop().time()
        self._has_text = False

    async def pieces(self) -> AsyncGenerator[Delta | Completion]:
        """Yield the text, one piece per read from the network; raises Failure."""
        streamed = self._streamed
        segment = Segment(self.request.prompt, records=self.request.record_tokens)
        events = self.visit.replica.client.events(self.fields, self.request.prompt, streamed=streamed)
        try:
            async with aclosing(events):
                while (some := await self._guarded(anext(events, None))) is not None:
                    if text := self._read(segment, some):
                        yield Delta(text)
        except (
            Failure
        ):  # the segment may be whole already: its finish_reason comes before the end of the stream
            if not segment.ended:
                raise
        if streamed and not segment.ended:
            if segment.lacks:
                raise nonsense(self.where, "completion", ValueError(segment.lacks))
            raise broken_off(self.where, begun=self._has_text)
        yield self._completion(segment)

    def _read(self, segment: Segment, events: list[Any]) -> str:
        try:
            text = "".join([segment.take(event) for event in events])
        except ServerError as error:
            raise from_stream(self.where, error.error) from error
        except ValueError as error:
            raise nonsense(self.where, "completion", error) from error
        if self._streamed and text and not self._has_text:
            self._has_text = True
            self.visit.first_token(asyncio.get_running_loop().time() - self._began, self.request.prompt)
        return text

    def _completion(self, segment: Segment) -> Completion:
        try:
            return segment.completion(self.number)
        except Unfinished as ended:
            raise unfinished(self.where, ended.reason) from ended
        except Unrecorded as missing:
            raise unrecorded(self.where, str(missing)) from missing
        except ValueError as error:
            raise nonsense(self.where, "completion", error) from error

    async def _guarded(self, step: Awaitable[T]) -> T:
        """Await a step within the time limit of the attempt; every error becomes a Failure."""
        seconds = self.request.seconds
        try:
            if seconds is None:
                return await step
            async with asyncio.timeout_at(self._began + seconds):
                return await step
        except Exception as error:
            if seconds is not None and type(error) is TimeoutError:
                raise late(self.where, seconds) from error
            raise failure(self.where, error, self.options.timeout, begun=self._has_text) from error
