"""Limits of what clients may send, and how slowly."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """Limits of one server."""

    body_bytes: int = 32_000_000  #: size limit of a request body
    body_timeout: float = 30.0  #: seconds within which a body must arrive
    header_timeout: float = 15.0  #: seconds within which the headers of a request must arrive
    send_timeout: float = 60.0  #: seconds for which a client may leave data unread
    ping_interval: float = 15.0  #: seconds of silence in a stream after which a comment is sent
    concurrency: int = 8  #: limit of solves that run at once
    queue: int = 64  #: limit of solves that wait
    image_urls: bool = False  #: whether images are fetched by their URL
    grace: float = 30.0  #: seconds for which running solves may go on when the server shuts down
