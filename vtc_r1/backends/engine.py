"""The thread on which a model generates: it runs while there are requests, and ends with the last."""

import asyncio
import os
import threading
from collections import defaultdict, deque
from collections.abc import Iterator
from contextlib import contextmanager

from vtc_r1.backends.base import Delta
from vtc_r1.backends.batch import Batch, Said
from vtc_r1.backends.job import Job
from vtc_r1.errors import BackendError

_PATIENCE = 8
"""Steps that a request waits at most for others to read their prompts in the same pass."""
_CROWD = 4
"""One waiting request for so many in the batch is enough to read at once."""


class Engine:
    """Feeds requests to a batch, and hands what it says to those who wait.

    Args:
        batch: generates; touched by the engine's thread alone.
        threads: CPU threads while it generates; torch's choice unless given.
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
        """Queue a request; raises BackendError once the engine is closed, and in a fork of its process."""
        if self._process != os.getpid():
            raise BackendError(
                f"the model was loaded in process {self._process}, of which this is a fork without threads: "
                "load it in the process that uses it"
            )
        with self._lock:
            if self._closed:
                raise BackendError("the model was let go of")
            self._arrived.append(job)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="vtc-r1-model")
                self._thread.start()

    def close(self) -> None:
        """Fail what still runs, and wait for the thread."""
        if self._process != os.getpid():
            return
        with self._lock:
            self._closed, thread = True, self._thread
        if thread is not None:
            thread.join()

    def _run(self) -> None:
        import torch

        with torch.inference_mode(), _cpu_threads(self.threads):
            while self._collect():
                try:
                    self._round()
                except BaseException as error:
                    self._fail(error)

    def _collect(self) -> bool:
        """Take in what has arrived; False, and the thread is over, where nothing is left to do."""
        with self._lock:
            new, self._arrived = self._arrived, []
            if not new and not self._waiting and not self.batch.jobs:
                self._thread = None
                return False
            closed = self._closed
        self._waiting.extend(new)
        self._open.update(new)
        if closed:
            self._fail(BackendError("the model was let go of"))
        return True

    def _round(self) -> None:
        """One step of the batch, with those that join before it."""
        said: list[Said] = []
        self.batch.drop_cancelled()
        joining: list[Job] = []
        if self._is_time():
            said += self._prepare(joining)
        said += self.batch.step()
        said += self.batch.join(joining)
        self._deliver(said)

    def _is_time(self) -> bool:
        """Tell whether to read the prompts that wait now, or a little later with others."""
        if not self._waiting:
            return False
        self._waited += 1
        if self._waited > _PATIENCE or len(self._waiting) * _CROWD >= len(self.batch.jobs):
            self._waited = 0
            return True
        return False

    def _prepare(self, joining: list[Job]) -> list[Said]:
        """Move to `joining` as many waiting requests as there is room for; returns the errors of others."""
        said: list[Said] = []
        while self._waiting:
            job = self._waiting[0]
            try:
                if not job.cancelled:
                    if not hasattr(job, "reading"):
                        self.batch.prepare(job)
                    if not self.batch.has_room(job, joining):
                        return said
                    joining.append(job)
            except Exception as error:
                said.append((job, error))
            self._waiting.popleft()
        return said

    def _fail(self, error: BaseException) -> None:
        """Give up everything, for an error that is of no request in particular."""
        self._waiting.clear()
        for job in self.batch.jobs:
            job.cancelled = True
        self.batch.drop_cancelled()
        self._deliver([(job, error) for job in self._open])

    def _deliver(self, said: list[Said]) -> None:
        """Hand pieces to those who wait for them, waking each event loop once."""
        by_loop: dict[asyncio.AbstractEventLoop, list[Said]] = defaultdict(list)
        for job, piece in said:
            by_loop[job.loop].append((job, piece))
        for loop, ours in by_loop.items():
            try:
                loop.call_soon_threadsafe(_put, ours)
            except RuntimeError:  # the loop is closed: nobody waits
                for job, _ in ours:
                    job.cancelled = True
        ended = {job for job, piece in said if not isinstance(piece, Delta)}
        self._open = {job for job in self._open - ended if not job.cancelled}


def _put(said: list[Said]) -> None:
    for job, piece in said:
        job.pieces.put_nowait(piece)


@contextmanager
def _cpu_threads(count: int | None) -> Iterator[None]:
    """Let torch use so many CPU threads for a while."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(count or before)
    try:
        yield
    finally:
        torch.set_num_threads(before)
