"""From a solver to a running server."""

import asyncio
import logging
import socket
import sys
from collections.abc import Callable

from vtc_r1.serve.application import Application
from vtc_r1.serve.guard import is_here
from vtc_r1.serve.keys import Keys
from vtc_r1.serve.limits import Limits
from vtc_r1.serve.server import Server
from vtc_r1.serve.service import Service
from vtc_r1.serve.shelf import Shelf
from vtc_r1.solver import Solver


def run(
    solver: Solver,
    model: str,
    limits: Limits,
    keys: Keys,
    listener: socket.socket,
    shelf: Shelf,
    *,
    form: str,
    ready: Callable[[str], None],
) -> None:
    """Serve until a signal ends it.

    Args:
        solver: answers; it is closed at the end.
        model: name that clients ask for.
        limits: what clients may do.
        keys: who may ask.
        listener: socket that listens.
        shelf: where solves are kept.
        form: what answers are put into.
        ready: told the address once it is served.

    Raises:
        VtcError: the model cannot generate.
    """
    host, port = listener.getsockname()[:2]
    url = f"http://{f'[{host}]' if ':' in host else host}:{port}"
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="vtc-r1: %(message)s")
    if not keys and not is_here(host):
        print(
            "vtc-r1: everyone who reaches this address may use it; --api-key-file names keys", file=sys.stderr
        )

    async def serve() -> None:
        try:
            await solver.backend.check()
            service = Service(solver, model, limits, shelf, form)
            application = Application(service, keys, is_local=is_here(host) and not keys)
            await Server(service, application.asgi, lambda: ready(url)).serve([listener])
        finally:
            await solver.aclose()

    asyncio.run(serve())
