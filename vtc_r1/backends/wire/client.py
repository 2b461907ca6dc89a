"""Clients of OpenAI's SDK, and how they send."""

import inspect
import os
from typing import TYPE_CHECKING, Any

from vtc_r1.backends.wire.body import Body, messages
from vtc_r1.prompts.prompt import Prompt

if TYPE_CHECKING:
    from openai import AsyncOpenAI

_KEYS = ("VTC_API_KEY", "OPENAI_API_KEY")
_CONNECT = 10.0
"""Seconds after which a server that takes no connection counts as unreachable."""
_OURS = ("top_k",)
"""Fields that OpenAI's API does not know."""


def new_client(base_url: str, timeout: float) -> "AsyncOpenAI":
    """Make a client for one server; its own retries are off."""
    from openai import AsyncOpenAI, DefaultAioHttpClient, Timeout

    key = next((os.environ[name] for name in _KEYS if os.environ.get(name)), "none")
    patience = Timeout(timeout, connect=min(_CONNECT, timeout))
    transport = DefaultAioHttpClient(timeout=patience)
    return AsyncOpenAI(base_url=base_url, api_key=key, max_retries=0, timeout=patience, http_client=transport)


def without_retries(client: "AsyncOpenAI") -> "AsyncOpenAI":
    """Return a given client with its own retries off, on the same connections.

    A client that somebody has put a `create` of their own into is used as it is.
    """
    from openai import AsyncOpenAI

    if not isinstance(client, AsyncOpenAI) or "create" in vars(client.chat.completions):
        return client
    return client.with_options(max_retries=0) if client.max_retries else client


async def send(client: "AsyncOpenAI", fields: dict[str, Any], prompt: Prompt) -> Any:
    """Send a request through one of our own clients: the body as it is kept, the answer unparsed."""
    from openai import AsyncStream

    body = Body(fields, prompt)
    headers = {"Content-Type": "application/json", "Content-Length": str(len(body))}
    # Before openai 2.18 bytes go where a dictionary does.
    new = "content" in inspect.signature(client.post).parameters
    sent: dict[str, Any] = {"content": body} if new else {"body": bytes(body)}
    return await client.post(
        "/chat/completions",
        cast_to=object,
        options={"headers": headers},
        stream=True,
        stream_cls=AsyncStream[object],
        **sent,
    )


async def create(client: "AsyncOpenAI", fields: dict[str, Any], prompt: Prompt) -> Any:
    """Send a request through a given client, the way that whoever wraps such a client expects."""
    known = {name: value for name, value in fields.items() if name not in _OURS}
    others = {name: value for name, value in fields.items() if name in _OURS}
    said: dict[str, Any] = {**known, "messages": messages(prompt), "extra_body": others}
    return await client.chat.completions.create(**said)
