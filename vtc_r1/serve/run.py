"""Runs a server with a solver."""

import asyncio
import logging
import socket
import sys
from collections.abc import Callable

from vtc_r1.serve.application import Application
from vtc_r1.serve.guard import is_loopback_host
from vtc_r1.serve.keys import Keys
from vtc_r1.serve.limits import Limits
from vtc_r1.serve.server import Server
from vtc_r1.serve.service import Service
from vtc_r1.serve.solve_store import SolveStore
from vtc_r1.solver import Solver


def run(
    solver: Solver,
    model: str,
    limits: Limits,
    keys: Keys,
    listener: socket.socket,
    store: SolveStore,
    *,
    form: str,
    ready: Callable[[str], None],
) -> None:
    """Serve until a signal arrives.

    Args:
        solver: runs the solves; it is closed at the end.
        model: name of the model for clients.
        limits: limits of what clients may send.
        keys: API keys that are accepted.
        listener: listening socket.
        store: keeps the solves.
        form: the text of `content`, with `ANSWER` in place of the answer.
        ready: called with the URL once the server is listening.

    Raises:
        VtcError: the model cannot generate.
    """
    host, port = listener.getsockname()[:2]
    url = f"http://{f'[{host}]' if ':' in host else host}:{port}"
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="vtc-r1: %(message)s")
    if not keys and not is_loopback_host(host):
        print(
            "vtc-r1: anyone who can reach this address may use it; --api-key-file requires a key",
            file=sys.stderr,
        )

    async def serve() -> None:
        try:
            await solver.backend.check()
            service = Service(solver, model, limits, store, form)
            application = Application(service, keys, is_local=is_loopback_host(host) and not keys)
            await Server(service, application.asgi, lambda: ready(url)).serve([listener])
        finally:
            await solver.aclose()

    asyncio.run(serve())
