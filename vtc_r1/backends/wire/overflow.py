"""Refusals because prompt and answer exceed the context length.

Sources of the wordings: SGLang's tokenizer manager, scheduler and chat endpoint (0.5), vLLM's input
checks of several versions, OpenAI's API, llama.cpp's server.
"""

import re
from typing import NamedTuple

CODE = "context_length_exceeded"
_OVERFLOWS = re.compile(
    r"context[ _](?:length|size|window)|maximum model length|maximum allowed length \(\d+ tokens"
    r"|too long after expanding multimodal|max_(?:completion_)?tokens\S* is too large",
    re.IGNORECASE,
)
_CONTEXT = (
    r"context length (?:is |is only |of )?\(?(\d+)",
    r"maximum model length of (\d+)",
    r"maximum allowed length \((\d+)",
    r"expanding .*>= (\d+)",
)
_PROMPT = (
    r"input \((\d+) tokens\)",
    r"input length \((\d+)",
    r"(\d+) (?:tokens from the input|input tokens)",
    r"\((\d+) in the (?:messages|prompt)",
    r"(?:messages|prompt) resulted in (\d+)",
    r"prompt \(length (\d+)",
    r"=> (\d+) >=",
)


class Overflow(NamedTuple):
    """Context length and prompt length in tokens; None if the message does not state them."""

    context: int | None
    prompt: int | None


def overflow(message: str, code: object = None) -> Overflow | None:
    """Parse a refusal; None if it is about something else."""
    if code != CODE and not _OVERFLOWS.search(message):
        return None
    return Overflow(_first(_CONTEXT, message), _first(_PROMPT, message))


def _first(patterns: tuple[str, ...], message: str) -> int | None:
    found = (re.search(pattern, message, re.IGNORECASE) for pattern in patterns)
    return next((int(match[1]) for match in found if match), None)
