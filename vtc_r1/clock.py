"""The clock of a solve."""

import asyncio
import math
import time
from collections.abc import AsyncGenerator
from typing import TypeVar

T = TypeVar("T")


class Clock:
    """Stands at 0 until it is started: what comes before, such as loading the model, is no part of a solve.

    Args:
        limit: seconds that the solve may take, None for no limit.
    """

    def __init__(self, limit: float | None) -> None:
        self.limit = math.inf if limit is None else limit
        self._began: float | None = None

    def start(self) -> None:
        """Let it run."""
        self._began = time.monotonic()

    @property
    def passed(self) -> float:
        """Seconds since the start; 0 before it."""
        return 0.0 if self._began is None else time.monotonic() - self._began

    @property
    def left(self) -> float:
        """Seconds until the time is up; infinite without a limit."""
        return self.limit - self.passed

    async def next(self, items: AsyncGenerator[T]) -> T | None:
        """Return the next item; None where none is left, or the time is up."""
        if math.isinf(self.limit):
            return await anext(items, None)
        try:
            async with asyncio.timeout(self.left):
                return await anext(items, None)
        except TimeoutError:
            return None
