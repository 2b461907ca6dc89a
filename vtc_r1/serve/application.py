"""The application: its routes and their handlers.

The live page is one file with its style and its script, which requests only this server's `/api`.
"""

import gzip
import time
from collections.abc import Awaitable, Callable, Collection
from functools import cache, partial
from importlib import resources
from typing import Any

from fastapi import FastAPI, Request
from jinja2 import Environment, StrictUndefined
from markupsafe import Markup
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import Response

from vtc_r1.eval.report.document import asset, digest, script_json, symbols
from vtc_r1.serve import bodies
from vtc_r1.serve.access_log import AccessLog
from vtc_r1.serve.bodies import json_response, read_body
from vtc_r1.serve.chat import complete
from vtc_r1.serve.disconnect import ClientDisconnect
from vtc_r1.serve.guard import Guard
from vtc_r1.serve.hosts import Hosts
from vtc_r1.serve.keys import COOKIE, Keys
from vtc_r1.serve.live import Live
from vtc_r1.serve.message import Field
from vtc_r1.serve.metrics import TYPE
from vtc_r1.serve.openapi import description
from vtc_r1.serve.refusal import Refusal
from vtc_r1.serve.responses import respond
from vtc_r1.serve.service import Service
from vtc_r1.serve.text_completion import complete_text

Handler = Callable[[Request, str], Awaitable[Response]]
Authenticate = Callable[[Request], str]
_LONGEST_KEY = 4_096  #: bytes of a body with a key


class GivenKey(Field, frozen=True):
    """The API key that was typed into the page."""

    key: str


def anonymous(request: Request) -> str:
    """Require no key."""
    return ""


class Application:
    """The ASGI application of one server.

    Args:
        service: runs the solves.
        keys: API keys that are accepted.
        hosts: names by which clients may reach the server.
        access_log: form of the access log.
    """

    def __init__(
        self, service: Service, keys: Keys, hosts: Hosts, access_log: AccessLog = AccessLog.NONE
    ) -> None:
        self.service, self.keys = service, keys
        self._created = int(time.time())
        guard = Middleware(
            Guard,
            limits=service.limits,
            count_response=service.metrics.count_response,
            hosts=hosts,
            access_log=access_log,
        )
        self.asgi = FastAPI(
            title="vtc-r1", openapi_url=None, docs_url=None, redoc_url=None,
            redirect_slashes=False, middleware=[guard, *_cross_origin(service.limits.origins)],
            exception_handlers={
                Refusal: bodies.refused, HTTPException: bodies.not_found,
                ClientDisconnect: bodies.disconnected, Exception: bodies.internal_error,
            },
        )  # fmt: skip
        self._route("GET", "/health", self._health, by=anonymous)
        self._route("GET", "/metrics", self._metrics, by=self.keys.metrics)
        self._route("GET", "/openapi.json", self._description, by=anonymous)
        self._route("GET", "/v1/models", self._models)
        self._route("GET", "/v1/models/{name:path}", self._model)
        for path, ask in (
            ("/v1/chat/completions", complete),
            ("/v1/completions", complete_text),
            ("/v1/responses", respond),
        ):
            self._route("POST", path, partial(ask, service))
        self._route("GET", "/", self._page, by=anonymous)
        self._route("POST", "/api/session", self._session, by=anonymous)
        live = Live(service)
        for method, path, handler in (
            ("GET", "/api/about", live.about),
            ("GET", "/api/solves", live.all),
            ("POST", "/api/solves", live.begin),
            ("DELETE", "/api/solves/{name}", live.cancel),
            ("GET", "/api/solves/{name}", live.trace),
            ("GET", "/api/solves/{name}/events", live.follow),
            ("GET", "/api/solves/{name}/pages/{sha256}", live.page),
        ):
            self._route(method, path, handler, by=self._by_session)

    def _route(self, method: str, path: str, handler: Handler, *, by: Authenticate | None = None) -> None:
        """Add a route; its handler gets the request's owner, found by the API key unless `by` is given."""
        authenticate = by or self._by_key

        async def handle(request: Request) -> Response:
            refusal = request.scope["vtc_refusal"]
            if refusal is not None:
                raise refusal
            owner = request.scope["vtc_owner"] = authenticate(request)
            return await handler(request, owner)

        methods = ["GET", "HEAD"] if method == "GET" and not path.endswith("/events") else [method]
        self.asgi.add_api_route(path, handle, methods=methods, include_in_schema=False)

    def _by_key(self, request: Request) -> str:
        return self.keys.bearer(request)

    def _by_session(self, request: Request) -> str:
        return self.keys.session(request)

    async def _page(self, request: Request, owner: str) -> Response:
        text, policy = page()
        headers = {"Content-Security-Policy": policy, "Cache-Control": "no-cache", "Vary": "Accept-Encoding"}
        if _takes_gzip(request.headers.get("accept-encoding", "")):
            return Response(
                _compressed(text), headers={**headers, "Content-Encoding": "gzip"}, media_type=_HTML
            )
        return Response(text, media_type=_HTML, headers=headers)

    async def _session(self, request: Request, owner: str) -> Response:
        """Exchange the key that was typed into the page for a session cookie."""
        given = await read_body(request, GivenKey, _LONGEST_KEY)
        response = json_response({})
        if self.keys:
            cookie = self.keys.cookie(self.keys.owner(given.key, request))
            is_safe = request.url.scheme == "https"
            # With no path, the cookie is valid below this request's, also behind a proxy that adds a prefix.
            response.set_cookie(COOKIE, cookie, httponly=True, samesite="strict", secure=is_safe, path=None)
        return response

    async def _models(self, request: Request, owner: str) -> Response:
        return json_response({"object": "list", "data": [self._card()]})

    async def _model(self, request: Request, owner: str) -> Response:
        name = request.path_params["name"]
        if name != self.service.model:
            raise Refusal(404, f"The model '{name}' does not exist.", param="model", code="model_not_found")
        return json_response(self._card())

    async def _description(self, request: Request, owner: str) -> Response:
        return json_response(description(self.service.model))

    async def _health(self, request: Request, owner: str) -> Response:
        gate, is_ending = self.service.gate, self.service.ending.is_set()
        values = {
            "status": "ending" if is_ending else "ok", "running": gate.running, "waiting": gate.waiting,
        }  # fmt: skip
        return json_response(values, 503 if is_ending else 200)

    async def _metrics(self, request: Request, owner: str) -> Response:
        return Response(self.service.metrics.text(), media_type=TYPE)

    def _card(self) -> dict[str, Any]:
        solver = self.service.solver
        return {
            "id": self.service.model,
            "object": "model",
            "created": self._created,
            "owned_by": "vtc-r1",
            "vtc": {
                "model": solver.backend.model,
                "memory": solver.skeleton("").memory,
                "profile": solver.renderer.profile.name,
                "segment_tokens": solver.budget.segment_tokens,
                "iterations": solver.budget.iterations,
            },
        }


def _cross_origin(origins: Collection[str]) -> list[Middleware]:
    """Return the middleware that lets the scripts of other sites use the API, without cookies."""
    if not origins:
        return []
    told = ["X-Request-Id", "X-Vtc-Ignored", "Retry-After", "x-should-retry"]
    return [
        Middleware(
            CORSMiddleware,
            allow_origins=list(origins),
            allow_methods=["GET", "POST", "DELETE"],
            allow_headers=["*"],
            expose_headers=told,
        )
    ]


_ASSETS = resources.files("vtc_r1.serve") / "assets"
_HTML = "text/html; charset=utf-8"
_SHARED = ("elements", "mathematics", "prose")
_OWN = (
    *("settings", "server", "sheet", "stream", "marks", "meter", "chart", "motion", "follower", "iteration"),
    *("solve", "player", "beside", "solve_list", "scenes", "application"),
)


@cache
def page() -> tuple[str, str]:
    """Return the page, and the content security policy that allows its own script only."""
    style = _own("live.css")
    parts = [*(asset(f"{name}.js") for name in _SHARED), *(_own(f"{name}.js") for name in _OWN)]
    script = '\n(() => {\n"use strict";\n' + "\n".join(parts) + "})();\n"
    template = Environment(autoescape=True, undefined=StrictUndefined).from_string(_own("live.html.jinja"))
    text = template.render(style=Markup(style), script=Markup(script), symbols=Markup(script_json(symbols())))
    policy = (
        f"default-src 'none'; script-src '{digest(script)}'; style-src '{digest(style)}'; "
        "img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
    )
    return text, policy


@cache
def _compressed(text: str) -> bytes:
    return gzip.compress(text.encode(), mtime=0)


def _takes_gzip(encodings: str) -> bool:
    """Tell whether a client accepts gzip, by its `Accept-Encoding`."""
    for one in encodings.lower().split(","):
        name, _, weight = one.partition(";")
        if name.strip() in ("gzip", "*"):
            return weight.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
    return False


def _own(name: str) -> str:
    return (_ASSETS / name).read_text(encoding="utf-8")
