"""The HTTP server: its run with a solver, its graceful shutdown, its timeout of request headers."""

import asyncio
import logging
import signal
import socket
import sys
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Any

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from vtc_r1.errors import UsageError
from vtc_r1.serve.access_log import AccessLog
from vtc_r1.serve.application import Application
from vtc_r1.serve.hosts import Hosts, is_loopback_host
from vtc_r1.serve.keys import Keys
from vtc_r1.serve.service import Limits, Service
from vtc_r1.serve.solve_store import SolveStore
from vtc_r1.solver import Solver

_HANGUP = getattr(signal, "SIGHUP", None)
_BACKLOG = 1_024
_KEEP_ALIVE = 75
_LARGEST_HEAD = 65_536  #: bytes of the headers of a request
_READ = 65_536  #: bytes that are read at once of one connection, before it is another's turn
_LAST_RESPONSES = 3  #: seconds after the grace period in which the last responses are sent


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


def check_open(listener: socket.socket, keys: Keys, *, is_allowed: bool) -> None:
    """Raise UsageError if anyone in the network could use the server, and that was not allowed."""
    if keys or is_allowed or is_loopback_host(listener.getsockname()[0]):
        return
    raise UsageError(
        f"--host {listener.getsockname()[0]}: anyone who can reach this address could use the server; give "
        "it keys (--api-key-file, VTC_SERVE_API_KEYS), or allow that (--allow-anyone)"
    )


class HeaderTimeoutProtocol(HttpToolsProtocol):
    """uvicorn's protocol with a time limit for the headers of a request, which uvicorn itself lacks.

    It extends the protocol with the parser in C: chunks of one byte would occupy the other one for seconds.

    Attributes:
        header_timeout: seconds within which they must arrive.
    """

    header_timeout = 15.0

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._timer: asyncio.TimerHandle | None = None
        self._head = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Start the timer."""
        super().connection_made(transport)
        with suppress(AttributeError):  # only asyncio's, and not on Windows: lets others be read in between
            transport.max_size = _READ  # type: ignore[attr-defined]
        self._start()

    def data_received(self, data: bytes) -> None:
        """Process bytes; the timer runs on unless they complete the headers of a request."""
        before = self.cycle
        super().data_received(data)
        if self.cycle is not before:
            self._stop()
        elif before is None or before.response_complete:
            self._head += len(data)
            if self._head > _LARGEST_HEAD:
                self._abort()
            elif self._timer is None:
                self._start()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the timer."""
        self._stop()
        super().connection_lost(exc)

    def _start(self) -> None:
        self._head = 0
        self._timer = self.loop.call_later(self.header_timeout, self._abort)

    def _stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _abort(self) -> None:
        self.transport.abort()


def header_timeout(seconds: float) -> type[HeaderTimeoutProtocol]:
    """Return the protocol with a timeout of `seconds`."""
    return type("Protocol", (HeaderTimeoutProtocol,), {"header_timeout": seconds})


def run(
    solver: Solver,
    model: str,
    limits: Limits,
    keys: Keys,
    hosts: Hosts,
    listener: socket.socket,
    store: SolveStore,
    *,
    form: str,
    access_log: AccessLog = AccessLog.NONE,
    ready: Callable[[str], None],
) -> None:
    """Serve until a signal arrives.

    Args:
        solver: runs the solves; it is closed at the end.
        model: name of the model for clients.
        limits: limits of what clients may send.
        keys: API keys that are accepted.
        hosts: names by which clients may reach it.
        listener: listening socket.
        store: keeps the solves.
        form: the text of `content`, with `ANSWER` in place of the answer.
        access_log: form of the access log.
        ready: called with the URL once the server is listening.

    Raises:
        VtcError: the model cannot generate.
    """
    host, port = listener.getsockname()[:2]
    url = f"http://{f'[{host}]' if ':' in host else host}:{port}"
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="vtc-r1: %(message)s")

    async def serve() -> None:
        try:
            await solver.backend.check()
            service = Service(solver, model, limits, store, form)
            application = Application(service, keys, hosts, access_log)
            await Server(service, application.asgi, lambda: ready(url)).serve([listener])
        finally:
            await solver.aclose()

    asyncio.run(serve())
