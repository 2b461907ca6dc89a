"""JSON answers, those of refusals among them."""

import json
import logging
from typing import Any

from fastapi import Request
from starlette.responses import Response

from vtc_r1.serve.refusal import Refusal

log = logging.getLogger(__name__)


def json_answer(values: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """Answer with JSON; what no UTF-8 can hold is escaped."""
    body = json.dumps(values, separators=(",", ":")).encode()
    more = {"Cache-Control": "no-store", **(headers or {})}
    return Response(body, status, more, media_type="application/json")


async def refused(_: Request, refusal: Any) -> Response:
    """Answer a refusal."""
    return json_answer(refusal.body, refusal.status, refusal.headers)


async def unknown(request: Request, error: Any) -> Response:
    """Answer what no route takes."""
    message = {404: "Unknown address", 405: "Method not allowed"}.get(error.status_code, error.detail)
    refusal = Refusal(error.status_code, f"{message}: {request.method} {request.url.path[:200]}")
    return json_answer(refusal.body, refusal.status, dict(error.headers or {}))


async def broken(request: Request, error: Any) -> Response:
    """Answer an error of ours; its log says more."""
    log.error("%s %s", request.method, request.url.path, exc_info=error)
    refusal = Refusal(500, "The server met an error of its own.", code="internal_error", kind="server_error")
    return json_answer(refusal.body, refusal.status)
