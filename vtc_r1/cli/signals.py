"""SIGTERM and SIGHUP end a command as Ctrl-C does, and none of them ends it while something is stored."""

import signal
import threading
import time
from types import FrameType
from typing import Any, Self

_ENDING = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
_BURST = 0.5
"""Seconds in which several signals are one: a second interrupt in the midst of the first breaks locks."""
_WIND_UP = 5.0  #: the same, where something is to be stored after an interrupt


class _Interrupts:
    """Handles a signal by raising KeyboardInterrupt, unless it has just done so."""

    def __init__(self, quiet: float) -> None:
        self._quiet, self._last = quiet, -quiet

    def __call__(self, number: int, frame: FrameType | None) -> None:
        now = time.monotonic()
        if now - self._last >= self._quiet:
            self._last = now
            raise KeyboardInterrupt


def end_as_interrupts() -> None:
    """Let SIGTERM and SIGHUP raise KeyboardInterrupt, unless they are ignored, as below `nohup`."""
    interrupts = _Interrupts(_BURST)
    for number in (signal.SIGINT, *_ENDING):
        if signal.getsignal(number) in (signal.SIG_DFL, signal.default_int_handler):
            signal.signal(number, interrupts)


class Shield:
    """Lets one signal end what happens in its context, and keeps more of them away from what follows."""

    def __init__(self) -> None:
        self._before: dict[int, Any] = {}

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            interrupts = _Interrupts(_WIND_UP)
            for number in (signal.SIGINT, *_ENDING):
                if callable(handler := signal.getsignal(number)):
                    self._before[number] = handler
                    signal.signal(number, interrupts)
        return self

    def __exit__(self, *error: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def up(self) -> None:
        """Let signals pass unheard from now on."""
        for number in self._before:
            signal.signal(number, signal.SIG_IGN)
