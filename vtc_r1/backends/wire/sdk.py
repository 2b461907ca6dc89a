"""A user's client of OpenAI's SDK, called by its public API so that wrapped clients work too."""

from collections.abc import AsyncGenerator
from typing import TYPE_CHECKING, Any

from vtc_r1.backends.wire.body import messages
from vtc_r1.backends.wire.client import Refused
from vtc_r1.prompts.prompt import Prompt

if TYPE_CHECKING:
    from openai import APIStatusError, AsyncOpenAI

_OURS = ("top_k", "return_token_ids")  #: fields that OpenAI's API does not know


class SdkClient:
    """Sends requests through a given client, without its retries and without closing it.

    Args:
        client: an `AsyncOpenAI`, or an object with its interface.
        base_url: address of its server, if it is given.
    """

    def __init__(self, client: "AsyncOpenAI", base_url: str | None) -> None:
        self._client = _without_retries(client)
        self.base_url = str(base_url or getattr(client, "base_url", "") or "").rstrip("/")

    async def events(
        self, fields: dict[str, Any], prompt: Prompt, *, streamed: bool
    ) -> AsyncGenerator[list[Any]]:
        """Yield the events of a response, one at a time."""
        from openai import APIStatusError

        known = {name: value for name, value in fields.items() if name not in _OURS}
        others = {name: value for name, value in fields.items() if name in _OURS}
        arguments: dict[str, Any] = {**known, "messages": messages(prompt), "extra_body": others}
        try:
            answer = await self._client.chat.completions.create(**arguments)
        except APIStatusError as error:
            raise _refused(error) from error
        try:
            if hasattr(answer, "__aiter__"):
                async for chunk in answer:
                    yield [_plain(chunk)]
            else:
                yield [_plain(answer)]
        finally:
            if hasattr(answer, "close"):
                await answer.close()

    async def models(self, base_url: str | None = None) -> Any:
        """Return the models that the server lists, or those of another address."""
        from openai import APIStatusError

        client = self._client if base_url is None else self._client.with_options(base_url=base_url)
        try:
            return [_plain(model) for model in (await client.models.list()).data]
        except APIStatusError as error:
            raise _refused(error) from error

    async def close(self) -> None:
        """Do nothing: the user closes the client."""


def _without_retries(client: "AsyncOpenAI") -> "AsyncOpenAI":
    """Return the client without its own retries, on the same connections.

    A client whose `create` has been replaced is used unchanged.
    """
    from openai import AsyncOpenAI

    if not isinstance(client, AsyncOpenAI) or "create" in vars(client.chat.completions):
        return client
    return client.with_options(max_retries=0) if client.max_retries else client


def _refused(error: "APIStatusError") -> Refused:
    headers = {name.lower(): value for name, value in error.response.headers.items()}
    return Refused(error.status_code, error.body, headers)


def _plain(record: Any) -> Any:
    return record.model_dump(warnings=False) if hasattr(record, "model_dump") else record
