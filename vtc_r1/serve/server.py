"""The server: listens, serves, and ends without cutting anyone off before the grace is over."""

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
from vtc_r1.serve.patience import patient
from vtc_r1.serve.service import Service

_HANGUP = getattr(signal, "SIGHUP", None)
_BACKLOG = 1_024
_ALIVE = 75
_FAREWELL = 3
"""Seconds after the grace for the last answers to be sent."""


class Server(uvicorn.Server):
    """uvicorn's own, which ends the service with itself.

    Args:
        service: what it serves.
        application: how.
        ready: called once it listens.
    """

    def __init__(self, service: Service, application: ASGIApp, ready: Callable[[], None]) -> None:
        limits = service.limits
        super().__init__(
            uvicorn.Config(
                application,
                http=patient(limits.head_seconds),
                ws="none",
                lifespan="off",
                log_config=None,
                access_log=False,
                server_header=False,
                timeout_keep_alive=_ALIVE,
                timeout_graceful_shutdown=round(limits.grace) + _FAREWELL,
                h11_max_incomplete_event_size=65_536,
            )
        )
        self._service, self._ready = service, ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen."""
        await super().startup(sockets)
        if self.started:
            self._ready()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """End; at once where it is said a second time."""
        self.force_exit = self.should_exit
        self.should_exit = True

    @contextmanager
    def capture_signals(self) -> Generator[None]:
        """Take signals while it serves; unlike uvicorn's own, none is raised again afterwards."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        signals = [signal.SIGINT, signal.SIGTERM]
        if _HANGUP is not None and signal.getsignal(_HANGUP) is not signal.SIG_IGN:  # as below nohup
            signals.append(_HANGUP)
        before = {number: signal.signal(number, self.handle_exit) for number in signals}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Let what runs end, within the grace."""
        ending = asyncio.create_task(self._service.end())
        await super().shutdown(sockets)
        self._service.cancel_all()
        await ending


def listening(host: str, port: int) -> socket.socket:
    """Return a socket that listens; port 0 takes a free one. Raises UsageError.

    It names its protocol: asyncio sends small pieces at once only on sockets that do, and waits some 40 ms
    for an acknowledgement on others.
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
