"""The HTTP server, and its graceful shutdown."""

import asyncio
import signal
import socket
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from types import FrameType

import uvicorn
from starlette.types import ASGIApp

from vtc_r1.errors import UsageError
from vtc_r1.serve.header_timeout import header_timeout
from vtc_r1.serve.service import Service

_HANGUP = getattr(signal, "SIGHUP", None)
_BACKLOG = 1_024
_KEEP_ALIVE = 75
_LAST_RESPONSES = 3
"""Seconds after the grace period in which the last responses are sent."""


class Server(uvicorn.Server):
    """uvicorn's server, which also shuts the service down.

    Args:
        service: runs the solves.
        application: the ASGI application.
        ready: called once it is listening.
    """

    def __init__(self, service: Service, application: ASGIApp, ready: Callable[[], None]) -> None:
        limits = service.limits
        super().__init__(
            uvicorn.Config(
                application,
                http=header_timeout(limits.header_timeout),
                ws="none",
                lifespan="off",
                log_config=None,
                access_log=False,
                server_header=False,
                timeout_keep_alive=_KEEP_ALIVE,
                timeout_graceful_shutdown=round(limits.grace) + _LAST_RESPONSES,
                h11_max_incomplete_event_size=65_536,
            )
        )
        self._service, self._ready = service, ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start to listen."""
        await super().startup(sockets)
        if self.started:
            self._ready()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Shut down; a second signal ends the server at once."""
        self.force_exit = self.should_exit
        self.should_exit = True

    @contextmanager
    def capture_signals(self) -> Generator[None]:
        """Handle signals while it serves; unlike uvicorn, raise none of them again afterwards."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        signals = [signal.SIGINT, signal.SIGTERM]
        if _HANGUP is not None and signal.getsignal(_HANGUP) is not signal.SIG_IGN:  # ignored under nohup
            signals.append(_HANGUP)
        before = {number: signal.signal(number, self.handle_exit) for number in signals}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Let running solves end within the grace period."""
        ending = asyncio.create_task(self._service.end())
        await super().shutdown(sockets)
        self._service.cancel_all()
        await ending


def listening(host: str, port: int) -> socket.socket:
    """Return a listening socket; port 0 takes a free port. Raises UsageError.

    The protocol is given explicitly: asyncio sets TCP_NODELAY only then, and without it small pieces wait
    some 40 ms for an acknowledgement.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    made = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind((host, port))
        made.listen(_BACKLOG)
    except OSError as error:
        made.close()
        raise UsageError(
            f"cannot listen on {host}:{port} ({error.strerror or error}); choose another --host or --port"
        ) from error
    made.set_inheritable(True)
    return made
