"""What the page asks for: solves to begin, to follow, to cancel and to look at again."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Annotated, Any

from fastapi import Request
from pydantic import Field as Bounds
from starlette.responses import Response

from vtc_r1.memory import POLICIES
from vtc_r1.serve import completion, past, told
from vtc_r1.serve.answers import json_answer
from vtc_r1.serve.examples import examples
from vtc_r1.serve.leaving import EventStream
from vtc_r1.serve.message import Field
from vtc_r1.serve.reading import read
from vtc_r1.serve.refusal import Refusal
from vtc_r1.serve.service import Service
from vtc_r1.serve.solve import Solve
from vtc_r1.trace import Trace

_FOREVER = {"Cache-Control": "private, max-age=31536000, immutable"}
_LONGEST = 300


class Question(Field):
    """What the page asks."""

    question: Annotated[str, Bounds(min_length=1, max_length=100_000)]
    memory: str | None = None
    max_tokens: Annotated[int, Bounds(ge=2, le=10_000_000)] | None = None
    seed: Annotated[int, Bounds(ge=0, le=2**63 - 1)] | None = None


class Live:
    """The addresses below `/api`; each is told whose request it is."""

    def __init__(self, service: Service) -> None:
        self.service = service

    async def about(self, request: Request, owner: str) -> Response:
        """Say what answers here."""
        solver = self.service.solver
        return json_answer(
            {
                "model": self.service.model,
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
        asked = await read(request, Question)
        (solve,) = self.service.begin(
            asked.question,
            owner,
            tokens=asked.max_tokens,
            seed=asked.seed,
            memory=asked.memory,
            field="question",
        )
        return json_answer(_line(solve), 201)

    async def all(self, request: Request, owner: str) -> Response:
        """List the solves, the newest first."""
        shelf = self.service.shelf
        lines = [_line(solve) for solve in shelf.all(owner)]
        known = {line["id"] for line in lines}
        older = [_listed(one) for one in shelf.past(owner) if one.name not in known]
        return json_answer({"solves": lines + older})

    async def follow(self, request: Request, owner: str) -> Response:
        """Follow the log of a solve from where the page left it."""
        after = request.headers.get("last-event-id") or request.query_params.get("after") or "0"
        number = int(after) if after.isdecimal() and len(after) < 10 else 0
        solve = self.service.shelf.find(request.path_params["name"], owner)
        if solve is None:
            return EventStream(_replay(await self._stored(request, owner), number))
        return EventStream(self._followed(solve, number))

    async def trace(self, request: Request, owner: str) -> Response:
        """Return the record of a solve."""
        solve = self.service.shelf.find(request.path_params["name"], owner)
        trace = await self._stored(request, owner) if solve is None else solve.trace
        if trace is None:
            raise Refusal(409, "The solve is not over yet.", code="still_running")
        return Response(trace.model_dump_json(indent=2), media_type="application/json")

    async def cancel(self, request: Request, owner: str) -> Response:
        """End a solve; one that is over stays as it is."""
        solve = self.service.shelf.find(request.path_params["name"], owner)
        if solve is None:
            raise _absent()
        if solve.trace is None:
            solve.cancel()
            await solve.finished()
        return json_answer(_line(solve))

    async def page(self, request: Request, owner: str) -> Response:
        """Return a page of a solve as the model sees it."""
        solve = self.service.shelf.find(request.path_params["name"], owner)
        if solve is None:
            pages = (await self._stored(request, owner)).pages
        else:
            pages = solve.loop.pages if solve.trace is None else solve.trace.pages
        page = pages.get(request.path_params["sha256"].removesuffix(".png"))
        if page is None:
            raise _absent()
        return Response(page.png, media_type="image/png", headers=_FOREVER)

    async def _stored(self, request: Request, owner: str) -> Trace:
        """Read a solve of earlier days; raises Refusal where the owner has none of that name."""
        shelf, name = self.service.shelf, request.path_params["name"]
        if shelf.folder is not None and any(one.name == name for one in shelf.past(owner)):
            trace = await asyncio.to_thread(past.stored, shelf.folder, name)
            if trace is not None:
                return trace
        raise _absent()

    async def _followed(self, solve: Solve, after: int) -> AsyncGenerator[bytes]:
        """Yield the log as it grows, until the solve is over or the server ends."""
        yield b"retry: 1000\n\n"
        ending = asyncio.ensure_future(self.service.ending.wait())
        async with aclosing(solve.follow(after)) as following:
            coming = asyncio.ensure_future(anext(following, None))
            try:
                while not ending.done() or coming.done():
                    alive = self.service.limits.alive_seconds
                    await asyncio.wait({coming, ending}, timeout=alive, return_when=asyncio.FIRST_COMPLETED)
                    if not coming.done():
                        yield completion.ALIVE
                        continue
                    entries = coming.result()
                    if entries is None:
                        return
                    coming = asyncio.ensure_future(anext(following, None))
                    yield told.told(entries)
            finally:
                ending.cancel()
                coming.cancel()
                await asyncio.wait({coming})


async def _replay(trace: Trace, after: int) -> AsyncGenerator[bytes]:
    """Yield the log of a solve that is over."""
    yield told.told([entry for entry in told.replayed(trace) if entry.number > after])


def _line(solve: Solve) -> dict[str, Any]:
    """Say in a line what a solve is and how it stands."""
    trace = solve.trace
    status = ("running" if solve.ticket.turn.is_set() else "waiting") if trace is None else trace.status
    answer, exhausted = (None, None) if trace is None else (trace.answer, trace.exhausted)
    return _listed(past.Kept(solve.name, "", solve.question, status, answer, solve.began, exhausted))


def _listed(one: past.Kept) -> dict[str, Any]:
    short = None if one.answer is None else one.answer[:_LONGEST]
    told = {"status": one.status, "exhausted": one.exhausted, "answer": short, "began": one.began}
    return {"id": one.name, "question": one.question[:_LONGEST], **told}


def _absent() -> Refusal:
    return Refusal(404, "There is no such solve here any more.", code="not_found")
