"""What is being waited for, told to whoever looks, from any thread."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Lock

Tell = Callable[[float], str | None]
"""Says in one line what is waited for, given the seconds since the wait began; None where nobody waits."""

SHORTEST = 2.0
"""Seconds after which a wait is worth a word."""


@dataclass(frozen=True, eq=False)
class Wait:
    """One wait: what it is for, and when it began on the monotonic clock."""

    tell: Tell
    began: float = field(default_factory=time.monotonic)


class Waits:
    """The waits that are under way."""

    def __init__(self) -> None:
        self._open: dict[Wait, None] = {}
        self._lock = Lock()

    def begin(self, tell: Tell) -> Wait:
        """Note that a wait begins."""
        wait = Wait(tell)
        with self._lock:
            self._open[wait] = None
        return wait

    def end(self, wait: Wait | None) -> None:
        """Note that it is over."""
        if wait is not None:
            with self._lock:
                self._open.pop(wait, None)

    @contextmanager
    def held(self, tell: Tell) -> Iterator[None]:
        """Note a wait for as long as the block lasts."""
        wait = self.begin(tell)
        try:
            yield
        finally:
            self.end(wait)

    def told(self, after: float = SHORTEST) -> str | None:
        """Say what has been waited for the longest; None where nothing has been for `after` seconds."""
        now = time.monotonic()
        with self._lock:
            waits = [wait for wait in self._open if now - wait.began >= after]
        lines = (wait.tell(now - wait.began) for wait in waits)
        return next((line for line in lines if line is not None), None)
