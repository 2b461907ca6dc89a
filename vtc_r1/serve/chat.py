"""Chat completions: a conversation in, the loop's reasoning and answer out."""

import time
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from typing import Any

from fastapi import Request
from starlette.responses import Response

from vtc_r1.serve import completion
from vtc_r1.serve.answer import Answer
from vtc_r1.serve.asking import begin
from vtc_r1.serve.bodies import read_body
from vtc_r1.serve.chat_request import ChatRequest
from vtc_r1.serve.completion import Envelope, ReasoningStream, finish_reason
from vtc_r1.serve.failure import failure
from vtc_r1.serve.refusal import Refusal
from vtc_r1.serve.service import Service
from vtc_r1.serve.solve import Solve
from vtc_r1.trace import Trace


async def complete(service: Service, request: Request, owner: str) -> Response:
    """Respond to one request for a chat completion; raises Refusal."""
    body = await read_body(request, ChatRequest, service.limits.body_bytes, service.limits.text_bytes)
    solves = await begin(service, request, owner, body, body.form)
    envelope = Envelope(f"chatcmpl-{solves[0].name}", int(time.time()), body.model)
    answer = ChatCompletion(service.form, body.stops, solves, envelope, body.includes_usage)
    is_stream, dropped, ping = bool(body.stream), body.dropped, service.limits.ping_interval
    del body
    return await answer.respond(request, ping, is_stream=is_stream, dropped=dropped)


@dataclass(frozen=True)
class ChatCompletion(Answer):
    """The solves of one request in the shape of OpenAI's completions."""

    envelope: Envelope  #: what every part of the response carries
    includes_usage: bool  #: whether a stream ends with the usage

    def body(self, traces: Sequence[Trace]) -> dict[str, Any]:
        """Return the completion."""
        choices = [self._choice(at, trace) for at, trace in enumerate(traces)]
        return self.envelope.whole(choices, completion.usage(traces))

    async def events(self, at: int, solve: Solve) -> AsyncGenerator[bytes]:
        """Yield the chunks of one choice."""
        yield self.envelope.delta(at, {"role": "assistant", "content": ""})
        reasoning = ReasoningStream(solve.is_answer)
        async for entries in solve.follow():
            if text := reasoning.text(entries):
                yield self.envelope.delta(at, {"reasoning_content": text})
        trace = await solve.finished()
        if failure(solve) is None:
            if answer := self.text(trace, solve):
                yield self.envelope.delta(at, {"content": answer})
            vtc = completion.vtc_fields(trace, solve.name)
            yield self.envelope.delta(at, {}, finish_reason(trace), vtc=vtc)

    def last_events(self, refusal: Refusal | None) -> bytes:
        """Return the end of a stream: an error, or the usage if the request asks for it; `[DONE]`."""
        if refusal is not None:
            return completion.event(refusal.body) + completion.DONE
        if not self.includes_usage:
            return completion.DONE
        traces = [solve.trace for solve in self.solves if solve.trace is not None]
        return self.envelope.chunk([], used=completion.usage(traces)) + completion.DONE

    def _choice(self, at: int, trace: Trace) -> dict[str, Any]:
        solve = self.solves[at]
        message = {
            "role": "assistant",
            "content": self.text(trace, solve),
            "reasoning_content": self.reasoning(trace, solve),
            "refusal": None,
        }
        return {
            "index": at,
            "message": message,
            "logprobs": None,
            "finish_reason": finish_reason(trace),
            "vtc": completion.vtc_fields(trace, solve.name),
        }
