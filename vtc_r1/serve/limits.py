"""What a server lets its clients do."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """Limits of one server.

    Attributes:
        body_bytes: longest body of a request.
        body_seconds: within which a body must have come.
        head_seconds: within which the head of a request must have come.
        send_seconds: that a client may leave what it is sent unread.
        alive_seconds: of silence in a stream, after which a comment says that it lives.
        concurrency: solves that run at once.
        queue: solves that wait.
        image_urls: whether images are fetched by their address.
        grace: seconds that solves have to end when the server does.
    """

    body_bytes: int = 32_000_000
    body_seconds: float = 30.0
    head_seconds: float = 15.0
    send_seconds: float = 60.0
    alive_seconds: float = 15.0
    concurrency: int = 8
    queue: int = 64
    image_urls: bool = False
    grace: float = 30.0
