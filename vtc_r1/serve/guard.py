"""Middleware before every route: host check, size limits and timeouts."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from vtc_r1.serve.access_log import Access, AccessLog
from vtc_r1.serve.hosts import Hosts
from vtc_r1.serve.refusal import Refusal, too_large
from vtc_r1.serve.room import Held, Room
from vtc_r1.serve.service import Limits

_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "X-Frame-Options": "DENY",
}
_CLOSE = {"Connection": "close"}
_DRAINED, _DRAIN_SECONDS = 4, 1.0
"""Limits for reading and discarding a body that is too large: multiples of the size limit, and seconds."""
_ROOM, _BODIES = 128_000_000, 2
"""Room for all bodies together: bytes, or this many bodies of the size limit if that is more."""
CountResponse = Callable[[str, int], None]


class Unread(OSError):
    """The client does not read what it is sent."""


class BoundedBody:
    """A `receive` that limits the size and the time of a body; it raises Refusal.

    Args:
        receive: the server's own `receive`.
        limits: the limits.
        held: the body's share of the room for all bodies.

    Attributes:
        is_whole: whether all of the body was received.
    """

    def __init__(self, receive: Receive, limits: Limits, held: Held) -> None:
        self._receive, self._limits, self.held = receive, limits, held
        self.is_whole = False
        self._taken = 0
        self._deadline = asyncio.get_running_loop().time() + limits.body_timeout

    async def __call__(self) -> Message:
        """Return the next message of the server."""
        if self.is_whole:
            return await self._receive()
        try:
            async with asyncio.timeout_at(self._deadline):
                message = await self._receive()
        except TimeoutError as error:
            reason = f"The body did not arrive within {self._limits.body_timeout:g} s."
            raise Refusal(408, reason, code="request_timeout", headers=_CLOSE) from error
        size = len(message.get("body", b""))
        self._taken += size
        if self._taken > self._limits.body_bytes:
            raise too_large(self._limits.body_bytes)
        self.held.add(size)
        self.is_whole = not message.get("more_body", False)
        return message


@dataclass(eq=False)
class Guard:
    """Middleware that enforces the limits."""

    app: ASGIApp  #: the application behind it
    limits: Limits  #: size limits and timeouts
    count_response: CountResponse  #: called for every response with the pattern of its route and its status
    hosts: Hosts  #: names by which clients may reach the server
    access_log: AccessLog = AccessLog.NONE  #: form of the access log

    def __post_init__(self) -> None:
        self.room = Room(max(_ROOM, _BODIES * self.limits.body_bytes))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, within the limits."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        scope["vtc_refusal"] = self._refusal(Headers(scope=scope))
        body = BoundedBody(receive, self.limits, Held(self.room))
        scope["vtc_held"] = body.held

        access = Access(scope, time.monotonic())

        async def limited(message: Message) -> None:
            if message["type"] == "http.response.start":
                if message["status"] in (413, 429) and not body.is_whole:
                    await self._drain(receive)
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
                access.status, access.solve = message["status"], headers.get("x-request-id")
                route = getattr(scope.get("route"), "path", "other")
                self.count_response(route, message["status"])
            access.size += len(message.get("body", b""))
            await self._send_in_time(send(message))

        try:
            with suppress(Unread):
                await self.app(scope, body, limited)
        finally:
            body.held.release()
            access.write(self.access_log)

    def _refusal(self, headers: Headers) -> Refusal | None:
        """Return the refusal that the headers alone decide, None otherwise."""
        if (remedy := self.hosts.remedy(headers.get("host", ""))) is not None:
            return Refusal(421, remedy, code="wrong_host")
        if headers.get("content-encoding", "identity").lower() != "identity":
            return Refusal(
                415, "Send the body without 'Content-Encoding'.", code="invalid_type", headers=_CLOSE
            )
        length = headers.get("content-length", "0")
        if not length.isdecimal() or int(length) > self.limits.body_bytes:
            return too_large(self.limits.body_bytes)
        return None

    async def _drain(self, receive: Receive) -> None:
        """Read and discard what a refused client still sends: most clients read no response before that."""
        left = _DRAINED * self.limits.body_bytes
        with suppress(TimeoutError):
            async with asyncio.timeout(_DRAIN_SECONDS):
                while left > 0:
                    message = await receive()
                    if not message.get("more_body", False):
                        return
                    left -= len(message["body"])

    async def _send_in_time(self, sending: Awaitable[None]) -> None:
        """Send; a client that does not read in time counts as disconnected."""
        try:
            async with asyncio.timeout(self.limits.send_timeout):
                await sending
        except TimeoutError as error:
            raise Unread from error
