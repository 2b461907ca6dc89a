"""Many solves decoded in lock step: their next segments are generated together, as one batch.

A solve waits until every other one has asked for its next segment or has ended. The batches then depend on
the solves alone, so the same solves always give the same tokens and bit-identical log-probabilities. A queue
that fills as requests arrive cannot promise that.
"""

import asyncio
from collections.abc import AsyncGenerator, Coroutine, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from vtc_r1.backends.base import Completion, Delta, Request
from vtc_r1.backends.batch import Batch
from vtc_r1.backends.engine import cpu_threads
from vtc_r1.backends.job import Job
from vtc_r1.backends.transformers import LiveBackend, most_bytes
from vtc_r1.errors import BackendError

if TYPE_CHECKING:
    from vtc_r1.backends.encoding import PromptEncoder

T = TypeVar("T")


class LockstepBackend(LiveBackend):
    """Generates the segments of a known number of solves in lock step, for training.

    It hands out no pieces of a segment, only the whole, so nothing can end one early.

    Args:
        network: a Qwen3-VL in evaluation mode.
        encoder: encodes its prompts.
        name: name of the model, for the trace.
        revision: state of the model, for the trace.
        most_rows: limit of segments that are generated together; others wait for these to end.
        threads: CPU threads while it generates; torch's choice by default.
    """

    def __init__(
        self,
        network: Any,
        encoder: "PromptEncoder",
        name: str,
        *,
        revision: str,
        most_rows: int = 64,
        threads: int | None = None,
    ) -> None:
        super().__init__(network, encoder, name, revision=revision, most_rows=most_rows)
        self.threads = threads
        self._running = 0
        self._waiting: list[Job] = []

    async def together(self, solves: Sequence[Coroutine[Any, Any, T]]) -> list[T]:
        """Run solves to their ends and return their results; nothing else may use this backend meanwhile.

        Raises the first error of a solve, once all have ended.
        """
        self._running = len(solves)
        done = await asyncio.gather(*map(self._counted, solves), return_exceptions=True)
        for result in done:
            if isinstance(result, BaseException):
                raise result
        return [result for result in done if not isinstance(result, BaseException)]

    async def generate(self, request: Request) -> AsyncGenerator[Delta | Completion]:
        """Yield the segment, once all solves wait for one; raises BackendError."""
        if not self._loaded:
            self._load_once()
        job = Job(request, asyncio.get_running_loop(), asyncio.Queue())
        self._waiting.append(job)
        self._advance()
        piece = await job.pieces.get()
        if isinstance(piece, (RuntimeError, ValueError)):
            raise BackendError(f"the model failed: {piece}") from piece
        if isinstance(piece, BaseException):
            raise piece
        yield piece

    async def _counted(self, solve: Coroutine[Any, Any, T]) -> T:
        try:
            return await solve
        finally:
            self._running -= 1
            self._advance()

    def _advance(self) -> None:
        """Generate, if every solve that runs waits for a segment."""
        if not self._waiting or len(self._waiting) < self._running:
            return
        jobs, self._waiting = sorted(self._waiting, key=lambda job: job.request.solve), []
        import torch

        with torch.inference_mode(), cpu_threads(self.threads):
            self._decode(jobs)

    def _decode(self, jobs: list[Job]) -> None:
        """Generate the segments of some requests, as many at a time as there is room for."""
        waiting = [job for job in jobs if self._prepared(job)]
        while waiting:
            joining: list[Job] = []
            while len(joining) < len(waiting) and self.batch.has_room(waiting[len(joining)], joining):
                joining.append(waiting[len(joining)])
            waiting = waiting[len(joining) :]
            outputs = self.batch.join(joining)
            while self.batch.jobs:
                outputs += self.batch.step()
            for job, piece in outputs:
                if not isinstance(piece, Delta):
                    job.pieces.put_nowait(piece)

    def _prepared(self, job: Job) -> bool:
        """Encode a prompt; an invalid one fails its solve alone."""
        try:
            self.batch.prepare(job)
        except Exception as error:
            job.pieces.put_nowait(error)
            return False
        return True

    def _load(self) -> None:
        self.encoder, self.network = self._open()
        self.ends = self._ends()
        self.batch = Batch(
            self.encoder, self.network, self.ends, self.most_rows, most_bytes(str(self.device))
        )
        self._loaded = True

    def _unload(self) -> None:
        if self._loaded:
            self._loaded = False
            del self.network, self.encoder, self.batch
