"""The server in a thread of this process, on a real socket."""

import asyncio
import json
import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

from vtc_r1 import Solver
from vtc_r1.serve.access_log import AccessLog
from vtc_r1.serve.application import Application
from vtc_r1.serve.hosts import Hosts
from vtc_r1.serve.keys import Keys
from vtc_r1.serve.recordings import Recordings
from vtc_r1.serve.retention import Retention
from vtc_r1.serve.server import Server, listening
from vtc_r1.serve.service import Limits, Service
from vtc_r1.serve.solve_store import SolveStore

QUESTION = [{"role": "user", "content": "1+2*3-4+5"}]


@dataclass
class Reply:
    """An answer as it came."""

    status: int
    headers: dict[str, str]
    raw: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.raw)

    @property
    def error(self) -> dict[str, Any]:
        found: dict[str, Any] = self.json["error"]
        assert set(found) == {"message", "type", "param", "code"}
        return found

    def chunks(self) -> list[Any]:
        """The events of a stream, without its comments; fails where it does not end properly."""
        lines = [line for line in self.raw.decode().split("\n\n") if line and not line.startswith(":")]
        assert lines[-1] == "data: [DONE]"
        return [json.loads(line.removeprefix("data: ")) for line in lines[:-1]]


class Running:
    """A server, and how to ask it."""

    def __init__(self, server: Server, service: Service, port: int, loop: asyncio.AbstractEventLoop) -> None:
        self.server, self.service, self.port, self.loop = server, service, port, loop
        self.url = f"http://127.0.0.1:{port}"
        self.connections: list[socket.socket] = []

    def ask(self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None) -> Reply:
        """Send a request with a JSON body, or with the bytes as they are."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            raw = body if isinstance(body, bytes | None) else json.dumps(body).encode()
            kind = {"Content-Type": "application/json"} if body is not None else {}
            connection.request(method, path, raw, {**kind, **(headers or {})})
            answer = connection.getresponse()
            return Reply(answer.status, dict(answer.getheaders()), answer.read())
        finally:
            connection.close()

    def chat(self, headers: dict[str, str] | None = None, **fields: Any) -> Reply:
        """Ask for a completion."""
        body = {"model": "scripted", "messages": QUESTION, **fields}
        return self.ask("POST", "/v1/chat/completions", body, headers)

    def raw(self) -> socket.socket:
        """A bare connection."""
        made = socket.create_connection(("127.0.0.1", self.port), timeout=30)
        self.connections.append(made)
        return made

    def idle(self) -> None:
        """Wait until nothing runs and nothing waits."""

        async def until() -> None:
            while self.service.gate.running or self.service.store.running:
                await asyncio.sleep(0.005)

        asyncio.run_coroutine_threadsafe(asyncio.wait_for(until(), 10), self.loop).result()


@contextmanager
def running(
    solver: Solver,
    *,
    keys: tuple[str, ...] = (),
    save: Path | None = None,
    form: str = "ANSWER",
    hosts: Hosts | None = None,
    kept: Retention | None = None,
    show: Sequence[Path] = (),
    metrics_token: str = "",
    access_log: AccessLog = AccessLog.NONE,
    **limits: Any,
) -> Iterator[Running]:
    """Serve with a solver until the end of the block."""
    listener = listening("127.0.0.1", 0)
    service = Service(
        solver,
        solver.backend.model,
        Limits(**{"grace": 2.0, **limits}),
        SolveStore(save, kept, Recordings(show)),
        form,
    )
    application = Application(service, Keys(keys, metrics_token), hosts or Hosts(), access_log)
    ready = threading.Event()
    server = Server(service, application.asgi, ready.set)
    loops: list[asyncio.AbstractEventLoop] = []

    async def serve() -> None:
        loops.append(asyncio.get_running_loop())
        try:
            await server.serve([listener])
        finally:
            await solver.aclose()

    thread = threading.Thread(target=lambda: asyncio.run(serve()), daemon=True)
    thread.start()
    assert ready.wait(30)
    try:
        found = Running(server, service, listener.getsockname()[1], loops[0])
        yield found
    finally:
        for connection in found.connections:
            connection.close()
        server.should_exit = True
        thread.join(20)
        listener.close()
        assert not thread.is_alive()
