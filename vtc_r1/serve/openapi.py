"""The OpenAPI description, `/openapi.json`, generated from the types into which request bodies are parsed."""

from functools import cache
from importlib.metadata import version
from typing import Any

import msgspec

from vtc_r1.serve.chat_request import ChatRequest, TextRequest
from vtc_r1.serve.responses_request import ResponsesRequest

_BODIES = {
    "/v1/chat/completions": ("Answer a conversation", ChatRequest),
    "/v1/completions": ("Answer a prompt", TextRequest),
    "/v1/responses": ("Answer a conversation, with the reasoning as an item", ResponsesRequest),
}
_READ = {
    "/v1/models": "List the one model",
    "/health": "Report the numbers of running and queued solves",
    "/metrics": "Report what was done, for Prometheus",
}
_ERROR = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["message", "type", "param", "code"],
            "properties": {
                "message": {"type": "string"},
                "type": {"type": "string"},
                "param": {"type": ["string", "null"]},
                "code": {"type": ["string", "null"]},
            },
        }
    },
}


@cache
def description(model: str) -> dict[str, Any]:
    """Return the description, as OpenAPI 3.1, of a server with this model."""
    kinds = [kind for _, kind in _BODIES.values()]
    schemas, components = msgspec.json.schema_components(kinds, ref_template="#/components/schemas/{name}")
    for kind in kinds:
        components[kind.__name__]["properties"]["model"] = {"type": "string", "enum": [model]}
    paths: dict[str, Any] = {
        path: {"post": _operation(summary, schema)}
        for (path, (summary, _)), schema in zip(_BODIES.items(), schemas, strict=True)
    }
    paths |= {path: {"get": _operation(summary)} for path, summary in _READ.items()}
    return {
        "openapi": "3.1.0",
        "info": {"title": "vtc-r1 serve", "version": version("vtc-r1")},
        "paths": paths,
        "components": {
            "schemas": {**components, "Error": _ERROR},
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}},
        },
        "security": [{}, {"key": []}],
    }


def _operation(summary: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
    """Return one operation, with the body that it takes."""
    error = {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}}
    responses = {
        "200": {"description": "What was asked for"},
        "default": {"description": "An error", **error},
    }
    operation: dict[str, Any] = {"summary": summary, "responses": responses}
    if body is not None:
        content = {"application/json": {"schema": body}}
        operation["requestBody"] = {"required": True, "content": content}
    return operation
