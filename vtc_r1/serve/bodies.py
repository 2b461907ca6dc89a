"""Bodies of requests (JSON only, parsed and validated in one pass) and of responses, including errors."""

import asyncio
import json
import logging
import re
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any, TypeVar

import msgspec
from fastapi import Request
from starlette.responses import Response

from vtc_r1.serve.disconnect import ClientDisconnect
from vtc_r1.serve.refusal import Refusal, of_validation, too_large

S = TypeVar("S", bound=msgspec.Struct)
log = logging.getLogger(__name__)

_PARSING = ThreadPoolExecutor(1, "bodies")
"""The thread that parses large bodies: only one, as parsing holds the GIL and several would starve the event
loop."""
_INLINE = 65_536  #: bytes up to which a body is parsed on the event loop, where it takes less than a thread
_IMAGE = b'"data:image'
_MOST_IMAGES = 64  #: images whose bytes are not counted as text; more of them are refused later
_SURROGATES = re.compile(
    rb"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(u[dD][89a-fA-F][0-9a-fA-F]{2})|.)",
    re.DOTALL,
)
"""Escapes in JSON; the group is one half of a surrogate pair without the other."""


async def read_body(request: Request, kind: type[S], most: int, text: int | None = None) -> S:
    """Read and validate the body of a request.

    The content type must be JSON too: a foreign web page cannot send that without a CORS preflight.

    Args:
        request: the request.
        kind: what the body must be.
        most: limit of its bytes.
        text: limit of its bytes besides its images; `most` by default.

    Raises:
        Refusal: it is too large, or something else than `kind`; for the first error, at which parsing stops.
        ClientDisconnect: the client went away.
    """
    given = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if given != "application/json":
        raise Refusal(
            415, "Send the body as JSON, with 'Content-Type: application/json'.", code="invalid_type"
        )
    body = bytearray()
    more = True
    while more:
        message = await request.receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        body += message.get("body", b"")
        if len(body) > most:
            raise too_large(most)
        more = message.get("more_body", False)
    if text is not None and len(body) > text and len(body) - _image_bytes(body) > text:
        raise too_large(text, " besides its images")
    if len(body) <= _INLINE:
        return _parsed(body, kind)
    return await asyncio.get_running_loop().run_in_executor(_PARSING, _parsed, body, kind)


def _parsed(body: bytearray, kind: type[S]) -> S:
    try:
        found: S = _decoder(kind).decode(body)
        return found
    except msgspec.ValidationError as error:
        raise of_validation(error) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        # JavaScript may cut a string inside a surrogate pair; its JSON then holds one half.
        whole = _SURROGATES.sub(lambda found: rb"\ufffd" if found[1] else found[0], body)
        if whole != body:
            return _parsed(bytearray(whole), kind)
        raise Refusal(400, f"The body is not valid JSON: {_reason(error)}.", code="invalid_json") from error


@cache
def _decoder(kind: type[S]) -> "msgspec.json.Decoder[S]":
    return msgspec.json.Decoder(kind)


def _image_bytes(body: bytearray) -> int:
    """Return the bytes of the images in a body."""
    found, at = 0, 0
    for _ in range(_MOST_IMAGES):
        start = body.find(_IMAGE, at)
        at = body.find(b'"', start + 1)
        if start < 0 or at < 0:
            break
        found += at - start
    return found


def _reason(error: Exception) -> str:
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    if isinstance(error, UnicodeDecodeError):
        return "a text in it is not UTF-8"
    return str(error).removeprefix("JSON is malformed: ").removeprefix("Input data was ")


def json_response(values: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """Return a JSON response; what UTF-8 cannot hold is escaped."""
    content = json.dumps(values, separators=(",", ":")).encode()
    all_headers = {"Cache-Control": "no-store", **(headers or {})}
    return Response(content, status, all_headers, media_type="application/json")


async def refused(_: Request, refusal: Any) -> Response:
    """Return the response of a refusal."""
    return json_response(refusal.body, refusal.status, refusal.headers)


async def disconnected(_: Request, error: Any) -> Response:
    """Return the response to a client that is gone, which only the metrics and the log see."""
    return Response(status_code=499)  # as nginx logs it


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
