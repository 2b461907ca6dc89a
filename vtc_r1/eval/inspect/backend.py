"""A model of inspect_ai as a backend: each segment is one `generate` call, logged by inspect."""

from collections.abc import AsyncGenerator, Callable, Sequence

from inspect_ai.model import (
    ChatMessage,
    ChatMessageSystem,
    ChatMessageUser,
    Content,
    ContentImage,
    ContentReasoning,
    ContentText,
    GenerateConfig,
    Model,
    ModelOutput,
    StopReason,
)

from vtc_r1.backends.base import Backend, Completion, Delta, Request
from vtc_r1.backends.wire.segment import Merged
from vtc_r1.configuration import Sampling
from vtc_r1.errors import BackendError, ContextOverflow, first_line
from vtc_r1.iteration import FinishReason, Usage
from vtc_r1.prompts.prompt import Prompt
from vtc_r1.renderers import Page

_REASONS: dict[StopReason, FinishReason] = {
    "stop": "stop",
    "max_tokens": "length",
    "content_filter": "content_filter",
}
Segment = Callable[[Sequence[ChatMessage], ModelOutput], None]
"""Called with the messages of a segment and the output."""


class InspectBackend(Backend):
    """Generates segments with a model that inspect_ai manages.

    Retries, connection limits and caching are up to inspect's configuration; segments arrive whole.

    Args:
        model: the model.
        segment: called after every segment.
    """

    name = "inspect"
    revision: str | None = None

    def __init__(self, model: Model, segment: Segment | None = None) -> None:
        self._model, self._segment = model, segment
        self.model = str(model)

    async def generate(self, request: Request) -> AsyncGenerator[Delta | Completion]:
        """Yield the segment; raises BackendError."""
        asked = messages(request.prompt)
        output = await self._asked(asked, configuration(request.sampling, request.max_tokens))
        if output.error:
            raise BackendError(f"{self.model}: {output.error}")
        if output.empty:
            raise BackendError(f"{self.model} returned no choice")
        if output.stop_reason == "model_length" and not output.completion:
            raise ContextOverflow(f"{self.model}: the context is full")
        if self._segment is not None:
            self._segment(asked, output)
        text = written(output)
        if text:
            yield Delta(text)
        reason = _REASONS.get(
            output.stop_reason, "length" if output.stop_reason == "model_length" else "abort"
        )
        yield Completion(text, reason, _usage(output, request.prompt))

    async def check(self) -> None:
        """Do nothing: inspect owns the model."""

    async def aclose(self) -> None:
        """Do nothing: inspect owns the model."""

    async def _asked(self, asked: list[ChatMessage], config: GenerateConfig) -> ModelOutput:
        """Call the model; a provider's exception ends the solve, one of inspect's limits the sample."""
        from inspect_ai.util import LimitExceededError

        try:
            return await self._model.generate(asked, config=config)
        except LimitExceededError:
            raise
        except Exception as error:  # providers raise what their libraries raise
            raise BackendError(f"{self.model}: {type(error).__name__}: {first_line(error)}") from error


def messages(prompt: Prompt) -> list[ChatMessage]:
    """Return the chat messages of a prompt; pages travel as `data:` URIs."""
    content: list[Content] = [
        ContentImage(image=part.data_uri, detail="high") if isinstance(part, Page) else ContentText(text=part)
        for part in prompt.content
    ]
    system: list[ChatMessage] = [ChatMessageSystem(content=prompt.system)] if prompt.system else []
    return [*system, ChatMessageUser(content=content)]


def configuration(sampling: Sampling, max_tokens: int) -> GenerateConfig:
    """Return the sampling parameters in inspect's terms; unrestricted ones are left out."""
    return GenerateConfig(
        max_tokens=max_tokens,
        temperature=sampling.temperature,
        top_p=sampling.top_p,
        top_k=sampling.top_k if (sampling.top_k or -1) > 0 else None,
        presence_penalty=sampling.presence_penalty,
        seed=sampling.seed,
    )


def written(output: ModelOutput) -> str:
    """Return everything the model wrote, with the tags around reasoning that inspect split off."""
    content = output.message.content
    if isinstance(content, str):
        return content
    text = Merged()
    for part in content:
        if isinstance(part, ContentReasoning):
            text.add(part.reasoning, "")
        elif isinstance(part, ContentText):
            text.add("", part.text)
    return text.text


def _usage(output: ModelOutput, prompt: Prompt) -> Usage:
    """Convert inspect's token counts; vision tokens are our own estimate, as it has none."""
    used = output.usage
    vision = sum(page.vision_tokens for page in prompt.pages)
    if used is None:
        return Usage(vision_tokens=vision)
    cached = used.input_tokens_cache_read or 0
    return Usage(
        prompt_tokens=used.input_tokens + cached + (used.input_tokens_cache_write or 0),
        vision_tokens=vision,
        completion_tokens=used.output_tokens,
        cached_tokens=cached,
    )
