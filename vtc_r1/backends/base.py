"""The protocol that every backend speaks."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Any, Protocol

from vtc_r1.configuration import Sampling
from vtc_r1.errors import UsageError
from vtc_r1.iteration import FinishReason, Sampled, Usage
from vtc_r1.prompts.prompt import Prompt


@dataclass(frozen=True)
class Request:
    """One segment to generate.

    Attributes:
        prompt: the prompt.
        sampling: sampling parameters, all of them.
        max_tokens: token limit of the segment.
        solve: names the solve that it belongs to; the segments of one solve share their prompts' prefix.
        seconds: time limit of one attempt, None for no limit.
        response_format: constraint on the segment, for a backend that `constrains`; None for none.
        record_tokens: return the sampled tokens with their log-probabilities, from a backend that `records`.
    """

    prompt: Prompt
    sampling: Sampling
    max_tokens: int
    solve: str = ""
    seconds: float | None = None
    response_format: dict[str, Any] | None = None
    record_tokens: bool = False


@dataclass(frozen=True)
class Delta:
    """A piece of the segment, as soon as it exists."""

    text: str


@dataclass(frozen=True)
class Restart:
    """The attempt failed and another begins: the pieces handed out so far are void."""

    reason: str


@dataclass(frozen=True)
class Completion:
    """The whole segment, how many attempts it took, and its tokens where the request asked for them."""

    text: str
    finish_reason: FinishReason
    usage: Usage
    attempts: int = 1
    sampled: Sampled | None = None


Piece = Delta | Restart | Completion
"""What a backend yields; the last one of a segment is its Completion."""


class Backend(Protocol):
    """Generates segments.

    Attributes:
        name: kind of backend, for the record.
        model: name of the model.
        context: the model's context length in tokens; None if unknown, or until `check` has asked for it.

    A backend may also have `preset`, the name of its model's preset where the model's name does not imply it;
    `constrains`, whether it can constrain a segment to JSON; and `records`, whether it can return the token
    ids of a segment with their log-probabilities.
    """

    name: str
    model: str
    context: int | None = None

    @property
    def revision(self) -> str | None:
        """What identifies the weights, None if that is not known; an attribute is enough."""
        ...

    def generate(self, request: Request) -> AsyncGenerator[Piece]:
        """Yield the pieces of a segment, then the segment.

        Raises:
            ContextOverflow: prompt and `max_tokens` exceed the model's context length.
            BackendError: it failed for another reason.
        """
        ...

    async def check(self) -> None:
        """Verify that it can generate; raises VtcError that names what is wrong."""
        ...

    async def aclose(self) -> None:
        """Release connections and memory."""
        ...


def checked_recording(backend: Backend, wanted: bool) -> bool:
    """Return `wanted`, whether tokens are recorded; raises UsageError if the backend does not know them."""
    if wanted and not getattr(backend, "records", False):
        raise UsageError(
            f"backend {backend.name} (model {backend.model}) does not say which tokens it sampled, and their "
            "log-probabilities: record tokens on SGLang, or with a model in this process"
        )
    return wanted
