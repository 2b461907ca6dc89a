"""The signals that end a training: the present step is finished and saved, another signal ends it at once."""

import math
import os
import signal
import threading
import time
from collections.abc import Callable
from typing import Any, Self

ENDING = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))
"""The signals that ask a process to end."""
_BURST = 1.0
"""Seconds within which several signals count as one: `timeout` and launchers send each process two."""


class Stopping:
    """Hears the signals that end a process, within its context or until `release`.

    Args:
        tell: is called at the first one.
    """

    def __init__(self, tell: Callable[[], None]) -> None:
        self.tell = tell
        self._first = math.inf
        self._process = os.getpid()
        self._before: dict[int, Any] = {}

    @property
    def asked(self) -> bool:
        """Whether the run is to stop."""
        return self._first < math.inf

    def take(self) -> None:
        """Take the signals over, unless they are ignored, as below `nohup`."""
        if threading.current_thread() is threading.main_thread():
            for number in ENDING:
                if signal.getsignal(number) != signal.SIG_IGN:
                    self._before[number] = signal.signal(number, self._hear)

    def release(self) -> None:
        """Give the signals back."""
        for number, handler in self._before.items():
            signal.signal(number, handler)
        self._before = {}

    def __enter__(self) -> Self:
        self.take()
        return self

    def __exit__(self, *error: object) -> None:
        self.release()

    def _hear(self, number: int, frame: Any) -> None:
        if os.getpid() != self._process:
            return  # a process that prepares batches, before it ignores signals
        now = time.monotonic()
        if self.asked:
            if now - self._first > _BURST:
                raise KeyboardInterrupt
            return
        self._first = now
        self.tell()
