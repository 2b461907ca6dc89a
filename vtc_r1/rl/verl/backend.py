"""A backend over the rollout servers that verl passes to an agent loop."""

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
    """The client of verl's rollout servers, as verl passes it to an agent loop."""

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
    """One generated segment, a turn in the terms of verl."""

    prompt_ids: list[int]  #: token ids of the prompt, with the vision tokens of every page
    pages: list[Image.Image]  #: its pages, in order, in RGB
    sampled: Sampled  #: the sampled tokens, with their log-probabilities
    extra_fields: dict[str, Any] = field(default_factory=dict)  #: further fields of the server's output


class VerlBackend(Backend):
    """Generates segments with verl's rollout servers; `turns` records each of them.

    Args:
        server: the client of the servers.
        encoder: encodes prompts for the checkpoint that is trained.
        eos_ids: ids of the tokens that end a segment.
        model: name of the model, for the trace.
        sampling_params: sampling parameters of verl for this solve; they are sent unchanged.
        max_model_len: limit of the servers for the tokens of prompt and segment together.
    """

    name = "verl"
    records = True
    revision = None

    def __init__(
        self,
        server: RolloutServer,
        encoder: "PromptEncoder",
        eos_ids: Collection[int],
        model: str,
        sampling_params: dict[str, Any],
        max_model_len: int | None = None,
    ) -> None:
        self.server, self.encoder, self.eos_ids, self.model = server, encoder, eos_ids, model
        self.sampling_params, self.max_model_len = sampling_params, max_model_len
        self.turns: list[Turn] = []
        # The segments of a solve share a prefix: with one request id, verl sends them to one server.
        self._request_id = uuid4().hex

    async def generate(self, request: Request) -> AsyncGenerator[Completion]:
        """Yield the segment; raises BackendError, ContextOverflow before anything is sent."""
        encoded = await asyncio.to_thread(self.encoder.encode, request.prompt)
        limit = self.max_model_len
        if limit is not None and len(encoded.ids) + request.max_tokens > limit:
            raise ContextOverflow(
                f"prompt and segment take {len(encoded.ids)} + {request.max_tokens} tokens of {limit}",
                limit,
                len(encoded.ids),
            )
        pages = [Image.fromarray(page.pixels).convert("RGB") for page in request.prompt.pages]
        try:
            output = await self.server.generate(
                request_id=self._request_id,
                prompt_ids=list(encoded.ids),
                sampling_params={**self.sampling_params, "max_tokens": request.max_tokens, "logprobs": True},
                image_data=pages or None,
            )
        except Exception as error:  # whatever Ray raises again from the server
            raise BackendError(f"verl's rollout server failed: {first_line(error)}") from error
        sampled = _sampled(output)
        extra_fields = dict(getattr(output, "extra_fields", None) or {})
        self.turns.append(Turn(encoded.ids, pages, sampled, extra_fields))
        has_ended = sampled.ids[-1] in self.eos_ids
        text_ids = sampled.ids[:-1] if has_ended else sampled.ids
        yield Completion(
            self.encoder.tokenizer.decode(text_ids, skip_special_tokens=True),
            "stop" if has_ended else "length",
            Usage(
                prompt_tokens=len(encoded.ids),
                vision_tokens=encoded.vision_tokens,
                completion_tokens=len(text_ids),
            ),
            sampled=sampled if request.record_tokens else None,
        )

    async def check(self) -> None:
        """Do nothing: verl has started its servers."""

    async def aclose(self) -> None:
        """Do nothing: the servers are verl's."""


def _sampled(output: Any) -> Sampled:
    """Return the sampled tokens of a server's output; raises BackendError if they cannot be trained on."""
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
