"""What stands before every request: hosts, sizes, and patience."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from ipaddress import ip_address

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from vtc_r1.serve.limits import Limits
from vtc_r1.serve.refusal import Refusal

_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Frame-Options": "DENY",
}
_CLOSE = {"Connection": "close"}
_DRAINED, _DRAIN_SECONDS = 4, 1.0
"""Bodies of the largest size, and seconds, that are thrown away of one that is too large."""
Answered = Callable[[str, int], None]


class Unread(OSError):
    """The client reads nothing of what it is sent."""


class Guard:
    """Middleware that holds clients to the limits.

    Args:
        app: what it stands before.
        limits: of bodies and of patience.
        answered: told of every answer: the pattern of its address, and its status.
        is_local: only local clients are served, by local names: another name in `Host` is a page of
            somewhere else whose name was made to lead here.
    """

    def __init__(self, app: ASGIApp, limits: Limits, answered: Answered, is_local: bool) -> None:
        self.app, self.limits, self.answered, self.is_local = app, limits, answered, is_local

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, watched."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        scope["vtc_refusal"] = self._refusal(Headers(scope=scope))

        async def watched(message: Message) -> None:
            if message["type"] == "http.response.start":
                if message["status"] == 413:
                    await self._drain(receive)
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
                route = getattr(scope.get("route"), "path", "other")
                self.answered(route, message["status"])
            await self._sent(send(message))

        with suppress(Unread):
            await self.app(scope, self._bounded(receive), watched)

    def _refusal(self, headers: Headers) -> Refusal | None:
        """Say why a request is refused by its head alone."""
        if self.is_local and not is_here(headers.get("host", "")):
            return Refusal(421, "This server answers to localhost only.", code="wrong_host")
        length = headers.get("content-length", "0")
        if not length.isdecimal() or int(length) > self.limits.body_bytes:
            return self._too_large()
        return None

    def _bounded(self, receive: Receive) -> Receive:
        """Receive a body of bounded size within a bounded time; raises Refusal."""
        taken = 0
        is_whole = False
        deadline = asyncio.get_running_loop().time() + self.limits.body_seconds

        async def bounded() -> Message:
            nonlocal taken, is_whole
            if is_whole:
                return await receive()
            try:
                async with asyncio.timeout_at(deadline):
                    message = await receive()
            except TimeoutError as error:
                seconds = self.limits.body_seconds
                raise Refusal(
                    408,
                    f"The body did not come within {seconds:g} s.",
                    code="request_timeout",
                    headers=_CLOSE,
                ) from error
            taken += len(message.get("body", b""))
            if taken > self.limits.body_bytes:
                raise self._too_large()
            is_whole = not message.get("more_body", False)
            return message

        return bounded

    async def _drain(self, receive: Receive) -> None:
        """Take in what a refused client still sends, within bounds, so that it comes to read the answer."""
        left = _DRAINED * self.limits.body_bytes
        with suppress(TimeoutError):
            async with asyncio.timeout(_DRAIN_SECONDS):
                while left > 0:
                    message = await receive()
                    if not message.get("more_body", False):
                        return
                    left -= len(message["body"])

    async def _sent(self, sending: Awaitable[None]) -> None:
        """Send; a client that reads nothing for too long is taken for one that left."""
        try:
            async with asyncio.timeout(self.limits.send_seconds):
                await sending
        except TimeoutError as error:
            raise Unread from error

    def _too_large(self) -> Refusal:
        most = self.limits.body_bytes
        return Refusal(413, f"The body is over {most:,} bytes.", code="request_too_large", headers=_CLOSE)


def is_here(host: str) -> bool:
    """Tell whether a host, with or without its port, is this machine to itself."""
    bracketed, _, rest = host.partition("]")
    name = bracketed.strip("[") if rest or host.endswith("]") else host
    if name.count(":") == 1:
        name = name.partition(":")[0]
    name = name.lower()
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return False
