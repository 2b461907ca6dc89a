"""The schedule of many solves, or of other work: each advances on its own, so many at a time."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Coroutine, Iterable
from typing import Any, Generic, TypeVar

from vtc_r1.questions import check_concurrency

Q = TypeVar("Q")
R = TypeVar("R")
_AT_ONCE = 256
"""Solves that begin before those that run get a turn: the places, and the questions, may have no end."""


class Schedule(Generic[Q, R]):
    """Solves of many questions, the first come first.

    A question is taken only when a place becomes free, and a result that was handed out is not kept.

    Args:
        solve: solves the question at a position; one that fails is a result, too, and does not raise.
        questions: taken in order, one at a time.
        concurrency: places, that is, solves in flight at most.
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
        """Yield results as they finish; leaving early cancels what runs.

        Where `questions` raises, what runs comes to its end and is handed out, before the error is raised.
        """
        try:
            while self._fill():
                moment = 0 if self._has_more else None
                done, _ = await asyncio.wait(
                    self._running, timeout=moment, return_when=asyncio.FIRST_COMPLETED
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
        """Take no more questions and cancel what runs; what is finished is still handed out."""
        self._stopped = True
        for task in self._running:
            task.cancel()

    def _fill(self) -> bool:
        """Begin solves in the free places, some at a time; tell whether any runs."""
        most = min(self._concurrency, len(self._running) + _AT_ONCE)
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
