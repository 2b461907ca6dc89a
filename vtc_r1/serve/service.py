"""The service: one solver, the gate before it, the running solves, and limits of what clients may send."""

import asyncio
import logging
import random
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from vtc_r1.answer_form import AnswerForm
from vtc_r1.attachments import Attachments
from vtc_r1.configuration import Budget
from vtc_r1.errors import UsageError
from vtc_r1.loop import FORCED_TOKENS
from vtc_r1.prompts import PromptSet
from vtc_r1.renderers.page import Page
from vtc_r1.serve.completion import ANSWER
from vtc_r1.serve.gate import Busy, Gate
from vtc_r1.serve.metrics import Metrics
from vtc_r1.serve.pictures import Darkroom, Pictures
from vtc_r1.serve.refusal import Refusal, invalid
from vtc_r1.serve.solve import Solve
from vtc_r1.serve.solve_store import SolveStore
from vtc_r1.solver import Solver


@dataclass(frozen=True)
class Limits:
    """Limits of one server."""

    body_bytes: int = 32_000_000  #: size limit of a request body
    text_bytes: int = 8_000_000  #: size limit of a request body besides its images
    body_timeout: float = 30.0  #: seconds within which a body must arrive
    header_timeout: float = 15.0  #: seconds within which the headers of a request must arrive
    send_timeout: float = 60.0  #: seconds for which a client may leave data unread
    ping_interval: float = 15.0  #: seconds of silence in a stream after which a comment is sent
    concurrency: int = 8  #: limit of solves that run at once
    queue: int = 64  #: limit of solves that wait
    per_key: int | None = None  #: limit of solves of one key that run at once; None for `concurrency`
    image_urls: bool = False  #: whether images are fetched by their URL
    origins: tuple[str, ...] = ()  #: web pages whose scripts may use the API, by their origin; `*` for all
    grace: float = 30.0  #: seconds for which running solves may go on when the server shuts down


log = logging.getLogger(__name__)
_WITH_IMAGE = Attachments(images=(Page(np.full((1, 1), 255, np.uint8), "", 0),))
_CANCELLING = 1.0  #: seconds in which cancelled solves end
_POLL = 0.5  #: seconds between two checks of what the backend waits for


class Service:
    """Begins solves, counts them, and ends them when the server shuts down.

    Args:
        solver: runs all solves; its parameters are the defaults of requests.
        model: name of the model for clients.
        limits: limits of what clients may send.
        store: keeps the solves.
        form: the text of `content`, with `ANSWER` in place of the answer.
    """

    def __init__(
        self, solver: Solver, model: str, limits: Limits, store: SolveStore, form: str = ANSWER
    ) -> None:
        self.solver, self.model, self.limits, self.store, self.form = solver, model, limits, store, form
        self.gate = Gate(limits.concurrency, limits.queue, limits.per_key)
        self.metrics = Metrics(self.gate)
        self.darkroom = Darkroom()
        self.ending = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._watching: asyncio.Task[None] | None = None

    def begin(
        self,
        question: str,
        owner: str,
        *,
        attached: Attachments | None = None,
        pictures: Pictures | None = None,
        sampling: dict[str, Any] | None = None,
        tokens: int | None = None,
        seed: int | None = None,
        memory: str | None = None,
        budget: dict[str, int] | None = None,
        form: AnswerForm | None = None,
        is_direct: bool = False,
        choices: int = 1,
        field: str = "messages",
        memory_field: str = "memory",
    ) -> list[Solve]:
        """Begin one solve per choice, or none at all.

        Args:
            question: the question.
            owner: owner of the API key.
            attached: what comes with the question, except for images.
            pictures: its images.
            sampling: sampling parameters that override the solver's.
            tokens: limit of generated tokens, including the forced answer.
            seed: seed of the first choice; each later choice has the next number.
            memory: memory policy, the solver's by default.
            budget: other limits, by the names of `Budget`, within the solver's.
            form: form of the answer.
            is_direct: one segment answers, without instructions and without the loop.
            choices: number of solves.
            field: field of the request with the question.
            memory_field: field of the request with the memory policy.

        Raises:
            Refusal: the question is invalid, or the queue is full.
        """
        if self.ending.is_set():
            raise Refusal(503, "The server is shutting down.", code="shutting_down", kind="server_error")
        try:
            solver = self._solver(sampling or {}, budget or {}, memory, tokens, is_direct)
        except UsageError as error:
            raise invalid(memory_field, str(error)) from error
        try:
            if pictures is not None:
                solver.check_attached(_WITH_IMAGE)
            seeds = self._seeds(solver, seed, choices)
            attached = attached or Attachments()
            loops = [solver.begin(question, seed=one, attached=attached, form=form) for one in seeds]
        except UsageError as error:
            raise Refusal(400, str(error), param=field, code="invalid_value") from error
        if choices > self.gate.most:
            reason = f"this server runs at most {self.gate.most} solves of one client"
            raise Refusal(400, f"Invalid 'n': {reason}.", param="n", code="invalid_value")
        try:
            tickets = self.gate.tickets(choices, owner)
        except Busy as busy:
            raise too_busy(busy.seconds) from busy
        made = [
            Solve(uuid.uuid4().hex, owner, question, loop, ticket, pictures, self.darkroom)
            for loop, ticket in zip(loops, tickets, strict=True)
        ]
        return [self._start(solve) for solve in made]

    def _solver(
        self,
        sampling: dict[str, Any],
        budget: dict[str, int],
        memory: str | None,
        tokens: int | None,
        is_direct: bool,
    ) -> Solver:
        """Return the solver of a request; raises UsageError, and Refusal for limits beyond the server's."""
        most = self.solver.budget.model_dump()
        for name, value in budget.items():
            if value > most[name]:
                field = {"iterations": "max_iterations"}.get(name, name)
                raise invalid(f"vtc.{field}", f"this server allows at most {most[name]:,}")
        solver = self.solver.changed(sampling, budget, memory)
        if is_direct and not solver.preset.bare:
            whole = min(solver.budget.segment_tokens, tokens or solver.budget.segment_tokens)
            return solver.changed({}, {"tokens": whole}, "single", _plain())
        return solver if tokens is None else solver.changed({}, within(solver.budget, tokens))

    def cancel_all(self) -> None:
        """Cancel all running solves."""
        for solve in list(self.store.running.values()):
            solve.cancel(shutting_down=True)

    async def end(self) -> None:
        """Accept no new solves, let running ones end within the grace period, and cancel the rest."""
        self.ending.set()
        if running := len(self.store.running):
            solves = f"{running} running solve{'s' * (running > 1)}"
            log.warning("waiting up to %g s for %s; a second signal ends at once", self.limits.grace, solves)
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=self.limits.grace)
        self.cancel_all()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=_CANCELLING)

    def _start(self, solve: Solve) -> Solve:
        self.store.put(solve)
        task = solve.start()
        self._tasks.add(task)
        task.add_done_callback(lambda done: self._over(solve, done))
        if self._watching is None or self._watching.done():
            self._watching = asyncio.create_task(self._watch(), name="waits")
        return solve

    async def _watch(self) -> None:
        """Log in the running solves what the backend waits for, until no solve runs."""
        while running := list(self.store.running.values()):
            reason = self.solver.waiting
            for solve in running:
                solve.note_wait(reason)
            await asyncio.sleep(_POLL)

    def _over(self, solve: Solve, task: "asyncio.Task[None]") -> None:
        trace = solve.trace
        assert trace is not None
        if trace.status == "failed":
            log.warning("solve %s: %s", solve.name, trace.error)
        self.metrics.count_solve(trace)
        self.gate.record(trace.seconds)
        self.store.close(solve, trace)
        self._tasks.discard(task)
        if self.store.folder is not None:
            storing = asyncio.create_task(asyncio.to_thread(self.store.store, solve, trace))
            self._tasks.add(storing)
            storing.add_done_callback(self._tasks.discard)

    def _seeds(self, solver: Solver, seed: int | None, choices: int) -> Sequence[int | None]:
        """Return a seed for each choice; a single choice without a seed has the solver's."""
        first = solver.sampling.seed if seed is None else seed
        if first is None and choices > 1:
            first = random.SystemRandom().getrandbits(31)
        return [None] if first is None else range(first, first + choices)


@cache
def _plain() -> PromptSet:
    return PromptSet("plain")


def within(budget: Budget, tokens: int) -> dict[str, Any]:
    """Return the changes to a budget for which a solve generates at most `tokens` tokens; 1 counts as 2.

    The tokens of the segment that forces the answer are reserved.
    """
    ceiling, tokens = budget.tokens, max(2, tokens)
    segment = min(budget.segment_tokens, max(1, tokens // 2))
    left = tokens - min(FORCED_TOKENS, segment)
    return {"segment_tokens": segment, "tokens": left if ceiling is None else min(left, ceiling)}


def too_busy(seconds: int) -> Refusal:
    """Return the refusal of a request when the queue is full."""
    return Refusal(
        429,
        f"The server is busy and its queue is full; try again in {seconds} s.",
        code="rate_limit_exceeded",
        kind="requests",
        headers={"Retry-After": str(seconds)},
    )
