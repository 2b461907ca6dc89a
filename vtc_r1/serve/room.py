"""Room for the bodies of requests, over all clients: together they hold no more memory than it has."""

from dataclasses import dataclass

from vtc_r1.serve.refusal import Refusal

_ALWAYS = 65_536  #: bytes of a body for which there is always room
_RETRY_AFTER = 2


@dataclass
class Room:
    """The room of one server.

    Attributes:
        limit: bytes that bodies may hold together.
        held: bytes that they hold.
    """

    limit: int
    held: int = 0


@dataclass
class Held:
    """What one request holds of the room."""

    room: Room
    size: int = 0

    def add(self, size: int) -> None:
        """Hold more bytes; raises Refusal if there is no room for them."""
        if self.size + size > _ALWAYS and self.room.held + size > self.room.limit:
            raise Refusal(
                429,
                f"The server holds as many large requests as it can; try again in {_RETRY_AFTER} s.",
                code="rate_limit_exceeded",
                kind="requests",
                headers={"Retry-After": str(_RETRY_AFTER), "Connection": "close"},
            )
        self.size += size
        self.room.held += size

    def release(self) -> None:
        """Hold nothing any more; later calls do nothing."""
        self.room.held -= self.size
        self.size = 0
