"""Waits in progress, as messages for the user; usable from any thread."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Lock

Message = Callable[[float], str | None]
"""Returns one line for the seconds since the wait began, None if nobody waits."""

SHORTEST = 2.0
"""Seconds after which a wait is reported."""


@dataclass(frozen=True, eq=False)
class Wait:
    """One wait: its message, and its start on the monotonic clock."""

    message: Message
    began: float = field(default_factory=time.monotonic)


class Waits:
    """The waits in progress."""

    def __init__(self) -> None:
        self._open: dict[Wait, None] = {}
        self._lock = Lock()

    def begin(self, message: Message) -> Wait:
        """Add a wait that begins."""
        wait = Wait(message)
        with self._lock:
            self._open[wait] = None
        return wait

    def end(self, wait: Wait | None) -> None:
        """Remove a wait that is over."""
        if wait is not None:
            with self._lock:
                self._open.pop(wait, None)

    @contextmanager
    def held(self, message: Message) -> Iterator[None]:
        """Add a wait for the duration of the block."""
        wait = self.begin(message)
        try:
            yield
        finally:
            self.end(wait)

    def message(self, after: float = SHORTEST) -> str | None:
        """Return the message of the longest wait, None if none has lasted `after` seconds."""
        now = time.monotonic()
        with self._lock:
            waits = [wait for wait in self._open if now - wait.began >= after]
        lines = (wait.message(now - wait.began) for wait in waits)
        return next((line for line in lines if line is not None), None)
