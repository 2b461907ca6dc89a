"""Bodies of requests: JSON only, validated by a pydantic model."""

import json
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from fastapi import Request
from pydantic import BaseModel, ValidationError

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
