"""Refusals because prompt and answer exceed the context length.

Sources of the wordings: SGLang's tokenizer manager, scheduler and chat endpoint (0.5), vLLM's input
checks of several versions, OpenAI's API, llama.cpp's server, TGI, LM Studio, Anthropic, Gemini, Mistral.
"""

import re
from typing import NamedTuple

CODE = "context_length_exceeded"
_OVERFLOWS = re.compile(
    r"context[ _](?:length|size|window)|maximum model length|maximum allowed length \(\d+ tokens"
    r"|too long after expanding multimodal|max_(?:completion_)?tokens\S* is too large"
    r"|max_new_tokens\S* must be <=|maximum context|context limit|prompt is too long"
    r"|input token count .{0,30}exceeds the maximum",
    re.IGNORECASE,
)
_CONTEXT = (
    r"context (?:length|size|window) (?:is |is only |of |of only )?\(?(\d+)",
    r"(\d+) maximum context length|maximum context length: (\d+)",
    r"max_new_tokens\S* must be <= (\d+)",
    r"maximum number of tokens allowed \((\d+)",
    r"tokens > (\d+) maximum|context limit: \d+ \+ \d+ > (\d+)",
    r"maximum model length of (\d+)",
    r"maximum allowed length \((\d+)",
    r"expanding .*>= (\d+)",
)
_PROMPT = (
    r"request \((\d+) tokens\)",
    r"Given: (\d+) `inputs`",
    r"input token count \((\d+)",
    r"prompt is too long: (\d+)|context limit: (\d+) \+",
    r"prompt contains (\d+) tokens",
    r"\((\d+) of text input",
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
    return next((int(match[match.lastindex or 0]) for match in found if match), None)
