"""The API of the live page: begin, follow, cancel and list solves."""

import asyncio
import uuid
from collections.abc import AsyncGenerator
from contextlib import aclosing
from functools import cache
from typing import Annotated, Any

from fastapi import Request
from msgspec import Meta
from starlette.responses import Response

from vtc_r1.configuration import Budget
from vtc_r1.exercises import KINDS
from vtc_r1.memory import POLICIES
from vtc_r1.presets import Preset
from vtc_r1.serve import completion, sse
from vtc_r1.serve.bodies import json_response, read_body
from vtc_r1.serve.disconnect import EventStream
from vtc_r1.serve.failure import reason
from vtc_r1.serve.message import Field
from vtc_r1.serve.recordings import Recording
from vtc_r1.serve.refusal import Refusal
from vtc_r1.serve.service import Service
from vtc_r1.serve.solve import Solve
from vtc_r1.serve.solve_store import StoredSolve, summary
from vtc_r1.trace import Trace

_FOREVER = {"Cache-Control": "private, max-age=31536000, immutable"}
_LONGEST = 300
_LONGEST_BODY = 1_500_000  #: bytes of the longest question, whose characters may be escaped
_EXAMPLES = (
    "How many positive divisors does 360 have?",
    "What is the sum of all primes below 40?",
    "A fair die is rolled twice. What is the probability that the sum is at least 9?",
)


class Question(Field, frozen=True):
    """The body of a request for a new solve."""

    question: Annotated[str, Meta(min_length=1, max_length=100_000)]
    memory: str | None = None
    max_tokens: Annotated[int, Meta(ge=2, le=10_000_000)] | None = None
    seed: Annotated[int, Meta(ge=0, le=2**63 - 1)] | None = None


class Live:
    """Handlers of the routes below `/api`; each gets the owner of the request."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self._run = uuid.uuid4().hex  # tells the page whether the server was started anew

    async def about(self, request: Request, owner: str) -> Response:
        """Describe the model and the settings of the loop."""
        solver = self.service.solver
        recordings = await asyncio.to_thread(lambda: self.service.store.recordings.all)
        shown = await asyncio.to_thread(lambda: [_recorded(each) for each in recordings])
        return json_response(
            {
                "run": self._run,
                "model": self.service.model,
                "can": abilities(solver.preset, solver.budget),
                "recordings": shown,
                "memory": solver.skeleton("").memory,
                "policies": list(POLICIES),
                "profile": solver.renderer.profile.name,
                "iterations": solver.budget.iterations,
                "segment_tokens": solver.budget.segment_tokens,
                "examples": examples(solver.preset),
            }
        )

    async def begin(self, request: Request, owner: str) -> Response:
        """Begin a solve."""
        body = await read_body(request, Question, _LONGEST_BODY)
        (solve,) = self.service.begin(
            body.question,
            owner,
            tokens=body.max_tokens,
            seed=body.seed,
            memory=body.memory,
            field="question",
        )
        return json_response(_summary(solve), 201)

    async def all(self, request: Request, owner: str) -> Response:
        """List the solves, newest first."""
        store = self.service.store
        lines = [_summary(solve) for solve in store.all(owner)]
        known = {line["id"] for line in lines}
        older = [_listed(one) for one in store.stored(owner) if one.name not in known]
        return json_response({"solves": lines + older})

    async def follow(self, request: Request, owner: str) -> Response:
        """Stream the log of a solve, from the last event that the page has seen."""
        after = request.headers.get("last-event-id") or request.query_params.get("after") or "0"
        number = int(after) if after.isdecimal() and len(after) < 10 else 0
        solve = self.service.store.find(request.path_params["name"], owner)
        if solve is None:
            return EventStream(_replay(await self._stored(request, owner), number))
        return EventStream(self._followed(solve, number))

    async def trace(self, request: Request, owner: str) -> Response:
        """Return the record of a solve."""
        solve = self.service.store.find(request.path_params["name"], owner)
        trace = await self._stored(request, owner) if solve is None else solve.trace
        if trace is None:
            raise Refusal(409, "The solve is still running.", code="still_running")
        told = trace.model_copy(update={"error": reason(trace)})
        return Response(told.model_dump_json(indent=2), media_type="application/json")

    async def cancel(self, request: Request, owner: str) -> Response:
        """Cancel a solve; a finished one stays as it is."""
        solve = self.service.store.find(request.path_params["name"], owner)
        if solve is None:
            raise _not_found()
        if solve.trace is None:
            solve.cancel()
            await solve.finished()
        return json_response(_summary(solve))

    async def page(self, request: Request, owner: str) -> Response:
        """Return the image of a page as the model sees it."""
        solve = self.service.store.find(request.path_params["name"], owner)
        if solve is None:
            pages = (await self._stored(request, owner)).pages
        else:
            pages = solve.loop.pages if solve.trace is None else solve.trace.pages
        page = pages.get(request.path_params["sha256"].removesuffix(".png"))
        if page is None:
            raise _not_found()
        return Response(page.png, media_type="image/png", headers=_FOREVER)

    async def _stored(self, request: Request, owner: str) -> Trace:
        """Load a stored solve; raises Refusal if the owner has none of that name."""
        trace = await asyncio.to_thread(self.service.store.load, request.path_params["name"], owner)
        if trace is None:
            raise _not_found()
        return trace

    async def _followed(self, solve: Solve, after: int) -> AsyncGenerator[bytes]:
        """Yield the log as it grows, until the solve or the server ends."""
        yield b"retry: 1000\n\n"
        ending = asyncio.ensure_future(self.service.ending.wait())
        async with aclosing(solve.follow(after)) as following:
            coming = asyncio.ensure_future(anext(following, None))
            try:
                while not ending.done() or coming.done():
                    ping = self.service.limits.ping_interval
                    await asyncio.wait({coming, ending}, timeout=ping, return_when=asyncio.FIRST_COMPLETED)
                    if not coming.done():
                        yield completion.PING
                        continue
                    entries = coming.result()
                    if entries is None:
                        return
                    coming = asyncio.ensure_future(anext(following, None))
                    yield sse.encode(entries)
            finally:
                ending.cancel()
                coming.cancel()
                await asyncio.wait({coming})


async def _replay(trace: Trace, after: int) -> AsyncGenerator[bytes]:
    """Yield the log of a stored solve."""
    yield sse.encode([entry for entry in sse.replay(trace) if entry.number > after])


def _summary(solve: Solve) -> dict[str, Any]:
    """Return a solve as the list of solves shows it."""
    if solve.trace is not None:
        return _listed(summary(solve.name, "", solve.trace, solve.began))
    status = "running" if solve.ticket.turn.is_set() else "waiting"
    return _listed(StoredSolve(solve.name, "", solve.question, status, None, solve.began))


def _listed(one: StoredSolve) -> dict[str, Any]:
    short = None if one.answer is None else one.answer[:_LONGEST]
    outcome = {"status": one.status, "exhausted": one.exhausted, "answer": short, "began": one.began}
    figures = {"iterations": one.iterations, "compression": one.compression}
    return {"id": one.name, "question": one.question[:_LONGEST], **outcome, **figures}


def _recorded(one: Recording) -> dict[str, Any]:
    """Return a recording as the first screen offers it."""
    trace = one.record
    pages = sum(len(each.pages) for each in trace.iterations)
    line = _listed(summary(one.name, "", trace, 0.0))
    return {**line, "pages": pages, "seconds": trace.seconds, "source": sse.source(trace)}


@cache
def examples(preset: Preset) -> tuple[str, ...]:
    """Return example questions that the model can answer."""
    if not preset.bare:
        return _EXAMPLES
    from vtc_r1.eval.drawn import problems

    of_four = {problem.subject: problem.question for problem in problems(40, seed=1) if problem.level == "4"}
    return tuple(of_four[kind] for kind in ("expression", "equation", "power"))


def abilities(preset: Preset, budget: Budget) -> str:
    """Return what the model can do, in a sentence for whoever types the question."""
    if not preset.bare:
        spans = f"up to {budget.iterations} segments of up to {budget.segment_tokens:,} tokens"
        return f"Any question as text. The model may take {spans}."
    kinds = ", ".join(kind.example for kind in KINDS.values())
    return f"This small model does exercises of these kinds only: {kinds}."


def _not_found() -> Refusal:
    return Refusal(404, "There is no such solve, or it is no longer kept.", code="not_found")
