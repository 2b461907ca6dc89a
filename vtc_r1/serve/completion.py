"""The format of OpenAI's chat completions; their text is the reasoning, streamed, then the answer."""

import json
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from vtc_r1.events import IterationStarted, SegmentFinished, SegmentRestarted, TextDelta
from vtc_r1.iteration import Usage
from vtc_r1.serve.solve import Entry
from vtc_r1.trace import Trace

RESTARTED = "\n\n[the server failed here; the segment starts again]\n\n"
BETWEEN = "\n\n"
_TAGS = ("<think>", "</think>", "<answer>", "</answer>")
_TAG = re.compile("|".join(_TAGS))
IsAnswer = Callable[[bool], bool]
"""Tells whether a segment's text is the answer; called with whether the segment was forced."""


@dataclass
class SegmentReasoning:
    """The reasoning of a segment: its text without tags, and without the answer after `</think>`."""

    received: int = 0
    is_answer: bool = False  #: the text is the answer, except for what precedes `</think>`
    _pending: str = ""
    _closed: bool = False
    _answering: bool = False

    def push(self, text: str) -> str:
        """Add a piece; return the new reasoning. What may be the start of a tag is held back."""
        self.received += len(text)
        if self.is_answer:
            self._pending += text
            return ""
        text, parts = self._pending + text, []
        at = 0
        for tag in _TAG.finditer(text):
            parts.append(self._visible(text[at : tag.start()]))
            self._pass_tag(tag.group())
            at = tag.end()
        rest = text[at:]
        held = _partial_tag(rest)
        self._pending = rest[len(rest) - held :]
        parts.append(self._visible(rest[: len(rest) - held]))
        return "".join(parts)

    def finish(self) -> str:
        """Return what was held back."""
        rest, self._pending = self._pending, ""
        if self.is_answer:
            return rest.rpartition("</think>")[0].removeprefix("<think>")
        return self._visible(rest)

    def _visible(self, text: str) -> str:
        return "" if self._answering else text

    def _pass_tag(self, tag: str) -> None:
        self._closed |= tag == "</think>"
        self._answering = tag == "<answer>" and self._closed


@dataclass
class ReasoningStream:
    """Turns the log of a solve into its reasoning, piece by piece."""

    is_answer: IsAnswer  #: whether the text of a segment is the answer
    _forced: bool = False
    _segment: SegmentReasoning = field(default_factory=SegmentReasoning)
    _has_text: bool = False

    def text(self, entries: Iterable[Entry]) -> str:
        """Return the reasoning in the next entries of the log."""
        return "".join(self._text(entry) for entry in entries)

    def _text(self, entry: Entry) -> str:
        added = ""
        match entry.event:
            case IterationStarted(_, _, forced):
                self._forced = forced
                self._segment = self._started()
                return BETWEEN if self._has_text else ""
            case TextDelta(_, text):
                added = self._segment.push(text)
            case SegmentRestarted():
                self._segment = self._started()
                added = RESTARTED if self._has_text else ""
            case SegmentFinished(_, text):
                added = self._segment.push(text[self._segment.received :]) + self._segment.finish()
        self._has_text |= bool(added)
        return added

    def _started(self) -> SegmentReasoning:
        return SegmentReasoning(is_answer=self.is_answer(self._forced))


def whole_reasoning(trace: Trace, is_answer: IsAnswer) -> str:
    """Return the reasoning of a finished solve, as a stream without failures would have sent it."""
    parts = []
    for iteration in trace.iterations:
        segment = SegmentReasoning(is_answer=is_answer(iteration.forced))
        parts.append(segment.push(iteration.text) + segment.finish())
    while parts and not parts[0]:
        parts.pop(0)
    return BETWEEN.join(parts)


ANSWER = "ANSWER"  #: placeholder of the answer in `--answer-as`


def content(trace: Trace, form: str, stops: Iterable[str]) -> str:
    """Return the answer in its form, cut before the first of the `stops`; empty without an answer."""
    answer = "" if trace.answer is None else form.replace(ANSWER, trace.answer)
    return min((answer.split(stop, 1)[0] for stop in stops), key=len, default=answer)


def finish_reason(trace: Trace) -> str:
    """Return OpenAI's finish reason: `length` if no answer was reached."""
    return "length" if trace.answer is None else "stop"


def _partial_tag(text: str) -> int:
    """Return the number of characters at the end of `text` that may be the start of a tag."""
    at = text.rfind("<", max(0, len(text) - max(map(len, _TAGS)) + 1))
    return len(text) - at if at >= 0 and any(tag.startswith(text[at:]) for tag in _TAGS) else 0


DONE = b"data: [DONE]\n\n"
PING = b": ping\n\n"  #: a comment, which clients ignore: without it proxies close a stream that is silent


def usage(traces: Sequence[Trace]) -> dict[str, Any]:
    """Return the `usage` of several solves; a prompt counts in every iteration that sent it."""
    total = sum((trace.usage for trace in traces), Usage())
    return {
        "prompt_tokens": total.prompt_tokens,
        "completion_tokens": total.completion_tokens,
        "total_tokens": total.prompt_tokens + total.completion_tokens,
        "prompt_tokens_details": {
            "text_tokens": max(0, total.prompt_tokens - total.vision_tokens),
            "image_tokens": total.vision_tokens,
            "cached_tokens": total.cached_tokens,
        },
        "completion_tokens_details": {
            "reasoning_tokens": total.completion_tokens - sum(_answer_tokens(trace) for trace in traces)
        },
        "iterations": sum(len(trace.iterations) for trace in traces),
    }


def _answer_tokens(trace: Trace) -> int:
    """Estimate the tokens of the answer, by its part of the characters of the last segment."""
    if trace.answer is None or not trace.iterations:
        return 0
    last = trace.iterations[-1]
    part = min(1.0, len(trace.answer) / max(1, len(last.text)))
    return round(part * last.usage.completion_tokens)


def vtc_fields(trace: Trace, name: str) -> dict[str, Any]:
    """Return what OpenAI's format has no field for: the object `vtc` of a choice."""
    return {
        "solve": name,
        "status": trace.status,
        "exhausted": trace.exhausted,
        "memory": trace.memory,
        "iterations": len(trace.iterations),
        "compression_ratio": trace.compression_ratio,
        "seconds": trace.seconds,
        "seconds_loading": trace.seconds_loading,
        "warnings": trace.warnings,
    }


class Envelope:
    """The fields that all parts of one response share.

    Args:
        name: id of the response.
        created: seconds since the epoch.
        model: as the request names it.
        kind: object of a whole response.
        chunk_kind: object of an event.
    """

    def __init__(
        self,
        name: str,
        created: int,
        model: str,
        kind: str = "chat.completion",
        chunk_kind: str = "chat.completion.chunk",
    ) -> None:
        self.name, self.created, self.model = name, created, model
        self.kind, self.chunk_kind = kind, chunk_kind

    def whole(self, choices: list[dict[str, Any]], used: dict[str, Any]) -> dict[str, Any]:
        """Return a whole completion."""
        return {**self._head(self.kind), "choices": choices, "usage": used}

    def chunk(self, choices: list[dict[str, Any]], *, used: dict[str, Any] | None = None) -> bytes:
        """Return one event of a stream."""
        return event({**self._head(self.chunk_kind), "choices": choices, "usage": used})

    def delta(
        self, index: int, delta: dict[str, Any], reason: str | None = None, **more: dict[str, Any]
    ) -> bytes:
        """Return an event that extends one choice."""
        return self.chunk(
            [{"index": index, "delta": delta, "logprobs": None, "finish_reason": reason, **more}]
        )

    def _head(self, kind: str) -> dict[str, Any]:
        return {"id": self.name, "object": kind, "created": self.created, "model": self.model}


def event(data: dict[str, Any]) -> bytes:
    """Encode one server-sent event."""
    return b"data: " + json.dumps(data, separators=(",", ":")).encode() + b"\n\n"
