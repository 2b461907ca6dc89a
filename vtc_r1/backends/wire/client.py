"""What speaks to one server: our own client, or a given one of OpenAI's SDK."""

from collections.abc import AsyncGenerator
from typing import Any, Protocol

from vtc_r1.prompts.prompt import Prompt


class Client(Protocol):
    """Sends requests and hands out what comes back as it is.

    Its methods raise `Refused` for an answer that is an error, ValueError for one that is no JSON, and
    what its HTTP library raises for a connection that fails.

    Attributes:
        base_url: the server's `/v1` address.
    """

    base_url: str

    def events(self, fields: dict[str, Any], prompt: Prompt, *, streamed: bool) -> AsyncGenerator[list[Any]]:
        """Yield the events of an answer, those that came over the network together in one list.

        Without a stream there is one event, the completion.
        """
        ...

    async def models(self, base_url: str | None = None) -> Any:
        """Return what the server lists at `/models`, or what stands there at another address."""
        ...

    async def close(self) -> None:
        """Close the connections."""
        ...


class Refused(Exception):
    """An answer that is an error.

    Attributes:
        status: of HTTP.
        body: parsed JSON, else the text.
        headers: names in lower case.
    """

    def __init__(self, status: int, body: Any, headers: dict[str, str]) -> None:
        super().__init__(f"{status}: {body}")
        self.status, self.body, self.headers = status, body, headers
