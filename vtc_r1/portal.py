"""A portal: runs coroutines from synchronous code, in an event loop on a thread of its own.

So a synchronous call works even where an event loop is already running, as in Jupyter.
"""

import asyncio
import atexit
import os
import queue
import selectors
import sys
import threading
import time
import warnings
import weakref
from collections.abc import AsyncGenerator, Callable, Coroutine, Generator
from concurrent.futures import CancelledError, Future
from contextlib import aclosing, suppress
from typing import Any, TypeVar

from vtc_r1.errors import UsageError

T = TypeVar("T")
_END = object()
WAITING = 256  #: default limit of items that wait to be taken
_MANY, _MOMENT = 64, 0.02
"""Number of connections above which events are collected, and for how many seconds."""
_CLOSING = 5.0  #: limit, in seconds, for which closing waits for running work


class _Batching(selectors.DefaultSelector):
    """With many open connections, waits a moment once one is ready, to handle several at once.

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
    return asyncio.new_event_loop() if sys.platform == "win32" else asyncio.SelectorEventLoop(_Batching())


_open: "weakref.WeakSet[Portal]" = weakref.WeakSet()


@atexit.register
def _close_all() -> None:
    """Close what was never closed, before the interpreter shuts down under its threads."""
    for portal in list(_open):
        portal.close()


class Portal:
    """An event loop on a daemon thread, started when it is first needed."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()
        self.lifetime = Lifetime()

    def __del__(self) -> None:
        loop = self._loop
        if loop is not None and self.lifetime.is_here and not sys.is_finalizing():
            warnings.warn("a Solver was not closed: use `with Solver(…)`, or close()", ResourceWarning, 2)
            with suppress(RuntimeError):  # the loop is closed
                loop.call_soon_threadsafe(loop.stop)

    @property
    def started(self) -> bool:
        """Whether the thread runs."""
        return self._loop is not None

    def call(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run `coroutine` to its end; an interrupt cancels it.

        Raises UsageError in a fork and on the portal's own thread, where it would never end, and if the
        portal is closed in the meantime.
        """
        return self._wait(self._submitted(coroutine))

    def iterate(
        self, items: AsyncGenerator[T], *, stop: Callable[[], None] | None = None, waiting: int = WAITING
    ) -> Generator[T]:
        """Yield what `items` yields; closing the generator, or an interrupt, closes it.

        Args:
            items: runs in the portal.
            waiting: maximum number of items that wait to be taken; at this limit `items` pauses.
            stop: makes `items` end. The first interrupt during a wait for an item calls it, and is raised
                after the last item; a second one is raised at once.
        """
        ready: queue.Queue[Any] = queue.Queue()
        room = asyncio.Semaphore(waiting)

        async def pump() -> None:
            async with aclosing(items):
                async for item in items:
                    await room.acquire()
                    ready.put(item)

        running = self._submitted(pump())
        running.add_done_callback(lambda _: ready.put(_END))
        interrupt: KeyboardInterrupt | None = None
        try:
            while True:
                try:
                    self._check()
                    item = ready.get()
                except KeyboardInterrupt as raised:
                    if stop is None or interrupt is not None:
                        raise
                    interrupt = raised
                    self._soon(stop)
                    continue
                if item is _END:
                    break
                self._soon(room.release)
                yield item
            self._wait(running)
            if interrupt is not None:
                raise interrupt
        finally:
            self._cancel(running)

    def close(self) -> None:
        """Cancel running work and stop the thread; in a fork, which has no thread, do nothing."""
        if not self.lifetime.is_here:
            return
        with self._lock:
            loop, self._loop = self._loop, None
            thread, self._thread = self._thread, None
            if loop is not None:
                loop.call_soon_threadsafe(loop.stop)
        if thread is not None:
            thread.join(_CLOSING)

    def _wait(self, future: "Future[T]") -> T:
        try:
            return future.result()
        except CancelledError as error:
            raise UsageError("cancelled: the Solver was closed in the meantime") from error
        except BaseException:
            self._cancel(future)
            raise

    def _cancel(self, future: "Future[Any]") -> None:
        """Cancel running work, and give it a moment to clean up."""
        if future.done() or not self.lifetime.is_here:
            return
        future.cancel()
        loop = self._loop
        if loop is not None:
            with suppress(TimeoutError):
                asyncio.run_coroutine_threadsafe(asyncio.sleep(0), loop).result(timeout=1)

    def _soon(self, call: Callable[[], object]) -> None:
        loop = self._loop
        if loop is not None:
            with suppress(RuntimeError):  # the portal was closed in the meantime
                loop.call_soon_threadsafe(call)

    def _check(self) -> None:
        """Raise UsageError where waiting would never end."""
        self.lifetime.check_process()
        if threading.current_thread() is self._thread:
            raise UsageError(
                "a Solver waits for itself: its questions, seeds or contexts come from solves of its own; "
                "collect them into a list first"
            )

    def _submitted(self, coroutine: Coroutine[Any, Any, T]) -> "Future[T]":
        """Run `coroutine` in the event loop, which is started if necessary."""
        try:
            self._check()
            with self._lock:
                if self._loop is None:
                    self._loop = new_event_loop()
                    self._thread = threading.Thread(
                        target=_run, args=(self._loop,), name="vtc-r1", daemon=True
                    )
                    self._thread.start()
                    _open.add(self)
                return asyncio.run_coroutine_threadsafe(coroutine, self._loop)
        except BaseException:
            coroutine.close()
            raise


def _run(loop: asyncio.AbstractEventLoop) -> None:
    """Run `loop` until it is stopped, then cancel its tasks and release its resources."""
    with asyncio.Runner(loop_factory=lambda: loop):
        loop.run_forever()


class Lifetime:
    """The time from creation to closing; solvers that share a backend share it."""

    def __init__(self) -> None:
        self._process = os.getpid()
        self._current = os.getpid  # when the interpreter shuts down, `os` may be gone before this
        self._is_over = False

    @property
    def is_here(self) -> bool:
        """Whether this is the process that created it, not a fork."""
        return self._process == self._current()

    def check(self) -> None:
        """Raise UsageError after its end, and in a fork."""
        self.check_process()
        if self._is_over:
            raise UsageError("this Solver is closed: create another one, or close it after its last solve")

    def check_process(self) -> None:
        """Raise UsageError in a fork, which has no threads, so that every wait would be endless."""
        if not self.is_here:
            raise UsageError(
                f"this Solver was created in process {self._process} and cannot be used in its fork "
                f"{os.getpid()}, which has none of its threads: create a Solver in the process that uses it"
            )

    def end(self) -> bool:
        """End it; return False if there is nothing to release, as it ended before or this is a fork."""
        was_over, self._is_over = self._is_over, True
        return self.is_here and not was_over
