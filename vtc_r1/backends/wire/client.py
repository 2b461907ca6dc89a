"""The protocol of a client for one server: our own, or one of OpenAI's SDK."""

from collections.abc import AsyncGenerator
from typing import Any, Protocol

from vtc_r1.prompts.prompt import Prompt

KEYS = ("VTC_API_KEY", "OPENAI_API_KEY")  #: variables that may hold the API key, in order of precedence


class Client(Protocol):
    """Sends requests and returns what the server sends back.

    Its methods raise `Refused` for an error response, ValueError for one that is not JSON, and the errors of
    its HTTP library for a failed connection.
    """

    base_url: str  #: the server's `/v1` address

    def events(self, fields: dict[str, Any], prompt: Prompt, *, streamed: bool) -> AsyncGenerator[list[Any]]:
        """Yield the events of a response; those that arrive together are one list.

        Without streaming there is one event, the completion.
        """
        ...

    async def models(self, base_url: str | None = None) -> Any:
        """Return the models that the server lists at `/models`, or those of another address."""
        ...

    async def close(self) -> None:
        """Close the connections."""
        ...


class Refused(Exception):
    """An error response.

    Attributes:
        status: HTTP status.
        body: parsed JSON, or the text if it is not JSON.
        headers: headers, with names in lower case.
    """

    def __init__(self, status: int, body: Any, headers: dict[str, str]) -> None:
        super().__init__(f"{status}: {body}")
        self.status, self.body, self.headers = status, body, headers
