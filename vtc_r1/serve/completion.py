"""The format of OpenAI's chat completions."""

import json
from collections.abc import Sequence
from typing import Any

from vtc_r1.trace import Trace, Usage

DONE = b"data: [DONE]\n\n"
PING = b": ping\n\n"
"""A comment, which clients ignore: without it proxies close a stream that is silent."""


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
        "iterations": sum(len(trace.iterations) for trace in traces),
    }


def vtc_fields(trace: Trace, name: str) -> dict[str, Any]:
    """Return what OpenAI's format has no field for: the object `vtc` of a choice."""
    return {
        "solve": name,
        "status": trace.status,
        "exhausted": trace.exhausted,
        "iterations": len(trace.iterations),
        "compression_ratio": trace.compression_ratio,
        "seconds": trace.seconds,
        "seconds_loading": trace.seconds_loading,
        "warnings": trace.warnings,
    }


class Envelope:
    """The fields that all parts of one response share.

    Args:
        name: name of the solve, from which the id is made.
        created: seconds since the epoch.
        model: as the request names it.
    """

    def __init__(self, name: str, created: int, model: str) -> None:
        self.name, self.created, self.model = f"chatcmpl-{name}", created, model

    def whole(self, choices: list[dict[str, Any]], used: dict[str, Any]) -> dict[str, Any]:
        """Return a whole completion."""
        return {**self._head("chat.completion"), "choices": choices, "usage": used}

    def chunk(self, choices: list[dict[str, Any]], *, used: dict[str, Any] | None = None) -> bytes:
        """Return one event of a stream."""
        return event({**self._head("chat.completion.chunk"), "choices": choices, "usage": used})

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
