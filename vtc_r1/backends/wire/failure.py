"""Why an attempt failed: what it says, whether another may do better, and what it tells of the server."""

import email.utils
import math
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
TOP_K = "top_k"
"""The one field that is not OpenAI's: OpenAI's own server, and others, refuse it."""
_REFUSED = {"ConnectError", "ConnectTimeout", "ClientConnectorError", "ConnectionTimeoutError"}
_LOST = {"ClientPayloadError", "ServerDisconnectedError", "ClientOSError"}
_SILENT = {"TimeoutException", "SocketTimeoutError"}
_FOREIGN = {"ClientResponseError"}
"""An answer that is none of HTTP."""
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
        unknown: the field of the request that the server does not know, where it says so.
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
        unknown: str | None = None,
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


def broken_off(where: str) -> Failure:
    """The connection was lost, or the stream ended, before the segment did."""
    return Failure(BackendError(f"{where} broke off in the middle of a segment", "broken"))


def late(where: str, seconds: float) -> Failure:
    """The attempt ran out of its time."""
    return Failure(BackendError(f"{where} did not answer within {seconds:g} s", "late"))


def nonsense(where: str, what: str, error: BaseException) -> Failure:
    """It answered with something that it should not say."""
    said = f"{where} answered with what is no {what}: {first_line(error)}"
    return Failure(BackendError(said, "answer"))


def from_status(where: str, status: int, body: Any, headers: Mapping[str, str]) -> Failure:
    """Class an answer that is an error."""
    error = body.get("error", body) if isinstance(body, dict) else body
    if isinstance(error, str) and (page := webpage(error)):
        error = page
    if 300 <= status < 400 and (target := headers.get("location")):
        error = f"it redirects to {target}"
    return _classed(where, f"answered {status}", status, error, _pause(headers))


def from_webpage(where: str, said: str) -> Failure:
    """Class a web page in the place of a completion: a proxy's, while the server behind it is away."""
    error = BackendError(f"{where} answered with {said} instead of a completion", "error")
    return Failure(error, answered=True)


def from_stream(where: str, error: Any) -> Failure:
    """Class an error that arrived in a stream, by its code; without one, another attempt may do better."""
    named = error if isinstance(error, dict) else {}
    code = str(named.get("code") or named.get("status_code") or named.get("type"))
    status = int(code) if code.isdecimal() else _CODES.get(code, 500)
    return _classed(where, "broke off", status, error, None)


def failure(where: str, error: Exception, seconds: float) -> Failure:
    """Class what a client raises; raises `error` itself where it is nothing of that kind.

    Args:
        where: names the server.
        error: what was raised.
        seconds: for which data was waited for.
    """
    if isinstance(error, Refused):
        return from_status(where, error.status, error.body, error.headers)
    if isinstance(error, Webpage):
        return from_webpage(where, str(error))
    if found := from_connection(where, error, seconds):
        return found
    if any(kind.__name__ == "APIError" for kind in type(error).__mro__):
        return from_stream(where, getattr(error, "body", None) or str(error))
    if isinstance(error, (AttributeError, KeyError, TypeError, ValueError)):
        return nonsense(where, "answer to that", error)
    raise error


def from_connection(where: str, error: BaseException, seconds: float) -> Failure | None:
    """Class what went wrong on the way; None where it is no failure of a connection.

    Every HTTP library that the SDK may use has classes of its own, so they are told by name.
    """
    causes = chain(error)
    names = {kind.__name__ for cause in causes for kind in type(cause).__mro__}
    if not names & _BROKEN:
        return None
    if reason := no_tls(causes):
        return Failure(BackendError(f"{where} makes no secure connection: {reason}", "tls"))
    if names & _FOREIGN:
        said = f"{where} answered with what is no HTTP; is --base-url right?"
        return Failure(BackendError(said, "address"), answered=True)
    if names & _LOST and not names & {"ClientConnectorError"}:
        return broken_off(where)
    if names & _REFUSED or "UnsupportedProtocol" in names or "InvalidURL" in names:
        return unreachable(where, why_unreachable(causes))
    return late(where, seconds) if names & _SILENT else broken_off(where)


def _classed(where: str, how: str, status: int, error: Any, pause: float | None) -> Failure:
    if status in (401, 403):
        refused = BackendError(f"{where} refuses the API key; set VTC_API_KEY", "key")
        return Failure(refused, answered=True)
    said = str(error.get("message") or error) if isinstance(error, dict) else str(error or "")
    line = f"{where} {how}: {' '.join(said.split())[:500]}".removesuffix(": ")
    if status in (400, 413, 422):
        if TOP_K in said:
            line += f"; --{TOP_K.replace('_', '-')} -1 leaves it out"
            return Failure(BackendError(line, "refused"), answered=True, unknown=TOP_K)
        found = overflow(said, error.get("code") if isinstance(error, dict) else None)
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
