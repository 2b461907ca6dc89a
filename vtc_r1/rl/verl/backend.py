"""A backend over the rollout servers that verl hands to an agent loop."""

import asyncio
from collections.abc import AsyncGenerator, Collection
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol
from uuid import uuid4

from PIL import Image

from vtc_r1.backends.base import Backend, Completion, Request
from vtc_r1.errors import BackendError, ContextOverflow, first_line
from vtc_r1.iteration import Sampled, Usage

if TYPE_CHECKING:
    from vtc_r1.backends.encoding import PromptEncoder

_ABORTED = ("abort", "aborted")


class RolloutServer(Protocol):
    """What verl hands to an agent loop: the client of its rollout servers."""

    async def generate(
        self,
        request_id: str,
        *,
        prompt_ids: list[int],
        sampling_params: dict[str, Any],
        image_data: list[Any] | None = None,
    ) -> Any:
        """Return `token_ids`, `log_probs`, `stop_reason` and `extra_fields`."""
        ...


@dataclass(frozen=True)
class Turn:
    """One generated segment, in the terms of verl."""

    prompt: list[int]  #: token ids of the prompt, with every page's vision tokens in place
    pages: list[Image.Image]  #: its pages, in order, in RGB
    sampled: Sampled  #: what was generated
    extra: dict[str, Any] = field(default_factory=dict)  #: what the server says of it


class VerlBackend(Backend):
    """Generates segments with verl's rollout servers; `turns` keeps each as it was sampled.

    Args:
        server: the client of the servers.
        encoder: encodes prompts for the checkpoint that is trained.
        ends: tokens that end a segment.
        model: name of the model, for the trace.
        sampling: parameters that verl asks for in this solve; they are sent as they are.
        context: tokens that the servers take of prompt and segment together.
    """

    name = "verl"
    records = True
    revision = None

    def __init__(
        self,
        server: RolloutServer,
        encoder: "PromptEncoder",
        ends: Collection[int],
        model: str,
        sampling: dict[str, Any],
        context: int | None = None,
    ) -> None:
        self.server, self.encoder, self.ends, self.model = server, encoder, ends, model
        self.sampling, self.context = sampling, context
        self.turns: list[Turn] = []
        self._key = uuid4().hex  # the segments of a solve share a prefix, so verl sends them to one server

    async def generate(self, request: Request) -> AsyncGenerator[Completion]:
        """Yield the segment; raises BackendError, ContextOverflow before anything is sent."""
        encoded = await asyncio.to_thread(self.encoder.encode, request.prompt)
        if self.context is not None and len(encoded.ids) + request.max_tokens > self.context:
            raise ContextOverflow(
                f"prompt and segment take {len(encoded.ids)} + {request.max_tokens} tokens of {self.context}",
                self.context,
                len(encoded.ids),
            )
        pages = [Image.fromarray(page.pixels).convert("RGB") for page in request.prompt.pages]
        try:
            output = await self.server.generate(
                request_id=self._key,
                prompt_ids=list(encoded.ids),
                sampling_params={**self.sampling, "max_tokens": request.max_tokens, "logprobs": True},
                image_data=pages or None,
            )
        except Exception as error:  # whatever Ray carries over from the server
            raise BackendError(f"verl's rollout server failed: {first_line(error)}") from error
        sampled = _sampled(output)
        said = dict(getattr(output, "extra_fields", None) or {})
        self.turns.append(Turn(encoded.ids, pages, sampled, said))
        has_ended = sampled.ids[-1] in self.ends
        written = sampled.ids[:-1] if has_ended else sampled.ids
        yield Completion(
            self.encoder.tokenizer.decode(written, skip_special_tokens=True),
            "stop" if has_ended else "length",
            Usage(
                prompt_tokens=len(encoded.ids),
                vision_tokens=encoded.vision_tokens,
                completion_tokens=len(written),
            ),
            sampled=sampled if request.record_tokens else None,
        )

    async def check(self) -> None:
        """Do nothing: verl has started its servers."""

    async def aclose(self) -> None:
        """Do nothing: the servers are verl's."""


def _sampled(output: Any) -> Sampled:
    """Return the tokens of an answer of the servers; raises BackendError where they cannot be trained on."""
    if getattr(output, "stop_reason", None) in _ABORTED:
        raise BackendError("verl's rollout server aborted the segment")
    if not output.token_ids:
        raise BackendError("verl's rollout server generated no token")
    logprobs = output.log_probs or ()
    if len(logprobs) != len(output.token_ids):
        raise BackendError(
            f"verl's rollout server returned {len(logprobs)} log-probabilities for {len(output.token_ids)} "
            "tokens: actor_rollout_ref.rollout.calculate_log_probs must be True"
        )
    return Sampled(ids=tuple(output.token_ids), logprobs=tuple(map(float, logprobs)))
