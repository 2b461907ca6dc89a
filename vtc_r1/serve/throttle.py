"""Guesses of API keys, limited by where they come from."""

import math
import time
from collections.abc import Callable
from ipaddress import IPv6Address, ip_address, ip_network

from vtc_r1.renderers.lru_cache import LruCache
from vtc_r1.serve.refusal import Refusal

_GUESSES, _SECONDS = 10, 60.0
"""Different wrong keys that a client may try, and within how many seconds; a repeated one does not count."""
_CLIENTS = 10_000  #: clients that are remembered


class Throttle:
    """Counts the wrong keys of each client: an IPv4 address, or a network of 2⁶⁴ IPv6 addresses.

    Args:
        clock: the time in seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._wrong: LruCache[dict[str, float]] = LruCache(_CLIENTS, _CLIENTS)

    def check(self, client: str) -> None:
        """Raise Refusal if the client has to wait before it may try another key."""
        recent = self._recent(client)
        if len(recent) >= _GUESSES:
            seconds = max(1, math.ceil(min(recent.values()) + _SECONDS - self._clock()))
            raise Refusal(
                429,
                f"Too many wrong API keys; try again in {seconds} s.",
                code="rate_limit_exceeded",
                kind="requests",
                headers={"Retry-After": str(seconds)},
            )

    def count(self, client: str, key: str) -> None:
        """Count a wrong key; `key` tells it from others."""
        recent = self._recent(client)
        recent.setdefault(key, self._clock())
        self._wrong.put(_network(client), recent, 1)

    def _recent(self, client: str) -> dict[str, float]:
        since = self._clock() - _SECONDS
        return {key: at for key, at in (self._wrong.get(_network(client)) or {}).items() if at > since}


def _network(client: str) -> str:
    try:
        address = ip_address(client)
    except ValueError:
        return client
    if isinstance(address, IPv6Address):
        mapped = address.ipv4_mapped
        return str(mapped or ip_network((address, 64), strict=False))
    return str(address)
