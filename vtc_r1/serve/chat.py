"""Chat completions: a conversation goes in, the loop's reasoning and its answer come out."""

import asyncio
import time
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from typing import Any

from fastapi import Request
from starlette.responses import Response

from vtc_r1.attached import Attached
from vtc_r1.renderers.page import Page
from vtc_r1.serve import completion
from vtc_r1.serve.answers import json_answer
from vtc_r1.serve.chat_request import ChatRequest
from vtc_r1.serve.completion import Envelope
from vtc_r1.serve.conversation import Conversation, conversation
from vtc_r1.serve.fetching import fetched
from vtc_r1.serve.leaving import ClientLeft, EventStream, unless_left
from vtc_r1.serve.picture import MOST_IMAGES, decoded, off, picture
from vtc_r1.serve.reading import read
from vtc_r1.serve.refusal import Refusal
from vtc_r1.serve.service import Service
from vtc_r1.serve.solve import Solve
from vtc_r1.serve.voice import Voice, content, finish_reason, whole_reasoning
from vtc_r1.trace import Trace

_WAITING_PIECES = 8
_LEFT = 499


async def complete(service: Service, request: Request, owner: str) -> Response:
    """Answer one request for a chat completion; raises Refusal."""
    asked = await read(request, ChatRequest)
    if asked.model != service.model:
        raise Refusal(
            404,
            f"The model '{asked.model}' does not exist here; this server has '{service.model}'.",
            param="model",
            code="model_not_found",
        )
    talk = conversation(asked.messages)
    attached = Attached(await _pictures(service, talk), talk.earlier, talk.system)
    solves = service.begin(
        talk.question,
        owner,
        attached=attached,
        sampling=asked.sampling,
        tokens=asked.budget,
        seed=asked.seed,
        choices=asked.choices,
    )
    answer = Answer(asked, service.form, solves, Envelope(solves[0].name, int(time.time()), asked.model))
    headers = {"X-Request-Id": solves[0].name}
    if asked.stream:
        return EventStream(answer.stream(service.limits.alive_seconds), headers)
    try:
        return json_answer(await unless_left(request.receive, answer.whole()), headers=headers)
    except ClientLeft:
        return Response(status_code=_LEFT)
    finally:
        answer.cancel()


@dataclass(frozen=True)
class Answer:
    """The solves of one request, as its client reads them; `form` is what answers are put into."""

    asked: ChatRequest
    form: str
    solves: Sequence[Solve]
    envelope: Envelope

    async def whole(self) -> dict[str, Any]:
        """Return the completion once every solve is over; raises Refusal where one failed."""
        traces = [await solve.finished() for solve in self.solves]
        for trace in traces:
            _require_sound(trace)
        choices = [self._choice(at, trace) for at, trace in enumerate(traces)]
        return self.envelope.whole(choices, completion.usage(traces))

    async def stream(self, alive: float) -> AsyncGenerator[bytes]:
        """Yield the events of a stream, and comments where nothing else comes for so many seconds."""
        pieces: asyncio.Queue[bytes] = asyncio.Queue(_WAITING_PIECES)
        voices = [asyncio.create_task(self._speak(at, one, pieces)) for at, one in enumerate(self.solves)]
        ended = asyncio.gather(*voices)
        try:
            while not (ended.done() and pieces.empty()):
                yield await _next(pieces, ended, alive)
            ended.result()
            yield self._ending()
            yield completion.DONE
        finally:
            ended.cancel()
            await asyncio.wait(voices)
            self.cancel()

    def cancel(self) -> None:
        """End what still runs: nobody waits for it."""
        for solve in self.solves:
            if solve.trace is None:
                solve.cancel()

    async def _speak(self, at: int, solve: Solve, pieces: "asyncio.Queue[bytes]") -> None:
        await pieces.put(self.envelope.delta(at, {"role": "assistant", "content": ""}))
        voice = Voice()
        async for entries in solve.follow():
            if said := voice.reasoning(entries):
                await pieces.put(self.envelope.delta(at, {"reasoning_content": said}))
        trace = await solve.finished()
        if _failure(trace) is None:
            if answer := content(trace, self.form, self.asked.stop or ()):
                await pieces.put(self.envelope.delta(at, {"content": answer}))
            told = completion.solved(trace, solve.name)
            await pieces.put(self.envelope.delta(at, {}, finish_reason(trace), vtc=told))

    def _ending(self) -> bytes:
        """Return what ends a stream before its last word: usage, where it is asked for, or what failed."""
        traces = [solve.trace for solve in self.solves if solve.trace is not None]
        for trace in traces:
            if (refusal := _failure(trace)) is not None:
                return completion.event(refusal.body)
        if self.asked.tells_usage:
            return self.envelope.chunk([], used=completion.usage(traces))
        return b""

    def _choice(self, at: int, trace: Trace) -> dict[str, Any]:
        message = {
            "role": "assistant",
            "content": content(trace, self.form, self.asked.stop or ()),
            "reasoning_content": whole_reasoning(trace),
            "refusal": None,
        }
        return {
            "index": at,
            "message": message,
            "logprobs": None,
            "finish_reason": finish_reason(trace),
            "vtc": completion.solved(trace, self.solves[at].name),
        }


async def _next(pieces: "asyncio.Queue[bytes]", ended: "asyncio.Future[Any]", alive: float) -> bytes:
    """Return the next piece; a comment where none comes, nothing where no more will."""
    if not pieces.empty():
        return pieces.get_nowait()
    getting = asyncio.ensure_future(pieces.get())
    try:
        await asyncio.wait({getting, ended}, timeout=alive, return_when=asyncio.FIRST_COMPLETED)
        if getting.done():
            return getting.result()
        return b"" if ended.done() else completion.ALIVE
    finally:
        getting.cancel()


async def _pictures(service: Service, talk: Conversation) -> tuple[Page, ...]:
    """Decode the images of a conversation, beside the event loop; raises Refusal."""
    if len(talk.images) > MOST_IMAGES:
        where = talk.images[MOST_IMAGES][0]
        raise off(where, f"a conversation may hold {MOST_IMAGES} images", "too_many_images")
    vision = service.solver.renderer.profile.vision
    found = []
    for where, address in talk.images:
        if service.limits.image_urls and not address.lower().startswith("data:"):
            data = await fetched(address, where)
        else:
            data = decoded(address, where)
        found.append(await asyncio.to_thread(picture, data, where, vision))
    return tuple(found)


def _failure(trace: Trace) -> Refusal | None:
    """Return what a request is answered with whose solve failed, None where it did not."""
    if trace.status == "failed":
        return Refusal(502, f"The model failed: {trace.error}", code="model_failed", kind="server_error")
    if trace.status == "cancelled":
        return Refusal(503, "The solve was ended by the server.", code="cancelled", kind="server_error")
    return None


def _require_sound(trace: Trace) -> None:
    refusal = _failure(trace)
    if refusal is not None:
        raise refusal
