"""The server as a child process in a session of its own: its log, its signals, its end."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from contextlib import suppress
from pathlib import Path

from vtc_r1.errors import LaunchError

KEPT = 20  #: number of last log lines that are kept to explain an early exit
_PROCESSES = Path("/proc")
_SWEEP = 3.0  #: seconds between SIGTERM and SIGKILL for processes that are left over


class Child:
    """A running command whose output goes to standard error.

    Raises LaunchError if it cannot be started.
    """

    def __init__(self, words: list[str]) -> None:
        try:
            self._process = subprocess.Popen(
                words,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        except OSError as error:
            raise LaunchError(f"{words[0]} cannot be started ({error.strerror or error})") from error
        self._tail: deque[str] = deque(maxlen=KEPT)
        self._reader = threading.Thread(target=self._pass_on, daemon=True)
        self._reader.start()

    @property
    def pid(self) -> int:
        """Its process id, which is also the id of its session."""
        return self._process.pid

    @property
    def code(self) -> int | None:
        """Its exit code; None while it runs."""
        return self._process.poll()

    def last_lines(self) -> list[str]:
        """Return the last non-empty lines of its log."""
        self._reader.join(1.0)
        return [line for line in self._tail if line.strip()]

    def wait(self, seconds: float) -> int | None:
        """Wait for its exit, at most `seconds`; None if it still runs."""
        with suppress(subprocess.TimeoutExpired):
            return self._process.wait(seconds)
        return None

    def signal(self, number: int) -> None:
        """Pass a signal on to the server, which forwards it to its workers."""
        with suppress(ProcessLookupError):
            self._process.send_signal(number)

    def kill(self) -> None:
        """Kill it and everything that it started."""
        self._sweep(signal.SIGKILL)

    def stop(self, number: int, grace: float) -> None:
        """Signal it to end, kill it after `grace` seconds, and end every process of its session."""
        if self.code is None:
            self.signal(number)
            self.wait(grace)
        if self._sweep(signal.SIGTERM if self.code is not None else signal.SIGKILL):
            deadline = time.monotonic() + _SWEEP
            while members(self.pid) and time.monotonic() < deadline:
                time.sleep(0.05)
                self._process.poll()
            self._sweep(signal.SIGKILL)
        self._process.wait()
        self._reader.join(1.0)

    def _sweep(self, number: int) -> bool:
        """Signal every process of the session; return whether there was one."""
        found = members(self.pid)
        for process in found:
            with suppress(ProcessLookupError, PermissionError):
                os.kill(process, number)
        if not _PROCESSES.is_dir() and self.code is None:
            os.killpg(self.pid, number)
        return bool(found)

    def _pass_on(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as lines:
            for line in lines:
                text = line.decode("utf-8", "replace")
                self._tail.append(text.strip())
                with suppress(OSError, ValueError):
                    sys.stderr.write(text)
                    sys.stderr.flush()


def members(session: int) -> list[int]:
    """Return the running processes of a session, from /proc; none on systems without /proc.

    The router gives each of its servers a process group of its own, so the group would miss them.
    """
    found = []
    for stat in _PROCESSES.glob("[0-9]*/stat"):
        with suppress(OSError, ValueError, IndexError):
            state, _, _, of = stat.read_text().rpartition(")")[2].split()[:4]
            if int(of) == session and state != "Z":
                found.append(int(stat.parent.name))
    return found
