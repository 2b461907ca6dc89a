"""Refusals that mean: prompt and answer are more than the context holds.

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
    """Tokens that the context holds, and those of the prompt; None where they are not said."""

    context: int | None
    prompt: int | None


def overflow(said: str, code: object = None) -> Overflow | None:
    """Read a refusal; None where it is about something else."""
    if code != CODE and not _OVERFLOWS.search(said):
        return None
    return Overflow(_first(_CONTEXT, said), _first(_PROMPT, said))


def _first(patterns: tuple[str, ...], said: str) -> int | None:
    found = (re.search(pattern, said, re.IGNORECASE) for pattern in patterns)
    return next((int(match[1]) for match in found if match), None)
