"""The schedule of many solves, or of other work: each advances on its own, so many at a time."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Coroutine, Iterable
from typing import Any, Generic, TypeVar

from vtc_r1.errors import UsageError

Q = TypeVar("Q")
R = TypeVar("R")


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
        if concurrency < 1:
            raise UsageError(f"concurrency is {concurrency}; it must be at least 1")
        self._solve, self._concurrency = solve, concurrency
        self._waiting = enumerate(questions)
        self._running: set[asyncio.Task[R]] = set()
        self._stopped = False

    async def results(self) -> AsyncGenerator[R]:
        """Yield results as they finish; leaving early cancels what runs."""
        try:
            while self._fill():
                done, _ = await asyncio.wait(self._running, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    self._running.discard(task)
                    if not task.cancelled():
                        self._fill()
                        yield task.result()
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
        """Begin solves in the free places; tell whether any runs."""
        while not self._stopped and len(self._running) < self._concurrency:
            item = next(self._waiting, None)
            if item is None:
                break
            self._running.add(asyncio.create_task(self._solve(*item)))
        return bool(self._running)
