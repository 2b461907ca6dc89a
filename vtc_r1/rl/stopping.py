"""A signal that ends a run: the present step is finished and saved, a second one ends at once."""

import signal
import threading
from collections.abc import Callable
from typing import Any, Self

from vtc_r1.sft.training.loaders import ENDING


class Stopping:
    """Hears the signals that end a process, within its context.

    Args:
        tell: is called at the first one.

    Attributes:
        asked: whether the run is to stop.
    """

    def __init__(self, tell: Callable[[], None]) -> None:
        self.tell, self.asked = tell, False
        self._before: dict[int, Any] = {}

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            for number in ENDING:
                if signal.getsignal(number) != signal.SIG_IGN:  # as below nohup
                    self._before[number] = signal.signal(number, self._hear)
        return self

    def __exit__(self, *error: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _hear(self, number: int, frame: Any) -> None:
        if self.asked:
            raise KeyboardInterrupt
        self.asked = True
        self.tell()
