"""JSON responses, and the exception handlers that answer refusals and errors."""

import json
import logging
from typing import Any

from fastapi import Request
from starlette.responses import Response

from vtc_r1.serve.refusal import Refusal

log = logging.getLogger(__name__)


def json_response(values: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """Return a JSON response; what UTF-8 cannot hold is escaped."""
    content = json.dumps(values, separators=(",", ":")).encode()
    all_headers = {"Cache-Control": "no-store", **(headers or {})}
    return Response(content, status, all_headers, media_type="application/json")


async def refused(_: Request, refusal: Any) -> Response:
    """Return the response of a refusal."""
    return json_response(refusal.body, refusal.status, refusal.headers)


async def not_found(request: Request, error: Any) -> Response:
    """Return the response to a request that no route takes."""
    message = {404: "Unknown address", 405: "Method not allowed"}.get(error.status_code, error.detail)
    refusal = Refusal(error.status_code, f"{message}: {request.method} {request.url.path[:200]}")
    return json_response(refusal.body, refusal.status, dict(error.headers or {}))


async def internal_error(request: Request, error: Any) -> Response:
    """Return the response to an internal error, which is logged."""
    log.error("%s %s", request.method, request.url.path, exc_info=error)
    message = "Internal server error; the server's log has the details."
    refusal = Refusal(500, message, code="internal_error", kind="server_error")
    return json_response(refusal.body, refusal.status)
