"""Worker processes for computer algebra, so that no answer can hang, crash or exhaust the run."""

import logging
import multiprocessing
import os
import signal
import sys
import threading
from concurrent.futures import CancelledError, TimeoutError
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vtc_r1.errors import GradingError, MissingExtra, VtcError, first_line
from vtc_r1.eval.grading import worker
from vtc_r1.eval.grading.grade import Verdict

if TYPE_CHECKING:
    from pebble import ProcessPool

_START = 120.0
"""Maximum seconds until the first process answers: it imports sympy, on a machine that may be busy."""


class AlgebraPool:
    """A pool of processes that are killed and replaced when they take too long.

    Args:
        workers: how many; by default one per CPU, at most four.
        seconds: time limit of one decision.
        memory: limit of a process's address space in bytes, where the system supports it.
        tasks: decisions after which a process is replaced, so that leaked memory is freed.
    """

    def __init__(
        self, workers: int | None = None, seconds: float = 4.0, memory: int = 2 << 30, tasks: int = 400
    ) -> None:
        self.workers = workers or min(4, os.cpu_count() or 1)
        self.seconds = seconds
        self._memory, self._tasks = memory, tasks
        self._pool: ProcessPool | None = None
        self._lock = threading.Lock()

    def decide(self, gold: str, other: str, seconds: float | None = None, question: str = "") -> Verdict:
        """Tell whether `other` equals the answer `gold`; blocks for up to `seconds` once a process is free.

        A timeout or a crash is a verdict, not an error.

        Raises:
            GradingError: no process starts.
            MissingExtra: pebble or math-verify is not installed.
        """
        # Twice: the pool may have been broken by an earlier answer, and a new one then decides this answer.
        for _ in range(2):
            try:
                found = self._asked(worker.decide, (gold, other, question), seconds or self.seconds)
                return Verdict(found == "yes", "math-verify", "unreadable" if found == "unreadable" else None)
            except TimeoutError:
                return Verdict(False, "math-verify", "timeout")
            except MemoryError:
                return Verdict(False, "math-verify", "memory")
            except BrokenProcessPool:
                self._drop()
            except VtcError:
                raise
            except Exception as error:
                return Verdict(False, "math-verify", "crashed" if _expired(error) else "unreadable")
        raise GradingError("the grading processes keep dying; the machine may be short of memory")

    def readable(self, formula: str) -> bool:
        """Tell whether computer algebra can read `formula`."""
        try:
            return bool(self._asked(worker.readable, (formula,), self.seconds))
        except (TimeoutError, MemoryError):
            return False

    def close(self) -> None:
        """Stop all processes."""
        with self._lock:
            pool, self._pool = self._pool, None
        if pool is not None:
            pool.stop()  # type: ignore[no-untyped-call]
            pool.join()

    def _asked(self, function: Any, arguments: tuple[str, ...], seconds: float) -> Any:
        pool = self._started()
        try:
            return pool.schedule(function, args=arguments, timeout=seconds).result()
        except (RuntimeError, CancelledError) as error:
            raise BrokenProcessPool(first_line(error)) from error

    def _started(self) -> "ProcessPool":
        with self._lock:
            if self._pool is None:
                self._pool = self._fresh()
            return self._pool

    def _fresh(self) -> "ProcessPool":
        try:
            import math_verify  # noqa: F401
            from pebble import ProcessPool
        except ImportError as error:
            raise MissingExtra(error.name or "math-verify", "eval", "grading mathematics") from error
        _forget_absent_script()
        pool = ProcessPool(
            max_workers=self.workers,
            max_tasks=self._tasks,
            initializer=prepare,
            initargs=(self._memory,),
            context=_context(),
        )
        try:
            found = pool.schedule(worker.decide, args=("x+1", "1+x")).result(_START)
        except Exception as error:
            pool.stop()  # type: ignore[no-untyped-call]
            raise GradingError(_no_start(error)) from error
        if found != "yes":
            pool.stop()  # type: ignore[no-untyped-call]
            raise GradingError("math-verify does not find x+1 = 1+x; reinstall math-verify and sympy")
        return pool

    def _drop(self) -> None:
        with self._lock:
            self._pool = None


def _context() -> Any:
    """Return the start method: a fork server with everything imported, where the system has one.

    A fork of this process would copy locks that its threads hold.
    """
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["vtc_r1.eval.grading.warm"])
    return context


def _forget_absent_script() -> None:
    """Let processes start without the running script if it is not a file, as on standard input.

    A new process imports the file of `__main__`, which nothing here needs.
    """
    main = sys.modules["__main__"]
    script = getattr(main, "__file__", None)
    if script is not None and not Path(script).exists():
        main.__file__ = None


def _expired(error: Exception) -> bool:
    from pebble import ProcessExpired

    return isinstance(error, ProcessExpired)


def _no_start(error: Exception) -> str:
    return (
        f"the grading processes do not start ({type(error).__name__}: {first_line(error)[:200]}); "
        "a script that grades must do so under `if __name__ == '__main__':`"
    )


def prepare(memory: int) -> None:
    """Make a fresh process ready: sympy warm, bounded memory, no core dumps, killed at once."""
    from vtc_r1.eval.grading import warm  # noqa: F401

    logging.disable(logging.CRITICAL)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    with suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
