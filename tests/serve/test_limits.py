"""Room, timeouts, and how things end."""

import asyncio
import json
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.scripted import Scripted
from tests.serve.conftest import Start
from tests.serve.running import QUESTION, Running, running
from tests.solved import SEGMENTS
from vtc_r1 import Solver

pytestmark = pytest.mark.slow


class Held:
    """A model that says nothing until it is let go, at the latest at the end of its block."""

    def __init__(self) -> None:
        self.let_go = threading.Event()

    def __enter__(self) -> None:
        pass

    def __exit__(self, *error: object) -> None:
        self.let_go.set()

    def solver(self) -> Any:

        held = self

        class Backend(Scripted):
            async def generate(self, request: Any) -> Any:
                self.running += 1
                try:
                    while not held.let_go.is_set():
                        await asyncio.sleep(0.005)
                    async for piece in super().generate(request):
                        yield piece
                finally:
                    self.running -= 1

        return Solver(backend=Backend(lambda _: SEGMENTS[1]), preset="vtc-r1")


def posted(server: Running, **fields: Any) -> socket.socket:
    """A connection on which a completion was asked for, and nothing read yet."""
    body = json.dumps({"model": "scripted", "messages": QUESTION, **fields}).encode()
    connection = server.raw()
    head = b"POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    connection.sendall(head + b"Content-Length: %d\r\n\r\n" % len(body) + body)
    return connection


def until(true: Any, seconds: float = 10.0) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end
        time.sleep(0.005)


def test_what_finds_no_room_is_told_when_to_come_back() -> None:
    held = Held()
    with running(held.solver(), concurrency=1, queue=1) as server, ThreadPoolExecutor(2) as pool, held:
        first, second = pool.submit(server.chat), pool.submit(server.chat)
        until(lambda: server.service.gate.waiting == 1)
        refused = server.chat()
        assert refused.status == 429 and refused.error["code"] == "rate_limit_exceeded"
        assert 1 <= int(refused.headers["retry-after"]) <= 120
        assert server.chat(n=2).status == 429
        assert server.ask("GET", "/health").json["waiting"] == 1
        held.let_go.set()
        assert [first.result().status, second.result().status] == [200, 200]
        assert server.chat().status == 200


def test_a_client_that_leaves_ends_its_solve_and_frees_its_place() -> None:
    for fields in ({}, {"stream": True}, {"stream": True, "n": 3}):
        held = Held()
        with running(held.solver(), concurrency=2) as server:
            connection = posted(server, **fields)
            until(lambda: server.service.gate.running > 0)
            connection.close()
            server.idle()
            until(lambda: server.service.solver.backend.running == 0)
            assert server.service.gate.waiting == 0
            assert {solve.trace.status for solve in server.service.store.all("")} == {"cancelled"}


def test_a_silent_stream_says_that_it_lives() -> None:
    held = Held()
    with running(held.solver(), ping_interval=0.05) as server:
        connection = posted(server, stream=True)
        said = b""
        while b": ping" not in said:
            said += connection.recv(4096)
        held.let_go.set()
        while b"[DONE]" not in said:
            said += connection.recv(4096)
        connection.close()


def test_slow_heads_and_slow_bodies_are_given_up(start: Start) -> None:
    server = start(header_timeout=0.2, body_timeout=0.2)
    silent, half = server.raw(), server.raw()
    half.sendall(b"POST /v1/chat/completions HTTP/1.1\r\nHost: local")
    assert silent.recv(10) == b"" and half.recv(10) == b""
    body = server.raw()
    body.sendall(
        b"POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        b'Content-Length: 1000\r\n\r\n{"model'
    )
    said = b""
    while part := body.recv(4096):
        said += part
    assert b" 408 " in said.split(b"\r\n")[0] and b"request_timeout" in said
    kept = server.raw()
    kept.sendall(b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n")
    assert b"200" in kept.recv(4096)
    kept.sendall(b"GET /hea")
    while kept.recv(4096):
        pass


def test_chunked_bodies_are_counted(start: Start) -> None:
    server = start(body_bytes=1_000)
    connection = server.raw()
    connection.sendall(
        b"POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        b"Transfer-Encoding: chunked\r\n\r\n" + (b"400\r\n" + b" " * 1_024 + b"\r\n")
    )
    assert b" 413 " in connection.recv(4096)
    connection.close()


def test_a_client_that_reads_nothing_is_let_go(start: Start, caplog: pytest.LogCaptureFixture) -> None:
    long = "<think>" + "and so on\n" * 1_000_000 + "</think><answer>1</answer>"
    server = start((long,), send_timeout=0.3)
    connection = posted(server, stream=True)
    server.idle()
    until(lambda: not server.server.server_state.tasks)
    connection.close()
    assert "Traceback" not in caplog.text and "Exception" not in caplog.text


def test_what_runs_may_end_when_the_server_does() -> None:
    held = Held()
    with ThreadPoolExecutor(1) as pool, running(held.solver(), grace=10.0) as server, held:
        running_one = pool.submit(server.chat)
        until(lambda: server.service.gate.running == 1)
        server.server.should_exit = True
        until(lambda: server.service.ending.is_set())
        held.let_go.set()
        assert running_one.result().status == 200


def test_what_does_not_end_within_the_grace_is_told() -> None:
    held = Held()
    with ThreadPoolExecutor(2) as pool, running(held.solver(), grace=0.2) as server, held:
        whole, stream = pool.submit(server.chat), pool.submit(server.chat, stream=True)
        until(lambda: server.service.gate.running == 2)
        server.server.should_exit = True
        assert (whole.result().status, whole.result().error["code"]) == (503, "cancelled")
        assert stream.result().chunks()[-1]["error"]["code"] == "cancelled"
