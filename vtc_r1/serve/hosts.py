"""Names by which clients may reach the server.

Any other name means a foreign web page whose host name resolves to this machine (DNS rebinding): the browser
takes server and page for one site, so the page could read and send whatever it likes.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from ipaddress import ip_address

from vtc_r1.errors import UsageError

_ORIGIN = re.compile(r"[a-z][a-z0-9+.-]*://[^/?#\s*]+")  #: as browsers send it: in lower case, without a path


@dataclass(frozen=True)
class Hosts:
    """What `Host` may be, in lower case and without its port.

    Attributes:
        allowed: names that are allowed besides those of loopback.
        has_addresses: whether IP addresses are allowed; no other site has one of this server's as its name.
        is_any: whether every name is allowed.
    """

    allowed: frozenset[str] = frozenset()
    has_addresses: bool = False
    is_any: bool = False

    def remedy(self, host: str) -> str | None:
        """Return what to do if this `Host` is not allowed, None if it is."""
        name = name_of(host)
        if self.is_any or is_loopback_host(name) or name in self.allowed:
            return None
        if self.has_addresses and is_address(name):
            return None
        served = "localhost, IP addresses" if self.has_addresses else "localhost"
        listed = ", ".join([served, *sorted(self.allowed)])
        return (
            f"This server accepts requests for {listed} only, and this one is for '{name[:100]}'. If that is "
            "its name, start it with '--allowed-host NAME', or with API keys."
        )


def hosts_for(address: str, allowed: Collection[str], *, has_keys: bool) -> Hosts:
    """Return the names for a server that listens at an IP address; with keys, all unless some are listed."""
    names = frozenset(name_of(name) for name in allowed)
    return Hosts(names, not is_loopback_host(address), is_any=has_keys and not names)


def checked_origins(origins: Collection[str], *, is_safe: bool) -> tuple[str, ...]:
    """Return the origins of `--cors-origin`.

    Args:
        origins: the origins.
        is_safe: every page in the world may use the server, since it has keys or is meant for anyone.

    Raises:
        UsageError: one of them is no origin, or `*` is not safe.
    """
    for origin in origins:
        if origin == "*" and not is_safe:
            raise UsageError(
                "--cors-origin '*': any web page could use the server; give it keys too, or a name"
            )
        if origin != "*" and not _ORIGIN.fullmatch(origin):
            raise UsageError(f"--cors-origin {origin!r}: is no origin; give one such as https://chat.example")
    return tuple(origins)


def name_of(host: str) -> str:
    """Return a host in lower case, without its port and brackets."""
    bracketed, _, rest = host.partition("]")
    name = bracketed.strip("[") if rest or host.endswith("]") else host
    before, _, port = name.partition(":")
    if port.isdecimal():
        name = before
    return name.lower().removesuffix(".")


def is_address(name: str) -> bool:
    """Tell whether a name is an IP address that a server can have."""
    try:
        return not ip_address(name).is_unspecified
    except ValueError:
        return False


def is_loopback_host(host: str) -> bool:
    """Tell whether a host, with or without a port, is a loopback name or address."""
    name = name_of(host)
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return False
