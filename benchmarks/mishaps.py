"""What goes wrong with a request, drawn by a seed and the request's number, never by its content."""

import random
from dataclasses import dataclass

STATUSES = (500, 503, 429)
ASKED_TO_WAIT = 1
"""Seconds in the Retry-After of half of the answers 503 and 429."""


@dataclass(frozen=True)
class Mishap:
    """One thing that goes wrong.

    Attributes:
        kind: `refused`, `broken` or `hung`.
        status: of a refused request.
        wait: its Retry-After in seconds, None without one.
        share: of a stream's bytes that are sent before it breaks or hangs; None for not even its head.
    """

    kind: str
    status: int = 200
    wait: int | None = None
    share: float | None = None


@dataclass(frozen=True)
class Mishaps:
    """How often each kind happens, as shares of all requests.

    Attributes:
        refused: answered 500, 503 or 429.
        broken: the connection is cut in the middle of the stream.
        hung: nothing (more) comes until the client leaves; half of them send a part of the stream first.
        seed: of the drawing.
    """

    refused: float = 0.0
    broken: float = 0.0
    hung: float = 0.0
    seed: int = 0

    def draw(self, count: int) -> Mishap | None:
        """What befalls the request of that number; another number is drawn afresh."""
        generator = random.Random(f"{self.seed} {count}")
        at, share = generator.random(), generator.random()
        if at < self.refused:
            status = generator.choice(STATUSES)
            waits = status != 500 and generator.random() < 0.5
            return Mishap("refused", status, ASKED_TO_WAIT if waits else None)
        if at < self.refused + self.broken:
            return Mishap("broken", share=share)
        if at < self.refused + self.broken + self.hung:
            return Mishap("hung", share=share if generator.random() < 0.5 else None)
        return None
