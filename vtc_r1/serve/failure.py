"""Why a solve has no answer, as told to clients: without addresses of model servers or names of secrets.

The server's log has the whole error. The status says whether another try may help: 5xx if it may, 4xx if the
cause stays. `x-should-retry` tells OpenAI's SDKs, which would otherwise have the question solved again.
"""

import re

from vtc_r1.errors import PASSING, Cause
from vtc_r1.serve.refusal import Refusal
from vtc_r1.serve.solve import Solve
from vtc_r1.trace import Trace

_FINAL = {"x-should-retry": "false"}
_SENTENCES: dict[Cause, str] = {
    "away": "the model server cannot be reached",
    "busy": "the model server is overloaded",
    "error": "the model server answered with an error",
    "broken": "the connection to the model server was lost",
    "late": "the model server did not answer in time",
    "key": "the model server does not accept this server's account",
    "address": "the model server does not serve the model",
    "tls": "there is no secure connection to the model server",
    "answer": "the model server's answers do not follow the protocol",
}
"""What clients are told of causes that do not concern them; other causes are about their requests."""
_URL = r"[a-z][a-z0-9+.-]*://[^\s;,)\"']*[^\s;,)\"'.:?!]"
_SERVER = re.compile(
    rf"(?:\b(?:the )?(?:model )?server )?(?:{_URL}(?:, {_URL})*|(?<=server )behind the given client)"
    r"(?: \(model [^)]*\))?",
    re.IGNORECASE,
)
"""Servers as the backend's messages name them: one address or several, or a client that was given."""
_PRIVATE = re.compile(
    r"(?:\d{1,3}\.){3}\d{1,3}(?::\d+)?"  # IPv4
    r"|\[[0-9a-fA-F:.]+\](?::\d+)?|\b[0-9a-fA-F]{1,4}(?::[0-9a-fA-F]{0,4}){2,7}"  # IPv6
    r"|\b[\w.-]+:\d{2,5}\b"  # host and port
    r"|(?<![\w/.])(?:~|[A-Za-z]:)?[/\\](?:[\w.@-]+[/\\])+[\w.@-]*"  # paths
    r"|\b[A-Z][A-Z0-9]*_[A-Z0-9_]+\b"  # variables
)


def failure(solve: Solve) -> Refusal | None:
    """Return the refusal of a request whose solve failed or was cancelled, None otherwise."""
    trace = solve.trace
    if trace is None or solve.refusal is not None:
        return solve.refusal
    if trace.status == "cancelled":
        if solve.is_shut_down:
            return Refusal(503, "The server is shutting down.", code="cancelled", kind="server_error")
        return Refusal(499, "The solve was cancelled.", code="cancelled", headers=_FINAL)
    if trace.status != "failed":
        return None
    message = f"The model failed: {reason(trace)} (solve {solve.name})."
    if trace.cause is None:
        return Refusal(500, message, code="internal_error", kind="server_error", headers=_FINAL)
    if trace.cause in PASSING:
        return Refusal(502, message, code="model_failed", kind="server_error")
    if trace.cause == "stopped":
        return Refusal(502, message, code="model_failed", kind="server_error", headers=_FINAL)
    if trace.cause in _SENTENCES:
        return Refusal(424, message, code="model_failed", kind="server_error", headers=_FINAL)
    code = "context_length_exceeded" if trace.cause == "context" else "model_refused"
    return Refusal(400, message, code=code, headers=_FINAL)


def reason(trace: Trace) -> str | None:
    """Return why a solve failed; None if it did not."""
    if trace.error is None:
        return None
    if trace.cause is None:
        return "internal error; the server's log says more"
    return _SENTENCES.get(trace.cause) or public(trace.error)


def public(text: str) -> str:
    """Return a message without addresses, paths and names of variables."""
    return _PRIVATE.sub("…", _SERVER.sub("the model server", text))
