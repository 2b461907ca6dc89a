"""A plain HTTP client for one server: status and JSON as they came, nothing retried, nothing hidden."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from http.client import BadStatusLine, HTTPException, HTTPResponse, RemoteDisconnected
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import OpenerDirector, ProxyHandler, Request, build_opener

from vtc_r1.backends.wire.connecting import no_tls
from vtc_r1.backends.wire.http import HERE, api_key, checked
from vtc_r1.backends.wire.segment import spoken
from vtc_r1.backends.wire.sse import DONE, EventParser
from vtc_r1.errors import BackendError

_LONGEST = 10_000_000
"""Most bytes of an answer that are read."""


@dataclass(frozen=True)
class Answer:
    """What the server answered: the status, the parsed JSON (None where it is none), and the raw text."""

    status: int
    body: Any
    text: str

    @property
    def complaint(self) -> str:
        """What an error answer says, in one line."""
        body = self.body if isinstance(self.body, dict) else {}
        inner = body.get("error")
        said = body.get("message") or (inner.get("message") if isinstance(inner, dict) else inner)
        return " ".join(str(said or body.get("detail") or self.text or "nothing").split())[:300]

    def at(self, *path: str | int) -> Any:
        """Return what lies at `path` in the JSON, None where there is nothing."""
        found = self.body
        for key in path:
            try:
                found = found[key]
            except (KeyError, IndexError, TypeError):
                return None
        return found

    def spoken(self, part: str = "message") -> tuple[str, str]:
        """Return thoughts and text of the first choice's message, or `delta`; nothing where it has none."""
        try:
            return spoken(self.at("choices", 0, part) or {})
        except (AttributeError, KeyError, TypeError):
            return "", ""


class Server:
    """Speaks to the server at a `/v1` address; raises BackendError where it cannot be reached.

    Args:
        base_url: the `/v1` address.
        key: API key; that of the environment (`VTC_API_KEY`, else `OPENAI_API_KEY`) unless given.
        timeout: seconds without any data after which a request is given up.
    """

    def __init__(self, base_url: str, *, key: str | None = None, timeout: float = 120.0) -> None:
        parts = checked(base_url)
        self.base_url, self.timeout = base_url.rstrip("/"), timeout
        self._key = key or api_key() or "none"
        self._opener: OpenerDirector = (
            build_opener(ProxyHandler({})) if parts.hostname in HERE else build_opener()
        )

    def get(self, path: str) -> Answer:
        """Ask for `path`."""
        return self._answer(path, None)

    def post(self, path: str, body: dict[str, Any]) -> Answer:
        """Send `body` as JSON to `path`."""
        return self._answer(path, body)

    def stream(self, path: str, body: dict[str, Any]) -> Iterator[Any]:
        """Send `body`; yield the JSON of every event until `[DONE]`, an error answer as its `error`."""
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
            raise BackendError(f"{self.base_url}{path} streamed what is no JSON") from error
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
            return BackendError(f"{self.base_url} answers with what is no HTTP")
        if isinstance(reason, Exception) and (why := no_tls([reason])):
            return BackendError(f"{self.base_url} makes no secure connection: {why}")
        if isinstance(reason, TimeoutError):
            return BackendError(f"{self.base_url} did not answer within {self.timeout:g} s")
        return BackendError(f"{self.base_url} cannot be reached ({reason or type(reason).__name__})")


def _read(response: HTTPResponse | HTTPError, status: int) -> Answer:
    text = response.read(_LONGEST).decode("utf-8", "replace")
    try:
        return Answer(status, json.loads(text), text)
    except ValueError:
        return Answer(status, None, text)
