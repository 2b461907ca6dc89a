"""Bodies of requests, JSON only and validated by a pydantic model, and of responses, to errors too."""

import json
import logging
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from fastapi import Request
from pydantic import BaseModel, ValidationError
from starlette.responses import Response

from vtc_r1.serve.refusal import Refusal, of_validation

M = TypeVar("M", bound=BaseModel)
Receive = Callable[[], Awaitable[Any]]


async def read_body(request: Request, model: type[M]) -> M:
    """Read and validate the body of a request; raises Refusal.

    The content type must be JSON too: a foreign web page cannot send that without a CORS preflight.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise Refusal(
            415, "Send the body as JSON, with 'Content-Type: application/json'.", code="invalid_type"
        )
    body = await request.body()
    try:
        values = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Refusal(400, f"The body is not valid JSON: {_reason(error)}.", code="invalid_json") from error
    if not isinstance(values, dict):
        raise Refusal(400, "The body is not a JSON object.", code="invalid_type")
    try:
        return model.model_validate(values)
    except ValidationError as error:
        raise of_validation(error) from error


def _reason(error: Exception) -> str:
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    if isinstance(error, UnicodeDecodeError):
        return f"byte {error.start} is not UTF-8"
    if isinstance(error, json.JSONDecodeError):
        return f"{error.msg} at line {error.lineno}, column {error.colno}"
    return "a number in it is too long"


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
