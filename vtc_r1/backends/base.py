"""The protocol that every backend speaks."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Protocol

from vtc_r1.prompts.prompt import Prompt
from vtc_r1.trace import FinishReason, Sampling, Usage


@dataclass(frozen=True)
class Request:
    """One segment to generate, of at most `max_tokens` tokens."""

    prompt: Prompt
    sampling: Sampling
    max_tokens: int


@dataclass(frozen=True)
class Delta:
    """A piece of the segment, as soon as it exists."""

    text: str


@dataclass(frozen=True)
class Completion:
    """The whole segment."""

    text: str
    finish_reason: FinishReason
    usage: Usage


class Backend(Protocol):
    """Generates segments.

    Attributes:
        name: kind of backend, for the record.
        model: name of the model.
        revision: what identifies the weights, where that is known.
    """

    name: str
    model: str
    revision: str | None

    def generate(self, request: Request) -> AsyncGenerator[Delta | Completion]:
        """Yield the pieces of a segment, then the segment; raises BackendError."""
        ...

    async def check(self) -> None:
        """Make sure that it can generate; raises VtcError naming what is wrong."""
        ...

    async def aclose(self) -> None:
        """Release connections and memory."""
        ...
