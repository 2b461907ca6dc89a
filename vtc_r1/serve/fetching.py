"""Images by address, where the operator allows them: from public hosts over HTTP, and nothing else."""

import ipaddress
import socket
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from vtc_r1.serve.picture import MOST_BYTES, off

if TYPE_CHECKING:
    from aiohttp.abc import ResolveResult

_SECONDS = 10.0
_CHUNK = 65_536


async def fetched(address: str, where: str) -> bytes:
    """Fetch an image; hosts inside of a network, redirects and other schemes are refused.

    Args:
        address: `http://` or `https://`.
        where: its place in the body.

    Raises:
        Refusal: it cannot be fetched, or may not be.
    """
    import aiohttp
    from aiohttp.abc import AbstractResolver
    from aiohttp.resolver import ThreadedResolver

    class Public(AbstractResolver):
        """Finds public addresses only, and what is found is what is connected to."""

        async def resolve(
            self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
        ) -> "list[ResolveResult]":
            found = await ThreadedResolver().resolve(host, port, family)
            public = [one for one in found if is_public(one["host"])]
            if not public:
                raise OSError("not a public host")
            return public

        async def close(self) -> None:
            pass

    if not _may_be_asked(address):
        raise off(
            where, "only http:// and https:// addresses of public hosts are fetched", "invalid_image_url"
        )
    timeout = aiohttp.ClientTimeout(total=_SECONDS)
    connector = aiohttp.TCPConnector(resolver=Public())
    try:
        async with (
            aiohttp.ClientSession(connector=connector, timeout=timeout) as session,
            session.get(address, allow_redirects=False) as answer,
        ):
            if answer.status != 200:
                raise off(where, f"its host answers {answer.status}", "invalid_image_url")
            data = b""
            async for chunk in answer.content.iter_chunked(_CHUNK):
                data += chunk
                if len(data) > MOST_BYTES:
                    raise off(where, f"the image is over {MOST_BYTES:,} bytes", "image_too_large")
            return data
    except (TimeoutError, aiohttp.ClientError, OSError, ValueError) as error:
        raise off(where, "it cannot be fetched", "invalid_image_url") from error


def is_public(host: str) -> bool:
    """Tell whether an IP address is reachable for all the world."""
    found = ipaddress.ip_address(host)
    mapped = getattr(found, "ipv4_mapped", None)
    return (mapped or found).is_global and not found.is_multicast


def _may_be_asked(address: str) -> bool:
    """Tell whether an address is of the right kind; a host written as a number must be public itself."""
    try:
        parts = urlsplit(address)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.username:
            return False
        _ = parts.port
    except ValueError:
        return False
    try:
        return is_public(parts.hostname)
    except ValueError:
        return True
