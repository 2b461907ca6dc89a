"""Responses: OpenAI's newer interface, with the reasoning as an item of its own."""

import time
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field
from typing import Any

from fastapi import Request
from starlette.responses import Response

from vtc_r1.serve import completion
from vtc_r1.serve.answer import Answer
from vtc_r1.serve.asking import begin
from vtc_r1.serve.bodies import read_body
from vtc_r1.serve.completion import ReasoningStream
from vtc_r1.serve.failure import failure
from vtc_r1.serve.refusal import Refusal
from vtc_r1.serve.responses_request import ResponsesRequest
from vtc_r1.serve.service import Service
from vtc_r1.serve.solve import Solve
from vtc_r1.trace import Trace


async def respond(service: Service, request: Request, owner: str) -> Response:
    """Respond to one request for a response; raises Refusal."""
    body = await read_body(request, ResponsesRequest, service.limits.body_bytes, service.limits.text_bytes)
    form, chat, is_text = body.form, body.chat, isinstance(body.input, str)
    solves = await begin(
        service, request, owner, chat, form,
        system=body.instructions, field="input", form_field="text.format", is_text=is_text,
    )  # fmt: skip
    shape = {"format": {"type": "text"}} if form is None else {"format": form.response_format}
    echoed = {**body.echoed, "model": body.model, "text": shape}
    answer = Responded(service.form, (), solves, echoed, body.has_summary)
    is_stream, dropped, ping = bool(body.stream), body.dropped, service.limits.ping_interval
    del body, chat
    return await answer.respond(request, ping, is_stream=is_stream, dropped=dropped)


@dataclass
class Numbered:
    """The events of one stream, which are numbered."""

    last: int = -1

    def event(self, kind: str, **values: Any) -> bytes:
        """Return the next event."""
        self.last += 1
        data = {"type": kind, "sequence_number": self.last, **values}
        return b"event: " + kind.encode() + b"\n" + completion.event(data)


@dataclass(frozen=True)
class Responded(Answer):
    """The solve of one request in the shape of OpenAI's responses."""

    echoed: dict[str, Any]  #: fields of the request that the response repeats
    has_summary: bool  #: whether the reasoning goes into the summary, as the request asks
    created: int = field(default_factory=lambda: int(time.time()))

    def body(self, traces: Sequence[Trace]) -> dict[str, Any]:
        """Return the response."""
        (trace,), (solve,) = traces, self.solves
        items = [self._message(solve.name, self.text(trace, solve), trace)]
        if reasoning := self.reasoning(trace, solve):
            items.insert(0, self._reasoning(solve.name, reasoning))
        return self._response(solve.name, trace, items)

    async def events(self, at: int, solve: Solve) -> AsyncGenerator[bytes]:
        """Yield the events of the response."""
        numbered, name = Numbered(), solve.name
        began = self._response(name, None, [])
        yield numbered.event("response.created", response=began)
        yield numbered.event("response.in_progress", response=began)
        items: list[dict[str, Any]] = []
        reasoning, said = ReasoningStream(solve.is_answer), ""
        kind, index = self._reasoning_kind
        place = {"item_id": f"rs_{name}", "output_index": 0, index: 0}
        async for entries in solve.follow():
            if not (text := reasoning.text(entries)):
                continue
            if not said:
                added = {**self._reasoning(name, ""), "summary": [], "content": [], "status": "in_progress"}
                yield numbered.event("response.output_item.added", output_index=0, item=added)
                yield numbered.event(f"{self._part_kind}.added", **place, part=self._part(""))
            said += text
            yield numbered.event(f"response.{kind}.delta", **place, delta=text)
        trace = await solve.finished()
        if said:
            items.append(self._reasoning(name, said))
            yield numbered.event(f"response.{kind}.done", **place, text=said)
            yield numbered.event(f"{self._part_kind}.done", **place, part=self._part(said))
            yield numbered.event("response.output_item.done", output_index=0, item=items[0])
        if (refusal := failure(solve)) is not None:
            error = {"code": "server_error", "message": refusal.body["error"]["message"]}
            failed = {**self._response(name, trace, items), "status": "failed", "error": error}
            yield numbered.event("response.failed", response=failed)
            return
        async for event in self._message_events(numbered, name, trace, items, self.text(trace, solve)):
            yield event
        whole = self._response(name, trace, items)
        yield numbered.event(f"response.{whole['status']}", response=whole)

    def last_events(self, refusal: Refusal | None) -> bytes:
        """Return nothing: the last event says how it ended."""
        return b""

    async def _message_events(
        self, numbered: Numbered, name: str, trace: Trace, items: list[dict[str, Any]], text: str
    ) -> AsyncGenerator[bytes]:
        """Yield the events of the message, and add it to the items."""
        message, at = self._message(name, text, trace), len(items)
        place = {"item_id": message["id"], "output_index": at, "content_index": 0}
        empty = {**message, "status": "in_progress", "content": []}
        yield numbered.event("response.output_item.added", output_index=at, item=empty)
        part = message["content"][0]
        yield numbered.event("response.content_part.added", **place, part={**part, "text": ""})
        if text:
            yield numbered.event("response.output_text.delta", **place, delta=text, logprobs=[])
        yield numbered.event("response.output_text.done", **place, text=text, logprobs=[])
        yield numbered.event("response.content_part.done", **place, part=part)
        yield numbered.event("response.output_item.done", output_index=at, item=message)
        items.append(message)

    @property
    def _reasoning_kind(self) -> tuple[str, str]:
        """Kind of the events with the reasoning, and the field with its place in the item."""
        if self.has_summary:
            return "reasoning_summary_text", "summary_index"
        return "reasoning_text", "content_index"

    @property
    def _part_kind(self) -> str:
        return "response.reasoning_summary_part" if self.has_summary else "response.content_part"

    def _part(self, text: str) -> dict[str, Any]:
        return {"type": "summary_text" if self.has_summary else "reasoning_text", "text": text}

    def _reasoning(self, name: str, text: str) -> dict[str, Any]:
        """Return the item with the reasoning."""
        parts = [self._part(text)]
        return {
            "id": f"rs_{name}",
            "type": "reasoning",
            "summary": parts if self.has_summary else [],
            "content": [] if self.has_summary else parts,
            "status": "completed",
        }

    def _message(self, name: str, text: str, trace: Trace) -> dict[str, Any]:
        """Return the item with the answer."""
        return {
            "id": f"msg_{name}",
            "type": "message",
            "role": "assistant",
            "status": "incomplete" if trace.answer is None else "completed",
            "content": [{"type": "output_text", "text": text, "annotations": [], "logprobs": []}],
        }

    def _response(self, name: str, trace: Trace | None, items: list[dict[str, Any]]) -> dict[str, Any]:
        """Return the response, of a solve that runs if it has no trace."""
        is_cut = trace is not None and trace.answer is None
        status = "in_progress" if trace is None else "incomplete" if is_cut else "completed"
        return {
            "id": f"resp_{name}",
            "object": "response",
            "created_at": self.created,
            "status": status,
            "error": None,
            "incomplete_details": {"reason": "max_output_tokens"} if is_cut else None,
            **self.echoed,
            "output": items,
            "parallel_tool_calls": False,
            "previous_response_id": None,
            "store": False,
            "tool_choice": "none",
            "tools": [],
            "truncation": "disabled",
            "metadata": {},
            "usage": None if trace is None else _usage(trace),
            "vtc": None if trace is None else completion.vtc_fields(trace, name),
        }


def _usage(trace: Trace) -> dict[str, Any]:
    """Return the usage in the names of this interface."""
    used = completion.usage([trace])
    cached = used["prompt_tokens_details"]["cached_tokens"]
    return {
        "input_tokens": used["prompt_tokens"],
        "input_tokens_details": {"cached_tokens": cached, "cache_write_tokens": 0},
        "output_tokens": used["completion_tokens"],
        "output_tokens_details": used["completion_tokens_details"],
        "total_tokens": used["total_tokens"],
    }
