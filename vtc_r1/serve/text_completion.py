"""Completions of a prompt, OpenAI's oldest interface: the answer as the text after it."""

import time
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Any

from fastapi import Request
from starlette.responses import Response

from vtc_r1.serve import completion
from vtc_r1.serve.asking import begin
from vtc_r1.serve.bodies import read_body
from vtc_r1.serve.chat import ChatCompletion
from vtc_r1.serve.chat_request import TextRequest
from vtc_r1.serve.completion import Envelope, finish_reason
from vtc_r1.serve.failure import failure
from vtc_r1.serve.service import Service
from vtc_r1.serve.solve import Solve
from vtc_r1.trace import Trace


async def complete_text(service: Service, request: Request, owner: str) -> Response:
    """Respond to one request for a completion; raises Refusal."""
    body = await read_body(request, TextRequest, service.limits.text_bytes)
    solves = await begin(service, request, owner, body, body.form, field="prompt", is_text=True)
    kind = "text_completion"
    envelope = Envelope(f"cmpl-{solves[0].name}", int(time.time()), body.model, kind, kind)
    answer = TextCompletion(service.form, body.stops, solves, envelope, body.includes_usage)
    is_stream, dropped, ping = bool(body.stream), body.dropped, service.limits.ping_interval
    return await answer.respond(request, ping, is_stream=is_stream, dropped=dropped)


@dataclass(frozen=True)
class TextCompletion(ChatCompletion):
    """The solves of one request in the shape of OpenAI's oldest interface; the reasoning is left out."""

    async def events(self, at: int, solve: Solve) -> AsyncGenerator[bytes]:
        """Yield the chunk of one choice, once it is there."""
        await solve.finished()
        if failure(solve) is None and solve.trace is not None:
            yield self.envelope.chunk([self._choice(at, solve.trace)])

    def _choice(self, at: int, trace: Trace) -> dict[str, Any]:
        solve = self.solves[at]
        return {
            "index": at,
            "text": self.text(trace, solve),
            "logprobs": None,
            "finish_reason": finish_reason(trace),
            "vtc": completion.vtc_fields(trace, solve.name),
        }
