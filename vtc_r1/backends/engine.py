"""The thread on which a model generates: it runs while there are requests."""

import asyncio
import os
import threading
from collections import defaultdict, deque
from collections.abc import Iterator
from contextlib import contextmanager

from vtc_r1.backends.base import Delta
from vtc_r1.backends.batch import Batch, Output
from vtc_r1.backends.job import Job
from vtc_r1.errors import BackendError

# Prefill interrupts the decoding of the whole batch, so waiting requests are gathered into fewer passes.
_MAX_WAIT_STEPS = 8  #: limit of steps that a request waits for others to be prefilled with it
_PREFILL_RATIO = 4  #: prefill starts at once if the batch has at most this many requests per waiting one


class Engine:
    """Feeds requests to a batch and delivers its outputs.

    Args:
        batch: generates; used by the engine's thread only.
        threads: CPU threads while it generates; torch's choice by default.
    """

    def __init__(self, batch: Batch, threads: int | None) -> None:
        self.batch, self.threads = batch, threads
        self._process = os.getpid()
        self._lock = threading.Lock()
        self._arrived: list[Job] = []
        self._waiting: deque[Job] = deque()
        self._open: set[Job] = set()
        self._thread: threading.Thread | None = None
        self._closed = False
        self._waited = 0

    def submit(self, job: Job) -> None:
        """Queue a request; raises BackendError if the engine is closed, or in a fork of its process."""
        if self._process != os.getpid():
            raise BackendError(
                f"the model was loaded in process {self._process}, and this is a fork without its threads: "
                "load it in the process that uses it"
            )
        with self._lock:
            if self._closed:
                raise BackendError("the model has been unloaded")
            self._arrived.append(job)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="vtc-r1-model")
                self._thread.start()

    def close(self) -> None:
        """Fail the requests that still run, and wait for the thread."""
        if self._process != os.getpid():
            return
        with self._lock:
            self._closed, thread = True, self._thread
        if thread is not None:
            thread.join()

    def _run(self) -> None:
        import torch

        with torch.inference_mode(), cpu_threads(self.threads):
            while self._collect():
                try:
                    self._round()
                except BaseException as error:
                    self._fail(error)

    def _collect(self) -> bool:
        """Take over the requests that have arrived; return False, and end the thread, when none is left."""
        with self._lock:
            new, self._arrived = self._arrived, []
            if not new and not self._waiting and not self.batch.jobs:
                self._thread = None
                return False
            closed = self._closed
        self._waiting.extend(new)
        self._open.update(new)
        if closed:
            self._fail(BackendError("the model has been unloaded"))
        return True

    def _round(self) -> None:
        """Run one step of the batch, then prefill the requests that join it."""
        outputs: list[Output] = []
        self.batch.drop_cancelled()
        joining: list[Job] = []
        if self._should_prefill():
            outputs += self._prepare(joining)
        outputs += self.batch.step()
        outputs += self.batch.join(joining)
        self._deliver(outputs)

    def _should_prefill(self) -> bool:
        """Tell whether to prefill the waiting requests now, or later together with others."""
        if not self._waiting:
            return False
        self._waited += 1
        if self._waited > _MAX_WAIT_STEPS or len(self._waiting) * _PREFILL_RATIO >= len(self.batch.jobs):
            self._waited = 0
            return True
        return False

    def _prepare(self, joining: list[Job]) -> list[Output]:
        """Move as many waiting requests to `joining` as fit; return the errors of invalid ones."""
        outputs: list[Output] = []
        while self._waiting:
            job = self._waiting[0]
            try:
                if not job.cancelled:
                    if not hasattr(job, "prompt"):
                        self.batch.prepare(job)
                    if not self.batch.has_room(job, joining):
                        return outputs
                    joining.append(job)
            except Exception as error:
                outputs.append((job, error))
            self._waiting.popleft()
        return outputs

    def _fail(self, error: BaseException) -> None:
        """Fail all requests, for an error that does not belong to a single one."""
        self._waiting.clear()
        for job in self.batch.jobs:
            job.cancelled = True
        self.batch.drop_cancelled()
        self._deliver([(job, error) for job in self._open])

    def _deliver(self, outputs: list[Output]) -> None:
        """Deliver outputs to the requests, waking each event loop once."""
        by_loop: dict[asyncio.AbstractEventLoop, list[Output]] = defaultdict(list)
        for job, piece in outputs:
            by_loop[job.loop].append((job, piece))
        for loop, ours in by_loop.items():
            try:
                loop.call_soon_threadsafe(_put, ours)
            except RuntimeError:  # the loop is closed: nobody waits
                for job, _ in ours:
                    job.cancelled = True
        ended = {job for job, piece in outputs if not isinstance(piece, Delta)}
        self._open = {job for job in self._open - ended if not job.cancelled}


def _put(outputs: list[Output]) -> None:
    for job, piece in outputs:
        job.pieces.put_nowait(piece)


@contextmanager
def cpu_threads(count: int | None) -> Iterator[None]:
    """Let torch use `count` CPU threads within the block."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(count or before)
    try:
        yield
    finally:
        torch.set_num_threads(before)
