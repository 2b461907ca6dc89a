"""Our own client: only an HTTP library and a parser between the network and a segment.

A segment of 2,000 tokens may arrive in 2,000 pieces, so the cost of every layer per piece matters.
"""

import asyncio
import json
import os
from collections.abc import AsyncGenerator
from contextlib import suppress
from typing import TYPE_CHECKING, Any
from urllib.parse import SplitResult, urljoin, urlsplit
from urllib.request import getproxies, proxy_bypass

from vtc_r1.backends.wire.body import Body
from vtc_r1.backends.wire.client import KEYS, Refused
from vtc_r1.backends.wire.segment import error_of
from vtc_r1.backends.wire.sse import DONE, ENDED, EventParser
from vtc_r1.backends.wire.webpage import Webpage, webpage
from vtc_r1.closed import provider_at
from vtc_r1.errors import UsageError
from vtc_r1.prompts.prompt import Prompt

if TYPE_CHECKING:
    from aiohttp import ClientResponse

_CONNECT = 10.0  #: seconds after which a server that accepts no connection counts as unreachable
_DRAIN = 0.5  #: seconds to wait for the end of a stream, so that its connection can be reused
_REDIRECTS = 4  #: limit of requests in a chain of redirects
_AT_ONCE = 1 << 20  #: bytes above which a body is sent in parts
HERE = ("127.0.0.1", "::1", "localhost")  #: hosts that are reached without a proxy


def api_key(base_url: str = "") -> str | None:
    """Return the API key of the environment; raises UsageError for one that a header cannot carry.

    A known provider gets the key in its own variable or in `VTC_API_KEY`, and never another provider's.
    """
    provider = provider_at(base_url)
    names = KEYS if provider is None else (KEYS[0], provider.key)
    keys = {name: os.environ.get(name, "").strip() for name in names}
    name = next((name for name in names if keys[name]), None)
    if name is None:
        return None
    if not ((key := keys[name]).isascii() and key.isprintable()):
        raise UsageError(f"{name} is not a valid key: an HTTP header cannot carry it; set it again")
    return key


def checked(base_url: str) -> SplitResult:
    """Parse an address; raises UsageError if it is not an HTTP address."""
    try:
        parts = urlsplit(base_url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
        usable = usable and not parts.netloc.endswith(":")
        usable = usable and base_url.isascii() and base_url.isprintable() and " " not in base_url
        (parts.hostname or "").encode("idna")
    except ValueError:
        usable = False
    if "@" in base_url.partition("://")[2].split("/")[0]:
        where = base_url.partition("://")[0] + "://…@" + base_url.rpartition("@")[2]
        raise UsageError(
            f"base URL {where!r} contains a user or password; set the key in VTC_API_KEY instead"
        )
    if not usable:
        raise UsageError(f"base URL {base_url!r} is not an http:// or https:// address")
    return parts


class HttpClient:
    """Sends requests to one server over persistent connections.

    Args:
        base_url: the server's `/v1` address.
        timeout: seconds without any data after which a request fails.
    """

    def __init__(self, base_url: str, timeout: float) -> None:
        from aiohttp import ClientSession, ClientTimeout, TCPConnector

        self.base_url = base_url.rstrip("/")
        self._address = f"{self.base_url}/chat/completions"
        self._session = ClientSession(
            connector=TCPConnector(limit=0),
            headers={"Authorization": f"Bearer {api_key(base_url) or 'none'}", "Accept-Encoding": "identity"},
            timeout=ClientTimeout(total=None, sock_connect=min(_CONNECT, timeout), sock_read=timeout),
        )
        self._proxy = _proxy(base_url)

    async def events(
        self, fields: dict[str, Any], prompt: Prompt, *, streamed: bool
    ) -> AsyncGenerator[list[Any]]:
        """Yield the events of a response; those that arrive together are one list."""
        response = await self._post(Body(fields, prompt))
        try:
            await _refuse(response)
            if response.content_type == "text/html":
                raise Webpage(webpage(await response.text(errors="replace")) or "a web page")
            kind = response.content_type
            if kind == "application/json" or (not streamed and kind != "text/event-stream"):
                yield [_whole(await response.read(), response)]
                return
            parser = EventParser()
            raw: bytes | None = b""
            while piece := await response.content.readany():
                data = parser.feed(piece)
                raw = raw + piece if raw is not None and not data else None
                if done := DONE in data:
                    data = data[: data.index(DONE)]
                if data or done:
                    yield [*map(json.loads, data), *([ENDED] if done else [])]
                if done:
                    await _drain(response)
                    return
            if raw and raw.strip():  # no event: a whole completion with the wrong content type
                yield [_whole(raw, response)]
        finally:
            response.close()

    async def _post(self, sent: Body) -> "ClientResponse":
        """Send a request; follow redirects that preserve the method, on the same host.

        A redirect to another host would disclose the key, the question and its pages.
        """
        address, size = self._address, len(sent)
        for left in reversed(range(_REDIRECTS)):
            response = await self._session.post(
                address,
                data=bytes(sent) if size <= _AT_ONCE else sent.pieces(_AT_ONCE),
                # The length is sent because many servers and proxies accept no chunked body.
                headers={"Content-Type": "application/json", "Content-Length": str(size)},
                allow_redirects=False,
                proxy=self._proxy,
            )
            target = response.headers.get("Location")
            if response.status not in (307, 308) or target is None or not left:
                break
            here, there = urlsplit(address), urlsplit(urljoin(address, target))
            if there.hostname != here.hostname or there.scheme not in (here.scheme, "https"):
                break
            response.release()
            if response.status == 308 and address == self._address:
                self._address = there.geturl()
            address = there.geturl()
        return response

    async def models(self, base_url: str | None = None) -> Any:
        """Return the models that the server lists at `/models`, or those of another address."""
        address = f"{base_url or self.base_url}/models"
        async with self._session.get(address, proxy=self._proxy) as response:
            await _refuse(response)
            return json.loads(await response.read())["data"]

    async def close(self) -> None:
        """Close the connections."""
        await self._session.close()


def _whole(raw: bytes, response: "ClientResponse") -> Any:
    """Return the completion in a body; raises Refused, Webpage, or ValueError for something else."""
    text = raw.decode("utf-8", "replace")
    if page := webpage(text):
        raise Webpage(page)
    whole = json.loads(text)
    if isinstance(whole, dict) and error_of(whole):
        raise Refused(response.status, whole, _headers(response))
    if not (isinstance(whole, dict) and whole.get("choices")):
        raise ValueError("it has no choices")
    return whole


async def _refuse(response: "ClientResponse") -> None:
    """Raise Refused for an error response."""
    if response.status < 300:
        return
    text = (await response.read()).decode("utf-8", "replace")
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        content = text
    raise Refused(response.status, content, _headers(response))


def _headers(response: "ClientResponse") -> dict[str, str]:
    return {name.lower(): value for name, value in response.headers.items()}


async def _drain(response: "ClientResponse") -> None:
    """Read a stream to its end after `[DONE]`; errors no longer matter."""
    with suppress(Exception):
        async with asyncio.timeout(_DRAIN):
            await response.read()


def _proxy(base_url: str) -> str | None:
    """Return the proxy that the environment sets for an address."""
    parts = urlsplit(base_url)
    host = parts.hostname or ""
    return None if host in HERE or proxy_bypass(host) else getproxies().get(parts.scheme)
