"""A plain HTTP client for one server: returns status and JSON as received, without retries."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from http.client import BadStatusLine, HTTPException, HTTPResponse, RemoteDisconnected
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import OpenerDirector, ProxyHandler, Request, build_opener

from vtc_r1.backends.wire.connecting import no_tls
from vtc_r1.backends.wire.http import HERE, api_key, checked
from vtc_r1.backends.wire.segment import thoughts_and_text
from vtc_r1.backends.wire.sse import DONE, EventParser
from vtc_r1.errors import BackendError

_LONGEST = 10_000_000  #: limit of the bytes of a response that are read


@dataclass(frozen=True)
class Answer:
    """A response: status, parsed JSON (None if it is not JSON), and raw text."""

    status: int
    body: Any
    text: str

    @property
    def complaint(self) -> str:
        """The message of an error response, in one line."""
        body = self.body if isinstance(self.body, dict) else {}
        inner = body.get("error")
        message = body.get("message") or (inner.get("message") if isinstance(inner, dict) else inner)
        return " ".join(str(message or body.get("detail") or self.text or "nothing").split())[:300]

    def at(self, *path: str | int) -> Any:
        """Return the value at `path` in the JSON, None if there is none."""
        found = self.body
        for key in path:
            try:
                found = found[key]
            except (KeyError, IndexError, TypeError):
                return None
        return found

    def generated(self, part: str = "message") -> tuple[str, str]:
        """Return thoughts and text of the first choice's message, or `delta`; empty without one."""
        try:
            return thoughts_and_text(self.at("choices", 0, part) or {})
        except (AttributeError, KeyError, TypeError):
            return "", ""


class Server:
    """Client of the server at a `/v1` address; raises BackendError if it cannot be reached.

    Args:
        base_url: the `/v1` address.
        key: API key; by default that of the environment (`VTC_API_KEY`, else `OPENAI_API_KEY`).
        timeout: seconds without any data after which a request fails.
    """

    def __init__(self, base_url: str, *, key: str | None = None, timeout: float = 120.0) -> None:
        parts = checked(base_url)
        self.base_url, self.timeout = base_url.rstrip("/"), timeout
        self._key = key or api_key(base_url) or "none"
        self._opener: OpenerDirector = (
            build_opener(ProxyHandler({})) if parts.hostname in HERE else build_opener()
        )

    def get(self, path: str) -> Answer:
        """Send a GET request."""
        return self._answer(path, None)

    def post(self, path: str, body: dict[str, Any]) -> Answer:
        """Send a POST request with `body` as JSON."""
        return self._answer(path, body)

    def stream(self, path: str, body: dict[str, Any]) -> Iterator[Any]:
        """Send `body`; yield the JSON of every event until `[DONE]`, an error response as its `error`."""
        try:
            with self._open(path, body) as response:
                parser = EventParser()
                while piece := response.read1(_LONGEST):
                    for data in parser.feed(piece):
                        if data == DONE:
                            return
                        yield json.loads(data)
        except HTTPError as error:
            with error:
                yield {"error": {"message": _read(error, error.code).complaint}}
        except ValueError as error:
            raise BackendError(f"{self.base_url}{path} streamed something other than JSON") from error
        except (URLError, HTTPException, OSError) as error:
            raise self._unreachable(error) from error

    def _answer(self, path: str, body: dict[str, Any] | None) -> Answer:
        try:
            with self._open(path, body) as response:
                return _read(response, 200)
        except HTTPError as error:
            with error:
                return _read(error, error.code)
        except (URLError, HTTPException, OSError) as error:
            raise self._unreachable(error) from error

    def _open(self, path: str, body: dict[str, Any] | None) -> HTTPResponse:
        data = None if body is None else json.dumps(body).encode()
        headers = {"Authorization": f"Bearer {self._key}", "Content-Type": "application/json"}
        request = Request(self.base_url + path, data=data, headers=headers)
        response: HTTPResponse = self._opener.open(request, timeout=self.timeout)
        return response

    def _unreachable(self, error: Exception) -> BackendError:
        reason = error.reason if isinstance(error, URLError) else error
        if isinstance(reason, BadStatusLine) and not isinstance(reason, RemoteDisconnected):
            return BackendError(f"{self.base_url} answered with something other than HTTP")
        if isinstance(reason, Exception) and (why := no_tls([reason])):
            return BackendError(f"{self.base_url} cannot establish a secure connection: {why}")
        if isinstance(reason, TimeoutError):
            return BackendError(f"{self.base_url} did not answer within {self.timeout:g} s")
        return BackendError(f"{self.base_url} cannot be reached ({reason or type(reason).__name__})")


def _read(response: HTTPResponse | HTTPError, status: int) -> Answer:
    text = response.read(_LONGEST).decode("utf-8", "replace")
    try:
        return Answer(status, json.loads(text), text)
    except ValueError:
        return Answer(status, None, text)
