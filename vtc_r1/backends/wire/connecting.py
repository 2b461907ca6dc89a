"""Why a connection failed, from the errors that HTTP libraries raise."""

import os
import socket
from collections.abc import Sequence

_TLS = {"SSLError", "ClientSSLError", "ClientConnectorSSLError", "CertificateError"}
_PLAIN = ("WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE", "UNKNOWN_PROTOCOL", "HTTP_REQUEST", "NOT_TLS")
"""OpenSSL's errors when the other side does not speak TLS."""


def chain(error: BaseException) -> list[BaseException]:
    """Return an error and its causes, the innermost last."""
    found: list[BaseException] = []
    cause: BaseException | None = error
    while cause is not None and cause not in found:
        found.append(cause)
        inner = getattr(cause, "certificate_error", None) or getattr(cause, "os_error", None)
        cause = cause.__cause__ or (inner if isinstance(inner, BaseException) else None)
    return found


def no_tls(causes: Sequence[BaseException]) -> str | None:
    """Return why the TLS connection failed, and what to do; None if something else failed."""
    for cause in reversed(causes):
        if not {kind.__name__ for kind in type(cause).__mro__} & _TLS:
            continue
        reason = str(getattr(cause, "verify_message", "") or getattr(cause, "reason", "") or cause)
        if any(word in str(cause).upper().replace(" ", "_") for word in _PLAIN):
            return "it does not speak TLS; is it http:// instead of https://?"
        if "CERTIFICATE" in str(cause).upper():
            return (
                f"its certificate is not trusted ({reason}); set SSL_CERT_FILE to the certificates to trust"
            )
        return reason
    return None


def why_unreachable(causes: Sequence[BaseException]) -> str:
    """Return why a server cannot be reached, empty if the reason is not known."""
    for cause in reversed(causes):
        if isinstance(cause, socket.gaierror):
            return f"its host name cannot be resolved: {cause.strerror or cause}"
        if isinstance(cause, TimeoutError):
            return "the connection timed out"
        if isinstance(cause, OSError) and cause.errno:
            return os.strerror(cause.errno)
    return ""
