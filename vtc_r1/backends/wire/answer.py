"""What the SDK hands back for a request, as events, parsed by us where it lets us."""

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import suppress
from typing import Any

from vtc_r1.backends.wire.sse import EventParser

_DONE = b"[DONE]"
_DRAIN = 0.5
"""Seconds for which the end of a stream is waited for, so that its connection can be used again."""


def events(answer: Any, streamed: bool) -> AsyncGenerator[list[Any]]:
    """Yield the events of an answer, those that came over the network together in one list.

    Args:
        answer: the SDK's stream, of which only the raw response is used; or, from a client that is not
            the SDK's own, an iterator of chunks or a whole completion.
        streamed: whether a stream was asked for; without one, there is one event, the completion.

    Raises:
        ValueError: it is no JSON.
        Exception: what the HTTP library raises.
    """
    response = getattr(answer, "response", None)
    if hasattr(response, "aiter_bytes"):
        return _parsed(response) if streamed else _whole(response)
    return _given(answer)


async def _parsed(response: Any) -> AsyncGenerator[list[Any]]:
    parser, encoded = EventParser(), "content-encoding" in response.headers
    reads: AsyncIterator[bytes] = response.aiter_bytes() if encoded else response.aiter_raw()
    async for piece in reads:
        data = parser.feed(piece)
        if done := _DONE in data:
            data = data[: data.index(_DONE)]
        if data:
            yield [json.loads(event) for event in data]
        if done:
            await _drain(reads)
            return


async def _drain(reads: AsyncIterator[bytes]) -> None:
    """Read to the end of a stream that has said all; nothing that goes wrong now matters."""
    with suppress(Exception):
        async with asyncio.timeout(_DRAIN):
            async for _ in reads:
                pass


async def _whole(response: Any) -> AsyncGenerator[list[Any]]:
    yield [json.loads(await response.aread())]


async def _given(answer: Any) -> AsyncGenerator[list[Any]]:
    if hasattr(answer, "__aiter__"):
        async for chunk in answer:
            yield [_plain(chunk)]
    else:
        yield [_plain(answer)]


def _plain(record: Any) -> Any:
    return record.model_dump() if hasattr(record, "model_dump") else record
