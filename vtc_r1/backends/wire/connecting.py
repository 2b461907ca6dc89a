"""Why no connection was made, out of what HTTP libraries raise."""

import os
import socket
from collections.abc import Sequence

_TLS = {"SSLError", "ClientSSLError", "ClientConnectorSSLError", "CertificateError"}
_PLAIN = ("WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE", "UNKNOWN_PROTOCOL", "HTTP_REQUEST", "NOT_TLS")
"""What OpenSSL says where the other side speaks no TLS."""


def chain(error: BaseException) -> list[BaseException]:
    """Return an error and what it came of, the innermost last."""
    found: list[BaseException] = []
    cause: BaseException | None = error
    while cause is not None and cause not in found:
        found.append(cause)
        inner = getattr(cause, "certificate_error", None) or getattr(cause, "os_error", None)
        cause = cause.__cause__ or (inner if isinstance(inner, BaseException) else None)
    return found


def no_tls(causes: Sequence[BaseException]) -> str | None:
    """Say why there is no secure connection, and what to do; None where that is not what is wrong."""
    for cause in reversed(causes):
        if not {kind.__name__ for kind in type(cause).__mro__} & _TLS:
            continue
        said = str(getattr(cause, "verify_message", "") or getattr(cause, "reason", "") or cause)
        if any(word in str(cause).upper().replace(" ", "_") for word in _PLAIN):
            return "it does not speak TLS; is it http:// instead of https://?"
        if "CERTIFICATE" in str(cause).upper():
            return f"its certificate is not trusted ({said}); SSL_CERT_FILE names certificates that are"
        return said
    return None


def why_unreachable(causes: Sequence[BaseException]) -> str:
    """Say in some words why a server cannot be reached; an empty text where nothing is known."""
    for cause in reversed(causes):
        if isinstance(cause, socket.gaierror):
            return f"its name is not known: {cause.strerror or cause}"
        if isinstance(cause, TimeoutError):
            return "it takes no connection"
        if isinstance(cause, OSError) and cause.errno:
            return os.strerror(cause.errno)
    return ""
