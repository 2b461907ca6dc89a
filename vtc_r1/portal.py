"""A portal: runs coroutines from synchronous code, in an event loop on a thread of its own.

That makes a sync call possible where an event loop is already running, as in Jupyter.
"""

import asyncio
import queue
import selectors
import sys
import threading
import time
from collections.abc import AsyncGenerator, Callable, Coroutine, Generator
from concurrent.futures import Future
from contextlib import aclosing, suppress
from typing import Any, TypeVar

T = TypeVar("T")
_END = object()
WAITING = 256
"""Items that wait to be taken at most, unless told otherwise."""
_MANY, _MOMENT = 64, 0.02
"""Connections above which they are looked at together, and the seconds waited for more to be ready."""
_WIND_UP = 5.0
"""Most seconds that closing waits for what still runs."""


class _Together(selectors.DefaultSelector):
    """Waits a moment once something is ready, where many connections are open: they are looked at together.

    Streams of many solves bring a thousand pieces a second, and waking up costs more than reading one.
    """

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(timeout)
        if ready and timeout != 0 and len(self.get_map()) > _MANY:
            time.sleep(_MOMENT)
            return super().select(0)
        return ready


def new_event_loop() -> asyncio.AbstractEventLoop:
    """Make an event loop for many solves at once."""
    return asyncio.new_event_loop() if sys.platform == "win32" else asyncio.SelectorEventLoop(_Together())


class Portal:
    """An event loop on a daemon thread, started when it is first needed."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()

    @property
    def started(self) -> bool:
        """Whether the thread runs."""
        return self._loop is not None

    def call(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run `coroutine` to its end; an interrupt cancels it."""
        return self._wait(asyncio.run_coroutine_threadsafe(coroutine, self._started()))

    def iterate(
        self, items: AsyncGenerator[T], *, stop: Callable[[], None] | None = None, waiting: int = WAITING
    ) -> Generator[T]:
        """Yield what `items` yields; leaving early, or an interrupt, closes it.

        Args:
            items: runs in the portal.
            waiting: so many items may wait to be taken; then `items` waits too.
            stop: makes `items` come to its end. An interrupt while an item is waited for calls it, and is
                raised after the last item; a second one is raised at once.
        """
        handed: queue.Queue[Any] = queue.Queue()
        loop = self._started()
        room = asyncio.Semaphore(waiting)

        async def pump() -> None:
            async with aclosing(items):
                async for item in items:
                    await room.acquire()
                    handed.put(item)

        running = asyncio.run_coroutine_threadsafe(pump(), loop)
        running.add_done_callback(lambda _: handed.put(_END))
        interrupt: KeyboardInterrupt | None = None
        try:
            while True:
                try:
                    item = handed.get()
                except KeyboardInterrupt as raised:
                    if stop is None or interrupt is not None:
                        raise
                    interrupt = raised
                    loop.call_soon_threadsafe(stop)
                    continue
                if item is _END:
                    break
                with suppress(RuntimeError):  # the portal was closed meanwhile
                    loop.call_soon_threadsafe(room.release)
                yield item
            running.result()
            if interrupt is not None:
                raise interrupt
        finally:
            self._cancel(running)

    def close(self) -> None:
        """Cancel what still runs, and stop the thread."""
        with self._lock:
            loop, self._loop = self._loop, None
            thread, self._thread = self._thread, None
        if loop is not None and thread is not None:
            loop.call_soon_threadsafe(loop.stop)
            thread.join(_WIND_UP)

    def _wait(self, future: "Future[T]") -> T:
        try:
            return future.result()
        except BaseException:
            self._cancel(future)
            raise

    def _cancel(self, future: "Future[Any]") -> None:
        """Cancel what still runs, and give it a moment to tidy up."""
        if future.done():
            return
        future.cancel()
        loop = self._loop
        if loop is not None:
            with suppress(TimeoutError):
                asyncio.run_coroutine_threadsafe(asyncio.sleep(0), loop).result(timeout=1)

    def _started(self) -> asyncio.AbstractEventLoop:
        with self._lock:
            if self._loop is None:
                self._loop = new_event_loop()
                self._thread = threading.Thread(target=_run, args=(self._loop,), name="vtc-r1", daemon=True)
                self._thread.start()
            return self._loop


def _run(loop: asyncio.AbstractEventLoop) -> None:
    """Run `loop` until it is stopped, then cancel its tasks and release what it holds."""
    with asyncio.Runner(loop_factory=lambda: loop):
        loop.run_forever()
