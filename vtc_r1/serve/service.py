"""The service: one solver, the gate before it, and the solves that run."""

import asyncio
import logging
import random
import uuid
from collections.abc import Sequence
from typing import Any

from vtc_r1.attached import Attached
from vtc_r1.configuration import Budget
from vtc_r1.errors import UnknownName, UsageError
from vtc_r1.loop import FORCED_TOKENS
from vtc_r1.serve.gate import Busy, Gate
from vtc_r1.serve.limits import Limits
from vtc_r1.serve.metrics import Metrics
from vtc_r1.serve.refusal import Refusal
from vtc_r1.serve.shelf import Shelf
from vtc_r1.serve.solve import Solve
from vtc_r1.serve.voice import ANSWER
from vtc_r1.solver import Solver

log = logging.getLogger(__name__)
_ABRUPT = 1.0
"""Seconds for cancelled solves to say so."""
_LOOK = 0.5
"""Seconds between two looks at what the backend waits for."""


class Service:
    """Begins solves, counts them, and ends them when the server does.

    Args:
        solver: answers everything; its parameters hold where a request says nothing.
        model: name that clients ask for.
        limits: what clients may do.
        shelf: where solves are kept.
        form: what clients read as the content, with `ANSWER` in the answer's place.
    """

    def __init__(self, solver: Solver, model: str, limits: Limits, shelf: Shelf, form: str = ANSWER) -> None:
        self.solver, self.model, self.limits, self.shelf, self.form = solver, model, limits, shelf, form
        self.gate = Gate(limits.concurrency, limits.queue)
        self.metrics = Metrics(self.gate)
        self.ending = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._watching: asyncio.Task[None] | None = None

    def begin(
        self,
        question: str,
        owner: str,
        *,
        attached: Attached | None = None,
        sampling: dict[str, Any] | None = None,
        tokens: int | None = None,
        seed: int | None = None,
        memory: str | None = None,
        choices: int = 1,
        field: str = "messages",
    ) -> list[Solve]:
        """Begin one solve a choice, or none of them.

        Args:
            question: what is asked.
            owner: whose key asks.
            attached: what comes with the question.
            sampling: parameters that differ from the solver's.
            tokens: most generated tokens, the forced answer included.
            seed: of the first choice; each one after it has the next.
            memory: memory policy, the solver's unless given.
            choices: how many solves.
            field: where the question stands in the request.

        Raises:
            Refusal: the question cannot be asked, or there is no room for it now.
        """
        if self.ending.is_set():
            raise Refusal(503, "The server is shutting down.", code="shutting_down", kind="server_error")
        budget = {} if tokens is None else within(self.solver.budget, tokens)
        try:
            solver = self.solver.changed(sampling or {}, budget, memory)
            seeds = self._seeds(solver, seed, choices)
            loops = [solver.begin(question, seed=one, attached=attached or Attached()) for one in seeds]
        except UsageError as error:
            param = "memory" if isinstance(error, UnknownName) else field
            raise Refusal(400, str(error), param=param, code="invalid_value") from error
        try:
            tickets = self.gate.tickets(choices)
        except Busy as busy:
            raise too_busy(busy.seconds) from busy
        pairs = zip(loops, tickets, strict=True)
        return [self._start(Solve(uuid.uuid4().hex, owner, question, *pair)) for pair in pairs]

    def cancel_all(self) -> None:
        """End everything that runs."""
        for solve in list(self.shelf.running.values()):
            solve.cancel()

    async def end(self) -> None:
        """Take nothing new, let what runs end within the grace, and cancel the rest."""
        self.ending.set()
        if running := len(self.shelf.running):
            solves = f"{running} solve{'s' * (running > 1)}"
            log.warning("%s may end within %g s; a second signal ends at once", solves, self.limits.grace)
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=self.limits.grace)
        self.cancel_all()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=_ABRUPT)

    def _start(self, solve: Solve) -> Solve:
        self.shelf.put(solve)
        task = solve.start()
        self._tasks.add(task)
        task.add_done_callback(lambda done: self._over(solve, done))
        if self._watching is None or self._watching.done():
            self._watching = asyncio.create_task(self._watch(), name="waits")
        return solve

    async def _watch(self) -> None:
        """Tell the solves that run what the backend waits for, until none does."""
        while running := list(self.shelf.running.values()):
            why = self.solver.waiting
            for solve in running:
                solve.hold(why)
            await asyncio.sleep(_LOOK)

    def _over(self, solve: Solve, task: "asyncio.Task[None]") -> None:
        trace = solve.trace
        assert trace is not None
        self.metrics.solved(trace)
        self.gate.took(trace.seconds)
        self.shelf.close(solve, trace)
        self._tasks.discard(task)
        if self.shelf.folder is not None:
            storing = asyncio.create_task(asyncio.to_thread(self.shelf.store, solve, trace))
            self._tasks.add(storing)
            storing.add_done_callback(self._tasks.discard)

    def _seeds(self, solver: Solver, seed: int | None, choices: int) -> Sequence[int | None]:
        """Give every choice a seed of its own; one choice without a seed has the solver's."""
        first = solver.sampling.seed if seed is None else seed
        if first is None and choices > 1:
            first = random.SystemRandom().getrandbits(31)
        return [None] if first is None else range(first, first + choices)


def within(budget: Budget, tokens: int) -> dict[str, Any]:
    """Return what changes in a budget so that a solve generates no more than `tokens`, at least 2.

    The segment that demands the answer may need part of them, so they are set aside.
    """
    ceiling = budget.tokens
    segment = min(budget.segment_tokens, max(1, tokens // 2))
    left = tokens - min(FORCED_TOKENS, segment)
    return {"segment_tokens": segment, "tokens": left if ceiling is None else min(left, ceiling)}


def too_busy(seconds: int) -> Refusal:
    """Return what a request is refused with that finds the queue full."""
    return Refusal(
        429,
        f"The server is busy and its queue is full; try again in {seconds} s.",
        code="rate_limit_exceeded",
        kind="requests",
        headers={"Retry-After": str(seconds)},
    )
