"""The schedule of many solves, or of other work: a limited number at a time, each advancing on its own.

A streak of failures tells when to stop.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Coroutine, Iterable
from typing import Any, Generic, TypeVar

from vtc_r1.questions import check_concurrency
from vtc_r1.trace import Trace

Q = TypeVar("Q")
R = TypeVar("R")
MIN_STREAK = 5  #: length of a streak of failures that stops a run, however few solves are in flight
_STARTS = 256
"""Solves started before the running ones get a turn, since places and questions may be unlimited."""


class Schedule(Generic[Q, R]):
    """Solves many questions, taken in order.

    A question is taken only when a place becomes free, and a result is not kept once it has been yielded.

    Args:
        solve: solves the question at a position; a failure is a result too, and is not raised.
        questions: taken in order, one at a time.
        concurrency: number of places, that is, the limit of solves in flight.
    """

    def __init__(
        self, solve: Callable[[int, Q], Coroutine[Any, Any, R]], questions: Iterable[Q], concurrency: int
    ) -> None:
        self._solve, self._concurrency = solve, check_concurrency(concurrency)
        self._waiting = enumerate(questions)
        self._running: set[asyncio.Task[R]] = set()
        self._stopped, self._has_more = False, False
        self._error: Exception | None = None

    async def results(self) -> AsyncGenerator[R]:
        """Yield results as they finish; closing the generator cancels the running solves.

        If `questions` raises, the running solves finish and are yielded before the error is raised.
        """
        try:
            while self._fill():
                # With more places to fill, only look for results; the new tasks must get a turn in between.
                timeout = 0 if self._has_more else None
                done, _ = await asyncio.wait(
                    self._running, timeout=timeout, return_when=asyncio.FIRST_COMPLETED
                )
                for task in done:
                    self._running.discard(task)
                    if not task.cancelled():
                        self._fill()
                        yield task.result()
            if self._error is not None:
                raise self._error
        finally:
            for task in self._running:
                task.cancel()
            await asyncio.gather(*self._running, return_exceptions=True)

    def stop(self) -> None:
        """Take no more questions and cancel the running solves; finished ones are still yielded."""
        self._stopped = True
        for task in self._running:
            task.cancel()

    def _fill(self) -> bool:
        """Start solves in the free places, some at a time; return whether any runs."""
        most = min(self._concurrency, len(self._running) + _STARTS)
        while not self._stopped and len(self._running) < most:
            try:
                item = next(self._waiting, None)
            except Exception as error:
                self._error, item = error, None
            if item is None:
                self._stopped = True
                break
            self._running.add(asyncio.create_task(self._solve(*item)))
        self._has_more = not self._stopped and len(self._running) < self._concurrency
        return bool(self._running)


class Streak:
    """Counts consecutive solves that failed for a cause that would fail every question.

    Args:
        concurrency: number of solves in flight; a single outage may fail all of them.
    """

    def __init__(self, concurrency: int) -> None:
        self._most, self._row = max(MIN_STREAK, concurrency), 0

    def add(self, trace: Trace) -> bool:
        """Count a finished solve; return whether to stop."""
        self._row = self._row + 1 if trace.is_owed else 0
        return self._row >= self._most
