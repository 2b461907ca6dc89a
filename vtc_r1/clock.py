"""The clock of a solve."""

import asyncio
import math
import time
from collections.abc import AsyncGenerator
from typing import TypeVar

T = TypeVar("T")


class Clock:
    """Shows 0 until it is started: earlier work, such as loading the model, does not count.

    Args:
        limit: time limit of the solve in seconds, None for no limit.
    """

    def __init__(self, limit: float | None) -> None:
        self.limit = math.inf if limit is None else limit
        self._began: float | None = None

    def start(self) -> None:
        """Start it."""
        self._began = time.monotonic()

    @property
    def passed(self) -> float:
        """Seconds since the start; 0 before it."""
        return 0.0 if self._began is None else time.monotonic() - self._began

    @property
    def left(self) -> float:
        """Seconds until the limit; infinite without one."""
        return self.limit - self.passed

    async def next(self, items: AsyncGenerator[T]) -> T | None:
        """Return the next item; None if there is none, or the time is up."""
        if math.isinf(self.limit):
            return await anext(items, None)
        try:
            async with asyncio.timeout(self.left):
                return await anext(items, None)
        except TimeoutError:
            return None
