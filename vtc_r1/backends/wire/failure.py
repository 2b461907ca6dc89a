"""Why an attempt failed: what it says, whether another may do better, and what it tells of the server."""

import email.utils
import math
import re
import time
from collections.abc import Mapping
from typing import Any

from vtc_r1.backends.wire.client import Refused
from vtc_r1.backends.wire.connecting import chain, no_tls, why_unreachable
from vtc_r1.backends.wire.overflow import CODE, overflow
from vtc_r1.backends.wire.webpage import Webpage, webpage
from vtc_r1.errors import PASSING, BackendError, Cause, ContextOverflow, first_line

LONGEST_PAUSE = 120.0
"""Most seconds that a server's Retry-After is obeyed."""
OPTIONAL = ("stream_options", "top_k", "top_p", "temperature", "presence_penalty", "seed", "max_tokens")
"""Fields of a request that servers refuse, and that it can be sent without, or in other words."""
_UNKNOWN = re.compile(
    "unsupported|not support|unknown|unrecogni[sz]ed|unexpected|not (?:permitted|allowed)|forbidden|"
    "additional propert|extra (?:fields|inputs)",
    re.IGNORECASE,
)
"""How servers say that they do not know a field, rather than that its value is wrong."""
RENAMED = "max_completion_tokens"
"""What newer servers of OpenAI call `max_tokens`."""
_GAVE_UP = ("abort", "aborted", "cancelled", "canceled", "error", "timeout")
_TOOLS = ("tool_calls", "tool_call", "tool_use", "function_call")
_REFUSED = {"ConnectError", "ConnectTimeout", "ClientConnectorError", "ConnectionTimeoutError"}
_LOST = {"ClientPayloadError", "ServerDisconnectedError", "ClientOSError"}
_SILENT = {"TimeoutException", "SocketTimeoutError"}
_FOREIGN = "Bad status line"
"""What is said of an answer that is none of HTTP."""
_BROKEN = {"HTTPError", "StreamError", "ClientError", "APIConnectionError", "OSError", *_REFUSED, *_LOST}
_AWAY, _BUSY = (502, 503, 504), (429, 503)
_CODES = {
    "rate_limit_exceeded": 429,
    "server_error": 500,
    "invalid_request_error": 400,
    "BadRequestError": 400,
    CODE: 400,
}


class Failure(Exception):
    """An attempt that failed.

    Attributes:
        error: what the solve ends with, unless another attempt is made.
        passing: whether another attempt may do better.
        away: the server cannot be reached, or says that it cannot serve.
        refused: no connection to it was made.
        answered: it gave an answer, be it an error.
        busy: it has more work than it takes.
        pause: seconds for which it wants to be left alone.
        unknown: the fields of the request that the server does not know, where it says so.
        counted: whether it counts against the attempts; not where the server is away and is waited for.
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
    def ill(self) -> bool:
        """Whether the server may be ill: alone it tells nothing, but of several solves in a row it does."""
        return self.error.cause in ("error", "broken")


def unreachable(where: str, reason: str = "") -> Failure:
    """No connection can be made."""
    told = f" ({reason})" if reason else ""
    said = f"{where} cannot be reached{told}; is it running, and is --base-url right?"
    return Failure(BackendError(said, "away"), away=True, refused=True)


def broken_off(where: str, *, begun: bool) -> Failure:
    """The connection was lost, or the stream ended, before the segment did, or even began."""
    said = "broke off in the middle of a segment" if begun else "broke off without a word of an answer"
    return Failure(BackendError(f"{where} {said}", "broken"))


def late(where: str, seconds: float) -> Failure:
    """The attempt ran out of its time."""
    return Failure(BackendError(f"{where} did not answer within {seconds:g} s", "late"))


def nonsense(where: str, what: str, error: BaseException) -> Failure:
    """It answered with something that it should not say."""
    said = f"{where} answered with what is no {what}: {first_line(error)}"
    return Failure(BackendError(said, "answer"))


def unfinished(where: str, reason: str) -> Failure:
    """The server ended the segment for a reason that leaves it without its end."""
    said = f"{where} ended a segment with finish_reason {reason!r}"
    if reason.lower() in _GAVE_UP:
        return Failure(BackendError(f"{said}: it gave the segment up", "broken"), answered=True)
    if reason.lower() in _TOOLS:
        said += ": it took the text for a call of a tool; start it without a parser of tool calls"
    else:
        said += ", which says nothing of a text that is whole or cut"
    return Failure(BackendError(said, "answer"), answered=True)


def from_status(where: str, status: int, body: Any, headers: Mapping[str, str]) -> Failure:
    """Class an answer that is an error."""
    error = body.get("error", body) if isinstance(body, dict) else body
    if isinstance(error, str) and (page := webpage(error)):
        error = page
    if 300 <= status < 400 and (target := headers.get("location")):
        error = f"it redirects to {target}"
    if status < 300:
        return _classed(where, "answered with an error", _code(error, 400), error, _pause(headers))
    return _classed(where, f"answered {status}", status, error, _pause(headers))


def from_webpage(where: str, said: str) -> Failure:
    """Class a web page in the place of a completion, under a status that is no error."""
    line = f"{where} answered with {said} instead of a completion; is --base-url its /v1 address?"
    return Failure(BackendError(line, "address"), answered=True)


def from_stream(where: str, error: Any) -> Failure:
    """Class an error that arrived in a stream, by its code; without one, another attempt may do better."""
    return _classed(where, "broke off", _code(error, 500), error, None)


def _code(error: Any, otherwise: int) -> int:
    """Return the status that an error names beside the answer's own."""
    named = error if isinstance(error, dict) else {}
    code = str(named.get("code") or named.get("status_code") or named.get("type"))
    return int(code) if code.isdecimal() else _CODES.get(code, otherwise)


def failure(where: str, error: Exception, seconds: float, *, begun: bool = False) -> Failure:
    """Class what a client raises; raises `error` itself where it is nothing of that kind.

    Args:
        where: names the server.
        error: what was raised.
        seconds: for which data was waited for.
        begun: whether some of the answer has come.
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
    """Class what went wrong on the way; None where it is no failure of a connection.

    Every HTTP library that the SDK may use has classes of its own, so they are told by name.
    """
    causes = chain(error)
    names = {kind.__name__ for cause in causes for kind in type(cause).__mro__}
    if not names & _BROKEN:
        return None
    if reason := no_tls(causes):
        return Failure(BackendError(f"{where} makes no secure connection: {reason}", "tls"))
    if _FOREIGN in str(error):
        said = f"{where} answered with what is no HTTP; is --base-url right?"
        return Failure(BackendError(said, "address"), answered=True)
    if names & _LOST and not names & {"ClientConnectorError"}:
        return broken_off(where, begun=begun)
    if names & _REFUSED or "UnsupportedProtocol" in names or "InvalidURL" in names:
        return unreachable(where, why_unreachable(causes))
    return late(where, seconds) if names & _SILENT else broken_off(where, begun=begun)


def _classed(where: str, how: str, status: int, error: Any, pause: float | None) -> Failure:
    if status in (401, 403):
        refused = BackendError(f"{where} refuses the API key; set VTC_API_KEY", "key")
        return Failure(refused, answered=True)
    said = str(error.get("message") or error) if isinstance(error, dict) else str(error or "")
    line = f"{where} {how}: {' '.join(said.split())[:500]}".removesuffix(": ")
    if status in (400, 413, 422):
        if unknown := _unknown(said):
            return Failure(BackendError(line, "refused"), answered=True, unknown=unknown)
        found = overflow(said, error.get("code") if isinstance(error, dict) else None)
        if status == 413 and found is None:
            line += "; it takes no request that long: raise the limit of the proxy before it (nginx: "
            line += "client_max_body_size), or keep fewer pages by --memory-tokens"
        if status == 413 and found is None:
            line += "; it takes no request that long: raise the limit of the proxy before it (nginx: "
            line += "client_max_body_size), or keep fewer pages by --memory-tokens"
        refused = ContextOverflow(line, *found) if found else BackendError(line, "refused")
        return Failure(refused, answered=True)
    if status == 404 or 300 <= status < 400:
        line += "; is --base-url its /v1 address, and --model a name it lists?"
        return Failure(BackendError(line, "address"), answered=True)
    return Failure(
        BackendError(line, _cause(status)),
        answered=True,
        away=status in _AWAY,
        busy=status in _BUSY,
        pause=pause,
    )


def _unknown(said: str) -> frozenset[str]:
    """Return the fields that a refusal names as not known."""
    if not _UNKNOWN.search(said):
        return frozenset()
    named = {name for name in OPTIONAL if re.search(rf"(?<!\w){name}(?!\w)", said)}
    return frozenset(named if RENAMED in said else named - {"max_tokens"})


def _cause(status: int) -> Cause:
    """Class a status of HTTP that is no refusal of the request itself."""
    if status in _AWAY:
        return "away"
    if status in _BUSY:
        return "busy"
    if status == 408:
        return "late"
    return "error" if status >= 500 else "refused"


def _pause(headers: Mapping[str, str]) -> float | None:
    """Read Retry-After: seconds, or a date."""
    given = headers.get("retry-after", "")
    try:
        seconds = float(given)
    except ValueError:
        try:
            seconds = email.utils.parsedate_to_datetime(given).timestamp() - time.time()
        except (ValueError, OverflowError):
            return None
    return min(max(0.0, seconds), LONGEST_PAUSE) if not math.isnan(seconds) else None
