"""Why an attempt failed: the message, whether a retry may help, and what it shows about the server."""

import email.utils
import math
import os
import re
import time
from collections.abc import Mapping
from typing import Any

from vtc_r1.backends.wire.client import KEYS, Refused
from vtc_r1.backends.wire.connecting import chain, no_tls, why_unreachable
from vtc_r1.backends.wire.images import of_images
from vtc_r1.backends.wire.overflow import CODE, overflow
from vtc_r1.backends.wire.webpage import Webpage, webpage
from vtc_r1.errors import PASSING, BackendError, Cause, ContextOverflow, first_line

LONGEST_PAUSE = 120.0  #: limit, in seconds, up to which a server's Retry-After is honoured
OPTIONAL = ("stream_options", "top_k", "top_p", "temperature", "presence_penalty", "seed", "max_tokens")
"""Fields that some servers refuse and that a request can be sent without, or under another name."""
_UNKNOWN = re.compile(
    "unsupported|not support|unknown|unrecogni[sz]ed|unexpected|not (?:permitted|allowed)|forbidden|"
    "additional propert|extra (?:fields|inputs)|deprecated for this model",
    re.IGNORECASE,
)
"""How servers say that a field is unknown, rather than that its value is wrong."""
RENAMED = "max_completion_tokens"  #: openAI's newer name of `max_tokens`
_GAVE_UP = (
    *("abort", "aborted", "cancelled", "canceled", "error", "timeout"),
    *("network_error", "insufficient_system_resource"),  # GLM's, DeepSeek's
)
_TOOLS = ("tool_calls", "tool_call", "tool_use", "function_call")
_REFUSED = {"ConnectError", "ConnectTimeout", "ClientConnectorError", "ConnectionTimeoutError"}
_LOST = {"ClientPayloadError", "ServerDisconnectedError", "ClientOSError"}
_SILENT = {"TimeoutException", "SocketTimeoutError"}
_NOT_HTTP = "Bad status line"  #: in the error of HTTP libraries for a response that is not HTTP
_BROKEN = {"HTTPError", "StreamError", "ClientError", "APIConnectionError", "OSError", *_REFUSED, *_LOST}
_AWAY, _BUSY, _NOT_THERE = (502, 503, 504), (429, 503, 529), (404, 405, 501, 505)
_UNPAID = re.compile(
    "insufficient[ _](?:quota|balance|funds|credit)|exceeded your current quota|billing", re.IGNORECASE
)
"""How servers say that an account has no credit, some of them with 429, as if that would pass."""
_CODES = {
    "rate_limit_exceeded": 429,
    "server_error": 500,
    "invalid_request_error": 400,
    "BadRequestError": 400,
    CODE: 400,
    "validation": 400,
    "overloaded": 429,
}


class Failure(Exception):
    """An attempt that failed.

    Attributes:
        error: error of the solve, unless another attempt is made.
        passing: whether it may be transient, so that a retry may help.
        away: the server cannot be reached, or says that it is unavailable.
        refused: no connection was established.
        answered: the server responded, if only with an error.
        busy: the server is overloaded.
        pause: seconds to wait before the next request, from Retry-After.
        unknown: request fields that the server says it does not know.
        counted: whether it counts against the limit of attempts; not if the server is down and waited for.
    """

    def __init__(
        self,
        error: BackendError,
        *,
        away: bool = False,
        refused: bool = False,
        answered: bool = False,
        busy: bool = False,
        pause: float | None = None,
        unknown: frozenset[str] = frozenset(),
    ) -> None:
        super().__init__(str(error))
        self.error, self.away, self.refused = error, away, refused
        self.answered, self.busy, self.pause, self.unknown = answered, busy, pause, unknown
        self.passing = error.cause in PASSING
        self.counted = True

    @property
    def suspect(self) -> bool:
        """Whether the server may be faulty; only such failures of several solves in a row show that it is."""
        return self.error.cause in ("error", "broken")


def unreachable(where: str, reason: str = "") -> Failure:
    """No connection can be established."""
    why = f" ({reason})" if reason else ""
    message = f"{where} cannot be reached{why}; is it running, and is --base-url right?"
    return Failure(BackendError(message, "away"), away=True, refused=True)


def broken_off(where: str, *, begun: bool) -> Failure:
    """The connection was lost, or the stream ended, before the segment was complete."""
    when = "in the middle of a segment" if begun else "before any text of the answer"
    return Failure(BackendError(f"{where} broke off {when}", "broken"))


def late(where: str, seconds: float) -> Failure:
    """The attempt timed out."""
    return Failure(BackendError(f"{where} did not answer within {seconds:g} s", "late"))


def nonsense(where: str, what: str, error: BaseException) -> Failure:
    """The response does not follow the protocol."""
    message = f"{where} answered with something other than a {what}: {first_line(error)}"
    return Failure(BackendError(message, "answer"))


def unfinished(where: str, reason: str) -> Failure:
    """The server ended the segment for a reason other than its end or its token limit."""
    message = f"{where} ended a segment with finish_reason {reason!r}"
    if reason.lower() in _GAVE_UP:
        return Failure(BackendError(f"{message}: it aborted the segment", "broken"), answered=True)
    if reason.lower() in _TOOLS:
        message += ": it took the text for a tool call; start it without a tool-call parser"
    else:
        message += ", which is neither a complete nor a truncated text"
    return Failure(BackendError(message, "answer"), answered=True)


def unrecorded(where: str, missing: str) -> Failure:
    """The answer lacks the tokens that were to be recorded."""
    message = f"{where} answered with {missing}, so the tokens that it sampled cannot be recorded: serve the "
    message += "model by SGLang and name that server, not its router, or use a model in this process"
    return Failure(BackendError(message, "refused"), answered=True)


def from_status(where: str, status: int, body: Any, headers: Mapping[str, str]) -> Failure:
    """Classify an error response."""
    body = body[0] if isinstance(body, list) and body else body  # Gemini's
    error = body.get("error", body) if isinstance(body, dict) else body
    if isinstance(error, str) and (page := webpage(error)):
        error = page
    if 300 <= status < 400 and (target := headers.get("location")):
        error = f"it redirects to {target}"
    if status < 300:
        return _classed(where, "answered with an error", _code(error, 400), error, _pause(headers))
    return _classed(where, f"answered {status}", status, error, _pause(headers))


def from_webpage(where: str, page: str) -> Failure:
    """Classify a web page in place of a completion, with a status that is not an error."""
    line = f"{where} answered with {page} instead of a completion; is --base-url its /v1 address?"
    return Failure(BackendError(line, "address"), answered=True)


def from_stream(where: str, error: Any) -> Failure:
    """Classify an error that arrived in a stream, by its code; without one it counts as transient."""
    return _classed(where, "broke off", _code(error, 500), error, None)


def _code(error: Any, otherwise: int) -> int:
    """Return the status in the error object, which may differ from that of the response."""
    named = error if isinstance(error, dict) else {}
    code = str(named.get("code") or named.get("status_code") or named.get("type"))
    return int(code) if code.isdecimal() else _CODES.get(code, otherwise)


def failure(where: str, error: Exception, seconds: float, *, begun: bool = False) -> Failure:
    """Classify an error of a client; raises `error` itself if it is not one.

    Args:
        where: name of the server in messages.
        error: the error.
        seconds: timeout without data.
        begun: whether some text has arrived.
    """
    if isinstance(error, Refused):
        return from_status(where, error.status, error.body, error.headers)
    if isinstance(error, Webpage):
        return from_webpage(where, str(error))
    if found := from_connection(where, error, seconds, begun=begun):
        return found
    if any(kind.__name__ == "APIError" for kind in type(error).__mro__):
        return from_stream(where, getattr(error, "body", None) or str(error))
    if isinstance(error, (AttributeError, KeyError, TypeError, ValueError)):
        return nonsense(where, "completion", error)
    raise error


def from_connection(
    where: str, error: BaseException, seconds: float, *, begun: bool = False
) -> Failure | None:
    """Classify a failed connection; None if the error is something else.

    Each HTTP library that the SDK may use has error classes of its own, so they are recognised by name.
    """
    causes = chain(error)
    names = {kind.__name__ for cause in causes for kind in type(cause).__mro__}
    if not names & _BROKEN:
        return None
    if reason := no_tls(causes):
        return Failure(BackendError(f"{where} cannot establish a secure connection: {reason}", "tls"))
    if _NOT_HTTP in str(error):
        message = f"{where} answered with something other than HTTP; is --base-url right?"
        return Failure(BackendError(message, "address"), answered=True)
    if names & _LOST and not names & {"ClientConnectorError"}:
        return broken_off(where, begun=begun)
    if names & _REFUSED or "UnsupportedProtocol" in names or "InvalidURL" in names:
        return unreachable(where, why_unreachable(causes))
    return late(where, seconds) if names & _SILENT else broken_off(where, begun=begun)


def _classed(where: str, how: str, status: int, error: Any, pause: float | None) -> Failure:
    if status == 401:
        refused = BackendError(f"{where} rejects the API key; set VTC_API_KEY", "key")
        return Failure(refused, answered=True)
    message = _message(error)
    line = f"{where} {how}: {' '.join(message.split())[:500]}".removesuffix(": ")
    if status == 403:
        line += "; may the API key in VTC_API_KEY use this model?"
        return Failure(BackendError(_without_key(line), "key"), answered=True)
    said = f"{message} {_field(error, 'code')} {_field(error, 'type')}"
    passes = pause is not None or "retry in" in message  # a per-minute quota, worded alike
    if status == 402 or (400 <= status < 500 and not passes and _UNPAID.search(said)):
        line += "; the account has no credit: it would refuse every question"
        return Failure(BackendError(line, "key"), answered=True)
    found = overflow(message, _field(error, "code"))
    if found is None and (remedy := of_images(message)):
        return Failure(BackendError(f"{line}; {remedy}", "refused"), answered=True)
    if status in (400, 413, 422):
        if unknown := _unknown(message):
            return Failure(BackendError(line, "refused"), answered=True, unknown=unknown)
        if status == 413 and found is None:
            line += "; the request is too large: raise the limit of the proxy in front of it (nginx: "
            line += "client_max_body_size), keep fewer pages (--memory-tokens), or take smaller (--profile)"
        refused = ContextOverflow(line, *found) if found else BackendError(line, "refused")
        return Failure(refused, answered=True)
    if status in _NOT_THERE or 300 <= status < 400:
        line += "; is --base-url its /v1 address, and --model a name it lists?"
        return Failure(BackendError(line, "address"), answered=True)
    return Failure(
        BackendError(line, _cause(status)),
        answered=True,
        away=status in _AWAY,
        busy=status in _BUSY,
        pause=pause,
    )


def _message(error: Any) -> str:
    """Return the text of an error, in the forms of the various servers."""
    if not isinstance(error, dict):
        return str(error or "")
    return str(error.get("message") or error.get("detail") or error.get("msg") or error)


def _field(error: Any, name: str) -> Any:
    return error.get(name) if isinstance(error, dict) else None


def _without_key(line: str) -> str:
    """Return a message without the API key, which some servers repeat."""
    keys = (os.environ.get(name, "").strip() for name in KEYS)
    for key in filter(None, keys):
        line = line.replace(key, "…")
    return line


def _unknown(message: str) -> frozenset[str]:
    """Return the fields that a refusal names as unknown."""
    if not _UNKNOWN.search(message):
        return frozenset()
    named = {name for name in OPTIONAL if re.search(rf"(?<!\w){name}(?!\w)", message)}
    return frozenset(named if RENAMED in message else named - {"max_tokens"})


def _cause(status: int) -> Cause:
    """Classify an HTTP status that does not refuse the request itself."""
    if status in _AWAY:
        return "away"
    if status in _BUSY:
        return "busy"
    if status == 408:
        return "late"
    return "error" if status >= 500 else "refused"


def _pause(headers: Mapping[str, str]) -> float | None:
    """Return the seconds of Retry-After, which may be a date."""
    given = headers.get("retry-after", "")
    try:
        seconds = float(given)
    except ValueError:
        try:
            seconds = email.utils.parsedate_to_datetime(given).timestamp() - time.time()
        except (ValueError, OverflowError):
            return None
    return min(max(0.0, seconds), LONGEST_PAUSE) if not math.isnan(seconds) else None
