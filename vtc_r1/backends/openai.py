"""SGLang, and any other server that speaks OpenAI's chat completions."""

import asyncio
import os
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from vtc_r1.backends.base import Completion, Delta, Request
from vtc_r1.errors import BackendError, UnknownName
from vtc_r1.prompts.prompt import Prompt
from vtc_r1.renderers.page import Page
from vtc_r1.trace import FinishReason, Usage

if TYPE_CHECKING:
    from openai import AsyncOpenAI

ATTEMPTS = 3
"""Tries of one request before the solve fails."""
_KEYS = ("VTC_API_KEY", "OPENAI_API_KEY")
_REASONS: dict[str | None, FinishReason] = {
    "stop": "stop",
    "length": "length",
    "abort": "abort",
    "content_filter": "content_filter",
}


class OpenAIBackend:
    """Generates segments on a server.

    Args:
        base_url: the server's `/v1` address; may be None where `client` is given.
        model: model name as the server lists it.
        client: an `AsyncOpenAI` of your own, used as it is and never closed here.
        stream: ask for a stream; without it, pieces arrive all at once.
        timeout: seconds without any data after which a request is given up.

    The API key comes from the environment: `VTC_API_KEY`, else `OPENAI_API_KEY`.
    """

    name = "openai"
    revision: str | None = None

    def __init__(
        self,
        base_url: str | None,
        model: str,
        *,
        client: "AsyncOpenAI | None" = None,
        stream: bool = True,
        timeout: float = 600.0,
    ) -> None:
        self.base_url, self.model = base_url, model
        self.stream, self.timeout = stream, timeout
        self._given = client
        self._clients: WeakKeyDictionary[asyncio.AbstractEventLoop, AsyncOpenAI] = WeakKeyDictionary()

    async def generate(self, request: Request) -> AsyncGenerator[Delta | Completion]:
        """Yield the pieces of a segment, then the segment; raises BackendError.

        A request that fails before its first piece is tried again; later it is not, as its
        pieces have been handed out.
        """
        from openai import APIConnectionError, APIError, InternalServerError, RateLimitError
        from tenacity import (
            AsyncRetrying,
            retry_if_exception_type,
            stop_after_attempt,
            wait_random_exponential,
        )

        passing = (APIConnectionError, InternalServerError, RateLimitError)
        try:
            async for attempt in AsyncRetrying(
                retry=retry_if_exception_type(passing),
                stop=stop_after_attempt(ATTEMPTS),
                wait=wait_random_exponential(multiplier=0.5, max=10),
                reraise=True,
            ):
                with attempt:
                    response = await self._client().chat.completions.create(**self.arguments(request))
            pieces = self._streamed(response, request) if self.stream else self._whole(response, request)
            async with aclosing(pieces):
                async for piece in pieces:
                    yield piece
        except APIError as error:
            raise BackendError(self._explain(error)) from error
        except (AttributeError, TypeError, ValueError) as error:
            raise BackendError(f"{self._where()} answered with what is no completion: {error}") from error

    def arguments(self, request: Request) -> dict[str, Any]:
        """Return the arguments of the request: every sampling parameter is explicit."""
        sampling = request.sampling
        streaming = {"stream": True, "stream_options": {"include_usage": True}} if self.stream else {}
        return {
            "model": self.model,
            "messages": messages(request.prompt),
            "max_tokens": request.max_tokens,
            "temperature": sampling.temperature,
            "top_p": sampling.top_p,
            "presence_penalty": sampling.presence_penalty,
            **({"seed": sampling.seed} if sampling.seed is not None else {}),
            "extra_body": {"top_k": sampling.top_k},
            **streaming,
        }

    async def aclose(self) -> None:
        """Close the connections of the running event loop."""
        client = self._clients.pop(asyncio.get_running_loop(), None)
        if client is not None:
            await client.close()

    async def check(self) -> None:
        """Ask the server whether it serves the model.

        A server that cannot list its models is taken at its word.

        Raises:
            BackendError: the server cannot be reached or refuses.
            UnknownName: it serves other models; some servers answer any name without a word.
        """
        from openai import APIError, NotFoundError

        try:
            served = [model.id for model in (await self._client().models.list()).data]
        except NotFoundError:
            return
        except APIError as error:
            raise BackendError(self._explain(error)) from error
        except (AttributeError, TypeError, ValueError) as error:
            raise BackendError(f"{self._where()} answered with what is no list of models: {error}") from error
        if self.model not in served:
            raise UnknownName(f"model on {self.base_url}:", self.model, served)

    def _client(self) -> "AsyncOpenAI":
        """Return the client of the running event loop; connections cannot cross loops."""
        if self._given is not None:
            return self._given
        from openai import AsyncOpenAI

        loop = asyncio.get_running_loop()
        if loop not in self._clients:
            key = next((os.environ[name] for name in _KEYS if os.environ.get(name)), "none")
            self._clients[loop] = AsyncOpenAI(
                base_url=self.base_url, api_key=key, max_retries=0, timeout=self.timeout
            )
        return self._clients[loop]

    async def _streamed(self, response: Any, request: Request) -> AsyncGenerator[Delta | Completion]:
        from openai import APIConnectionError, APITimeoutError

        text, reason, usage = Merged(), None, None
        broken = BackendError(f"{self._where()} broke off in the middle of a segment")
        try:
            async with response:
                async for chunk in response:
                    usage = chunk.usage or usage
                    for choice in chunk.choices[:1]:
                        reason = choice.finish_reason or reason
                        thought = getattr(choice.delta, "reasoning_content", None)
                        if piece := text.add(thought, choice.delta.content):
                            yield Delta(piece)
        except APITimeoutError:
            raise
        except APIConnectionError as error:
            raise broken from error
        if reason is None:
            raise broken
        yield Completion(text.text, _reason(reason), _usage(usage, request.prompt, text.pieces))

    async def _whole(self, response: Any, request: Request) -> AsyncGenerator[Delta | Completion]:
        if not response.choices:
            raise BackendError(f"{self._where()} answered without a choice")
        choice, text = response.choices[0], Merged()
        piece = text.add(getattr(choice.message, "reasoning_content", None), choice.message.content)
        if piece:
            yield Delta(piece)
        yield Completion(text.text, _reason(choice.finish_reason), _usage(response.usage, request.prompt, 0))

    def _explain(self, error: Exception) -> str:
        from openai import APIConnectionError, APIStatusError, APITimeoutError

        if isinstance(error, APITimeoutError):
            return f"{self._where()} did not answer within {self.timeout:g} s"
        if isinstance(error, APIConnectionError):
            return f"{self._where()} cannot be reached; is it running, and is --base-url right?"
        if isinstance(error, APIStatusError):
            if error.status_code in (401, 403):
                return f"{self._where()} refuses the API key; set VTC_API_KEY"
            body = error.body if isinstance(error.body, dict) else {}
            said = str(body.get("message") or error.message).replace("\n", " ")[:500]
            return f"{self._where()} answered {error.status_code}: {said}"
        return f"{self._where()}: {error}"

    def _where(self) -> str:
        return f"server {self.base_url or 'behind the given client'} (model {self.model})"


class Merged:
    """Joins `reasoning_content` and `content` into the one text that the model wrote.

    A server with a reasoning parser takes the thinking tags away; they are put back.
    """

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._thinking = False

    @property
    def text(self) -> str:
        """All of it so far."""
        return "".join(self._parts)

    @property
    def pieces(self) -> int:
        """How many pieces added text."""
        return len(self._parts)

    def add(self, reasoning: str | None, content: str | None) -> str:
        """Take one piece of both; return the text that it adds."""
        piece = ""
        if reasoning:
            piece += reasoning if self._thinking else f"<think>{reasoning}"
            self._thinking = True
        if content:
            piece += f"</think>{content}" if self._thinking else content
            self._thinking = False
        if piece:
            self._parts.append(piece)
        return piece


def messages(prompt: Prompt) -> list[dict[str, Any]]:
    """Return the chat messages of a prompt; pages travel as `data:` URIs."""
    system = [{"role": "system", "content": prompt.system}] if prompt.system else []
    content = [
        {"type": "image_url", "image_url": {"url": part.data_uri}}
        if isinstance(part, Page)
        else {"type": "text", "text": part}
        for part in prompt.content
    ]
    return [*system, {"role": "user", "content": content}]


def _reason(reason: str | None) -> FinishReason:
    return _REASONS.get(reason, "abort")


def _usage(usage: Any, prompt: Prompt, pieces: int) -> Usage:
    """Read the server's count; vision tokens by our own arithmetic where it gives none."""
    expected = sum(page.vision_tokens for page in prompt.pages)
    if usage is None:
        return Usage(vision_tokens=expected, completion_tokens=pieces)
    details = usage.prompt_tokens_details
    images = getattr(details, "image_tokens", None)
    return Usage(
        prompt_tokens=usage.prompt_tokens,
        vision_tokens=expected if images is None else images,
        completion_tokens=usage.completion_tokens,
        cached_tokens=getattr(details, "cached_tokens", None) or 0,
    )
