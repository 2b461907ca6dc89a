"""Chat completions: a conversation in, the loop's reasoning and answer out."""

import asyncio
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from fastapi import Request
from starlette.responses import Response

from vtc_r1.attachments import Attachments
from vtc_r1.serve import completion
from vtc_r1.serve.bodies import json_response, read_body
from vtc_r1.serve.chat_request import ChatRequest, Message
from vtc_r1.serve.completion import Envelope, ReasoningStream, content, finish_reason, whole_reasoning
from vtc_r1.serve.disconnect import EventStream, cancel_on_disconnect
from vtc_r1.serve.failure import failure
from vtc_r1.serve.picture import MOST_IMAGES, decoded, fetched, invalid_image
from vtc_r1.serve.pictures import Pictures
from vtc_r1.serve.refusal import Refusal
from vtc_r1.serve.room import Held
from vtc_r1.serve.service import Service
from vtc_r1.serve.solve import Solve
from vtc_r1.trace import Trace

_QUEUED_EVENTS = 8


MOST_CHARACTERS = 1_000_000  #: limit of characters, over all texts of a conversation


@dataclass(frozen=True)
class Conversation:
    """A conversation that ends with a question."""

    question: str  #: the last message
    earlier: tuple[str, ...]  #: the turns before it, each a question with its answer; they start the memory
    system: str | None  #: all system and developer messages
    images: tuple[tuple[str, str], ...]  #: place in the body and URL of each image, oldest first


def conversation(messages: Sequence[Message]) -> Conversation:
    """Read the messages of a request; raises Refusal."""
    images = tuple(
        image for at, message in enumerate(messages) for image in message.images(f"messages[{at}]")
    )
    last = f"messages[{len(messages) - 1}]"
    if messages[-1].role != "user":
        raise _invalid(
            f"{last}.role", f"the last message must be the user's, not of role '{messages[-1].role}'"
        )
    if not messages[-1].text.strip():
        raise _invalid(f"{last}.content", "the question is empty")
    if sum(len(message.text) for message in messages) > MOST_CHARACTERS:
        raise _invalid("messages", f"the texts have more than {MOST_CHARACTERS:,} characters in total")
    system = [message.text for message in messages if message.role in ("system", "developer")]
    return Conversation(
        messages[-1].text, _turns(messages[:-1]), "\n\n".join(filter(None, system)) or None, images
    )


def _turns(messages: Sequence[Message]) -> tuple[str, ...]:
    """Join each user message with the answer to it."""
    turns: list[list[str]] = []
    for message in messages:
        if message.role not in ("user", "assistant") or not message.text.strip():
            continue
        if message.role == "user" or not turns:
            turns.append([])
        label = "Asked before" if message.role == "user" else "Answered"
        turns[-1].append(f"{label}: {message.text.strip()}")
    return tuple("\n".join(turn) for turn in turns)


def _invalid(param: str, reason: str) -> Refusal:
    return Refusal(400, f"Invalid '{param}': {reason}.", param=param, code="invalid_value")


async def complete(service: Service, request: Request, owner: str) -> Response:
    """Respond to one request for a chat completion; raises Refusal."""
    answer, is_stream, dropped = await _begun(service, request, owner)
    headers = {"X-Request-Id": answer.solves[0].name}
    if dropped:
        headers["X-Vtc-Ignored"] = ", ".join(dropped)
    try:
        if not is_stream:
            whole = await cancel_on_disconnect(request.receive, answer.whole())
            answer.cancel()
            return json_response(whole, headers=headers)
        if answer.solves[0].pictures is not None:
            await cancel_on_disconnect(request.receive, answer.decoded(service.limits.ping_interval))
        return EventStream(answer.stream(service.limits.ping_interval), headers)
    except BaseException:
        answer.cancel()
        raise


async def _begun(
    service: Service, request: Request, owner: str
) -> "tuple[ChatCompletion, bool, tuple[str, ...]]":
    """Begin the solves of a request, of whose body nothing is kept; raises Refusal."""
    body = await read_body(request, ChatRequest, service.limits.body_bytes, service.limits.text_bytes)
    if body.model != service.model:
        raise Refusal(
            404,
            f"The model '{body.model}' does not exist; this server has '{service.model}'.",
            param="model",
            code="model_not_found",
        )
    dialogue = conversation(body.messages)
    held: Held = request.scope["vtc_held"]
    pictures = await _pictures(service, dialogue, body.choices, held) if dialogue.images else None
    if pictures is None:
        held.release()
    solves = service.begin(
        dialogue.question,
        owner,
        attached=Attachments(earlier=dialogue.earlier, system=dialogue.system),
        pictures=pictures,
        sampling=body.sampling,
        tokens=body.budget,
        seed=body.seed,
        choices=body.choices,
    )
    envelope = Envelope(solves[0].name, int(time.time()), body.model)
    answer = ChatCompletion(service.form, body.stops, body.includes_usage, solves, envelope)
    return answer, bool(body.stream), body.dropped


@dataclass(frozen=True)
class ChatCompletion:
    """The solves of one request in the shape of OpenAI's completions."""

    form: str  #: the text of `content`, with `ANSWER` in place of the answer
    stops: tuple[str, ...]  #: strings that end the answer
    includes_usage: bool  #: whether a stream ends with the usage
    solves: Sequence[Solve]  #: one a choice
    envelope: Envelope  #: what every part of the response carries

    async def whole(self) -> dict[str, Any]:
        """Return the completion once every solve is over; raises Refusal if one failed."""
        traces = [await solve.finished() for solve in self.solves]
        for solve in self.solves:
            if (refusal := failure(solve)) is not None:
                raise refusal
        choices = [self._choice(at, trace) for at, trace in enumerate(traces)]
        return self.envelope.whole(choices, completion.usage(traces))

    async def decoded(self, seconds: float) -> None:
        """Wait, for some seconds at most, until images are decoded; raises Refusal if they cannot be.

        So a stream that need not wait for its turn is refused with a status of its own.
        """
        first = self.solves[0]
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await first.begun()
        if first.refusal is not None:
            raise first.refusal

    async def stream(self, ping_interval: float) -> AsyncGenerator[bytes]:
        """Yield the events of a stream, and a comment after every `ping_interval` seconds of silence."""
        events: asyncio.Queue[bytes] = asyncio.Queue(_QUEUED_EVENTS)
        tasks = [
            asyncio.create_task(self._choice_events(at, one, events)) for at, one in enumerate(self.solves)
        ]
        ended = asyncio.gather(*tasks)
        try:
            while not (ended.done() and events.empty()):
                yield await _next_event(events, ended, ping_interval)
            ended.result()
            yield self._last_event()
            yield completion.DONE
        finally:
            ended.cancel()
            every: set[asyncio.Future[Any]] = {*tasks, ended}
            await asyncio.wait(every)
            with suppress(asyncio.CancelledError):
                ended.exception()  # else asyncio logs that nobody asked for it
            self.cancel()

    def cancel(self) -> None:
        """Cancel the solves that still run, since nobody waits for them."""
        for solve in self.solves:
            if solve.trace is None:
                solve.cancel()

    async def _choice_events(self, at: int, solve: Solve, events: "asyncio.Queue[bytes]") -> None:
        await events.put(self.envelope.delta(at, {"role": "assistant", "content": ""}))
        reasoning = ReasoningStream()
        async for entries in solve.follow():
            if text := reasoning.text(entries):
                await events.put(self.envelope.delta(at, {"reasoning_content": text}))
        trace = await solve.finished()
        if failure(solve) is None:
            if answer := content(trace, self.form, self.stops):
                await events.put(self.envelope.delta(at, {"content": answer}))
            vtc = completion.vtc_fields(trace, solve.name)
            await events.put(self.envelope.delta(at, {}, finish_reason(trace), vtc=vtc))

    def _last_event(self) -> bytes:
        """Return the event before `[DONE]`: an error, or the usage if the request asks for it."""
        traces = [solve.trace for solve in self.solves if solve.trace is not None]
        for solve in self.solves:
            if (refusal := failure(solve)) is not None:
                return completion.event(refusal.body)
        if self.includes_usage:
            return self.envelope.chunk([], used=completion.usage(traces))
        return b""

    def _choice(self, at: int, trace: Trace) -> dict[str, Any]:
        message = {
            "role": "assistant",
            "content": content(trace, self.form, self.stops),
            "reasoning_content": whole_reasoning(trace),
            "refusal": None,
        }
        return {
            "index": at,
            "message": message,
            "logprobs": None,
            "finish_reason": finish_reason(trace),
            "vtc": completion.vtc_fields(trace, self.solves[at].name),
        }


async def _next_event(events: "asyncio.Queue[bytes]", ended: "asyncio.Future[Any]", ping: float) -> bytes:
    """Return the next event; a comment if none comes in time, nothing once all choices have ended."""
    if not events.empty():
        return events.get_nowait()
    getting = asyncio.ensure_future(events.get())
    try:
        await asyncio.wait({getting, ended}, timeout=ping, return_when=asyncio.FIRST_COMPLETED)
        if getting.done():
            return getting.result()
        return b"" if ended.done() else completion.PING
    finally:
        getting.cancel()


async def _pictures(service: Service, dialogue: Conversation, solves: int, held: Held) -> Pictures:
    """Return the images of a conversation, read but not decoded; raises Refusal."""
    if len(dialogue.images) > MOST_IMAGES:
        where = dialogue.images[MOST_IMAGES][0]
        raise invalid_image(where, f"a conversation may hold at most {MOST_IMAGES} images", "too_many_images")
    vision = service.solver.renderer.profile.vision
    files = [
        (where, await fetched(address, where))
        if service.limits.image_urls and not address.lower().startswith("data:")
        else (where, await asyncio.to_thread(decoded, address, where))
        for where, address in dialogue.images
    ]
    return await asyncio.to_thread(Pictures, files, vision, solves, held.release)
