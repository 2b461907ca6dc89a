"""Images by URL, where the operator allows them: from public hosts over HTTP only."""

import ipaddress
import socket
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from vtc_r1.serve.picture import MOST_BYTES, invalid_image

if TYPE_CHECKING:
    from aiohttp.abc import ResolveResult

_SECONDS = 10.0
_CHUNK = 65_536


async def fetched(address: str, where: str) -> bytes:
    """Fetch an image; private hosts, redirects and other schemes are refused.

    Args:
        address: `http://` or `https://`.
        where: its place in the body.

    Raises:
        Refusal: it cannot or must not be fetched.
    """
    import aiohttp
    from aiohttp.abc import AbstractResolver
    from aiohttp.resolver import ThreadedResolver

    class Public(AbstractResolver):
        """Resolves to public addresses only, the ones that the connection then uses."""

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

    if not _is_allowed(address):
        raise invalid_image(
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
                raise invalid_image(where, f"its host answered {answer.status}", "invalid_image_url")
            data = b""
            async for chunk in answer.content.iter_chunked(_CHUNK):
                data += chunk
                if len(data) > MOST_BYTES:
                    raise invalid_image(
                        where, f"the image is larger than {MOST_BYTES:,} bytes", "image_too_large"
                    )
            return data
    except (TimeoutError, aiohttp.ClientError, OSError, ValueError) as error:
        raise invalid_image(where, "it cannot be fetched", "invalid_image_url") from error


def is_public(host: str) -> bool:
    """Tell whether an IP address is a public one."""
    found = ipaddress.ip_address(host)
    mapped = getattr(found, "ipv4_mapped", None)
    return (mapped or found).is_global and not found.is_multicast


def _is_allowed(address: str) -> bool:
    """Tell whether a URL may be fetched; a host given as an IP address must be public."""
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
