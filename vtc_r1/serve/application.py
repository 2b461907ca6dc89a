"""The application: which address does what."""

import time
from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import FastAPI, Request
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.responses import Response

from vtc_r1.serve import answers
from vtc_r1.serve.answers import json_answer
from vtc_r1.serve.chat import complete
from vtc_r1.serve.guard import Guard
from vtc_r1.serve.keys import Keys
from vtc_r1.serve.metrics import TYPE
from vtc_r1.serve.refusal import Refusal
from vtc_r1.serve.service import Service


class Application:
    """Everything that a server answers.

    Args:
        service: solves.
        keys: who may ask.
        is_local: only local clients are served.
    """

    def __init__(self, service: Service, keys: Keys, *, is_local: bool) -> None:
        self.service, self.keys = service, keys
        self._since = int(time.time())
        guard = Middleware(Guard, limits=service.limits, answered=service.metrics.answered, is_local=is_local)
        self.asgi = FastAPI(
            title="vtc-r1", openapi_url=None, docs_url=None, redoc_url=None, middleware=[guard],
            exception_handlers={
                Refusal: answers.refused, HTTPException: answers.unknown, Exception: answers.broken,
            },
        )  # fmt: skip
        self._route("GET", "/health", self._health, is_open=True)
        self._route("GET", "/metrics", self._metrics)
        self._route("GET", "/v1/models", self._models)
        self._route("GET", "/v1/models/{name:path}", self._model)
        self._route("POST", "/v1/chat/completions", self._complete)

    def _route(
        self,
        method: str,
        path: str,
        handler: Callable[[Request, str], Awaitable[Response]],
        *,
        is_open: bool = False,
    ) -> None:
        """Add a route; its handler is told whose request it is."""

        async def handle(request: Request) -> Response:
            refusal = request.scope["vtc_refusal"]
            if refusal is not None:
                raise refusal
            owner = "" if is_open else self.keys.bearer(request.headers)
            return await handler(request, owner)

        self.asgi.add_api_route(path, handle, methods=[method], include_in_schema=False)

    async def _complete(self, request: Request, owner: str) -> Response:
        return await complete(self.service, request, owner)

    async def _models(self, request: Request, owner: str) -> Response:
        return json_answer({"object": "list", "data": [self._card()]})

    async def _model(self, request: Request, owner: str) -> Response:
        name = request.path_params["name"]
        if name != self.service.model:
            raise Refusal(
                404, f"The model '{name}' does not exist here.", param="model", code="model_not_found"
            )
        return json_answer(self._card())

    async def _health(self, request: Request, owner: str) -> Response:
        gate, is_ending = self.service.gate, self.service.ending.is_set()
        values = {
            "status": "ending" if is_ending else "ok", "running": gate.running, "waiting": gate.waiting,
        }  # fmt: skip
        return json_answer(values, 503 if is_ending else 200)

    async def _metrics(self, request: Request, owner: str) -> Response:
        return Response(self.service.metrics.text(), media_type=TYPE)

    def _card(self) -> dict[str, Any]:
        solver = self.service.solver
        return {
            "id": self.service.model,
            "object": "model",
            "created": self._since,
            "owned_by": "vtc-r1",
            "vtc": {
                "model": solver.backend.model,
                "memory": solver.skeleton("").memory,
                "profile": solver.renderer.profile.name,
                "segment_tokens": solver.budget.segment_tokens,
                "iterations": solver.budget.iterations,
            },
        }
