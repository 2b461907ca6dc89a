"""The answer to a request, whole or as a stream; solves that no client waits for any more are cancelled."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from fastapi import Request
from starlette.responses import Response

from vtc_r1.serve.bodies import json_response
from vtc_r1.serve.completion import PING, content, whole_reasoning
from vtc_r1.serve.disconnect import EventStream, cancel_on_disconnect
from vtc_r1.serve.failure import failure
from vtc_r1.serve.refusal import Refusal
from vtc_r1.serve.solve import Solve
from vtc_r1.trace import Trace

_QUEUED_EVENTS = 8


@dataclass(frozen=True)
class Answer(ABC):
    """The solves of one request; an interface decides how they are written."""

    form: str  #: the text of an answer, with `ANSWER` in place of the answer itself
    stops: tuple[str, ...]  #: strings that end it
    solves: Sequence[Solve]  #: one a choice

    @abstractmethod
    def body(self, traces: Sequence[Trace]) -> dict[str, Any]:
        """Return the response to a request without streaming."""

    @abstractmethod
    def events(self, at: int, solve: Solve) -> AsyncGenerator[bytes]:
        """Yield the events of one solve."""

    @abstractmethod
    def last_events(self, refusal: Refusal | None) -> bytes:
        """Return the events after those of all solves; one of them may have failed."""

    def text(self, trace: Trace, solve: Solve) -> str:
        """Return a solve's answer in its form; a JSON answer, or one without instructions, is unchanged."""
        form = "ANSWER" if solve.is_answer(forced=True) else self.form
        return content(trace, form, self.stops)

    def reasoning(self, trace: Trace, solve: Solve) -> str:
        """Return the reasoning of a solve."""
        return whole_reasoning(trace, solve.is_answer)

    def cancel(self) -> None:
        """Cancel the solves that still run, since nobody waits for them."""
        for solve in self.solves:
            if solve.trace is None:
                solve.cancel()

    async def respond(
        self, request: Request, ping_interval: float, *, is_stream: bool, dropped: Sequence[str]
    ) -> Response:
        """Respond; raises Refusal.

        Args:
            request: the request.
            ping_interval: seconds of silence in a stream after which a comment is sent.
            is_stream: whether a stream is asked for.
            dropped: fields that were ignored although they ask for something.
        """
        headers = {"X-Request-Id": self.solves[0].name}
        if dropped:
            headers["X-Vtc-Ignored"] = ", ".join(dropped)
        try:
            if not is_stream:
                whole = await cancel_on_disconnect(request.receive, self._whole())
                self.cancel()
                return json_response(whole, headers=headers)
            if self.solves[0].pictures is not None:
                await cancel_on_disconnect(request.receive, self._decoded(ping_interval))
            return EventStream(self._stream(ping_interval), headers)
        except BaseException:
            self.cancel()
            raise

    async def _whole(self) -> dict[str, Any]:
        """Return the response once every solve is over; raises Refusal if one failed."""
        traces = [await solve.finished() for solve in self.solves]
        if (refusal := self._refusal()) is not None:
            raise refusal
        return self.body(traces)

    async def _decoded(self, seconds: float) -> None:
        """Wait, for some seconds at most, until images are decoded; raises Refusal if they cannot be.

        A stream that need not wait for its turn can thus still be refused with an HTTP status.
        """
        first = self.solves[0]
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await first.begun()
        if first.refusal is not None:
            raise first.refusal

    async def _stream(self, ping_interval: float) -> AsyncGenerator[bytes]:
        """Yield the events of a stream, and a comment after every `ping_interval` seconds of silence."""
        events: asyncio.Queue[bytes] = asyncio.Queue(_QUEUED_EVENTS)

        async def put(at: int, solve: Solve) -> None:
            async for event in self.events(at, solve):
                await events.put(event)

        tasks = [asyncio.create_task(put(at, one)) for at, one in enumerate(self.solves)]
        ended = asyncio.gather(*tasks)
        try:
            while not (ended.done() and events.empty()):
                yield await _next_event(events, ended, ping_interval)
            ended.result()
            yield self.last_events(self._refusal())
        finally:
            ended.cancel()
            every: set[asyncio.Future[Any]] = {*tasks, ended}
            await asyncio.wait(every)
            with suppress(asyncio.CancelledError):
                ended.exception()  # otherwise asyncio logs that the exception was never retrieved
            self.cancel()

    def _refusal(self) -> Refusal | None:
        """Return the refusal of the first solve that failed, None if none did."""
        return next((found for solve in self.solves if (found := failure(solve)) is not None), None)


async def _next_event(events: "asyncio.Queue[bytes]", ended: "asyncio.Future[Any]", ping: float) -> bytes:
    """Return the next event; a comment if none comes in time, nothing once all choices have ended."""
    if not events.empty():
        return events.get_nowait()
    getting = asyncio.ensure_future(events.get())
    try:
        await asyncio.wait({getting, ended}, timeout=ping, return_when=asyncio.FIRST_COMPLETED)
        if getting.done():
            return getting.result()
        return b"" if ended.done() else PING
    finally:
        getting.cancel()
