"""Limits of what clients may send, and how slowly."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """Limits of one server.

    Attributes:
        body_bytes: size limit of a request body.
        body_timeout: seconds within which a body must arrive.
        header_timeout: seconds within which the headers of a request must arrive.
        send_timeout: seconds for which a client may leave data unread.
        ping_interval: seconds of silence in a stream after which a comment is sent.
        concurrency: limit of solves that run at once.
        queue: limit of solves that wait.
        image_urls: whether images are fetched by their URL.
        grace: seconds for which running solves may go on when the server shuts down.
    """

    body_bytes: int = 32_000_000
    body_timeout: float = 30.0
    header_timeout: float = 15.0
    send_timeout: float = 60.0
    ping_interval: float = 15.0
    concurrency: int = 8
    queue: int = 64
    image_urls: bool = False
    grace: float = 30.0
