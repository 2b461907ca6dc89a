"""Processes of their own: server scripts, started, asked, killed and started again, and single calls."""

import contextlib
import json
import multiprocessing
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit
from urllib.request import urlopen

T = TypeVar("T")


class Served:
    """One server process.

    Args:
        script: file name of the server's script.
        words: its arguments, without the port.

    Attributes:
        address: its `/v1` address, the same after a restart.
    """

    def __init__(self, script: str, *words: object) -> None:
        self._command = [sys.executable, str(Path(__file__).with_name(script)), *map(str, words)]
        self._port = 0
        self.start()

    def start(self, *words: object) -> None:
        """Start it on the port that it had; more arguments override the earlier ones."""
        command = [*self._command, "--port", str(self._port), *map(str, words)]
        self._running = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self._running.stdout is not None
        self.address = self._running.stdout.readline().strip()
        if not self.address:
            raise RuntimeError(f"{self._command[1]} did not start; its message stands above")
        self._port = urlsplit(self.address).port or 0

    def tallies(self) -> dict[str, Any]:
        """What it has counted."""
        with urlopen(f"http://127.0.0.1:{self._port}/tallies", timeout=10) as answer:
            found: dict[str, Any] = json.load(answer)
        return found

    def kill(self) -> None:
        """End it without a warning."""
        self._running.kill()
        self._running.wait()
        if self._running.stdout is not None:
            self._running.stdout.close()


@contextlib.contextmanager
def serving(script: str, *words: object, each: Sequence[Sequence[object]] = ((),)) -> Iterator[list[Served]]:
    """Run servers until the block ends, one for each set of further arguments in `each`."""
    with contextlib.ExitStack() as stack:
        running = []
        for more in each:
            running.append(Served(script, *words, *more))
            stack.callback(running[-1].kill)
        yield running


def fresh(function: Callable[..., T], *arguments: Any) -> T:
    """Call a function in a process that has done nothing before."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        return pool.submit(function, *arguments).result()
