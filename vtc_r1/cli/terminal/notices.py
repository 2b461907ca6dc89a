"""Notices about waits and the progress of long jobs: lines that come less and less often."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Event, Thread
from typing import TYPE_CHECKING, Self

from vtc_r1.cli.printable import printable
from vtc_r1.waits import SHORTEST, Waits

if TYPE_CHECKING:
    from vtc_r1.backends.base import Backend

Notice = Callable[[], str | None]  #: returns the line to print now; None where there is nothing to report

_LOOK = 0.5  #: seconds between two checks
_AGAIN = (10.0, 30.0, 60.0)
"""Seconds after its first line at which a wait is reported again; from then on every minute."""
_MINUTE = 60.0
_GAP = 1.0  #: seconds without a wait after which it counts as over
_LEAST = 8.0  #: minimum seconds between two lines about waits, however often waits begin


class Notifier:
    """Decides which line is printed when; the caller passes the time.

    Args:
        say: prints a line.
        waiting: what is waited for.
        progress: how far the job is: reported after two seconds, then once a minute.
    """

    def __init__(self, say: Callable[[str], None], waiting: Notice, progress: Notice | None = None) -> None:
        self._say, self._waiting, self._progress = say, waiting, progress
        self._due: float | None = None
        self._first: float | None = None
        self._seen, self._reported = 0.0, -_LEAST
        self._times = 0

    def look(self, now: float) -> None:
        """Print what is due at a time, in seconds."""
        self._look_at_waits(now)
        if self._due is None:
            self._due = now + SHORTEST
        if self._progress is not None and now >= self._due and (line := self._progress()):
            self._due = now + _MINUTE
            self._say(line)

    def _look_at_waits(self, now: float) -> None:
        line = self._waiting()
        if line is None:
            if self._first is not None and now >= self._seen + _GAP:
                if self._times > 1:
                    self._say(f"goes on after {self._seen - self._first + SHORTEST:.0f} s")
                self._first = None
            return
        self._seen = now
        if self._first is None:
            self._first, self._times = now, 0
        if now >= max(self._first + self._pause(), self._reported + _LEAST):
            self._times, self._reported = self._times + 1, now
            self._say(line)

    def _pause(self) -> float:
        """Return after how many seconds a wait is reported next."""
        if self._times == 0:
            return 0.0
        known = _AGAIN[: self._times]
        return known[-1] + _MINUTE * (self._times - len(known))


class NotifierThread:
    """A thread that drives a notifier for as long as the block lasts."""

    def __init__(self, notifier: Notifier) -> None:
        self._notifier, self._left = notifier, Event()
        self._thread = Thread(target=self._run, name="vtc-r1-wait_notices", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._left.set()
        self._thread.join()

    def _run(self) -> None:
        while True:
            self._notifier.look(time.monotonic())
            if self._left.wait(_LOOK):
                return


def waits_of(*backends: "Backend | None") -> Notice:
    """Return a notice of which backend waits for its server, and for how long."""

    def waiting() -> str | None:
        known: list[Waits | None] = [getattr(backend, "waits", None) for backend in backends]
        return next((line for waits in known if waits and (line := waits.message())), None)

    return waiting


def on_stderr(line: str) -> None:
    """Print one of the program's own lines on standard error."""
    print(f"vtc-r1: {printable(line)}", file=sys.stderr, flush=True)


@dataclass
class Output:
    """What a command prints: its result on standard output, notes on standard error."""

    as_json: bool  #: the result comes as one JSON object, instead of tables
    quiet: bool  #: no progress and no notes

    def say(self, line: str) -> None:
        """Print a note."""
        if not self.quiet:
            print(printable(line), file=sys.stderr)


@contextmanager
def wait_notices(waiting: Notice, *, quiet: bool = False) -> Iterator[None]:
    """Report waits on standard error for as long as the block lasts."""
    if quiet:
        yield
        return
    with NotifierThread(Notifier(on_stderr, waiting)):
        yield


@contextmanager
def slow_notice(what: str, *, quiet: bool = False) -> Iterator[None]:
    """Report on standard error that something takes long, if the block does."""
    began = time.monotonic()

    def waiting() -> str | None:
        passed = time.monotonic() - began
        return f"{what}, {passed:.0f} s so far" if passed >= SHORTEST else None

    with wait_notices(waiting, quiet=quiet):
        yield
