"""What one client can do to the others: bodies that take time, memory or room."""

import json
import threading
from typing import Any

import msgspec
import pytest
from starlette.requests import Request

from tests.serve.conftest import Start
from tests.serve.running import QUESTION, Running
from vtc_r1.serve.bodies import read_body
from vtc_r1.serve.chat_request import MOST_PARTS

CHAT = "/v1/chat/completions"
HEAD = "POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n{length}\r\n"


def healthy(server: Running) -> None:
    assert server.ask("GET", "/health").status == 200


def chat(status: int, param: str | None, start: bytes, filling: bytes, times: int, end: bytes) -> "Body":
    return CHAT, b'{"model":"scripted",' + start + filling * times + end, status, param


PART = b'{"type":"text","text":"a"},'
USER = b'"messages":[{"role":"user","content":'
NUMBERED = [b'"k%07d":1' % at for at in range(2_400_000)]
Body = tuple[str, bytes, int, str | None]
#: Bodies that would take seconds or gigabytes if all of each was parsed, and every error collected: path,
#: body, and what is answered.
BODIES: dict[str, Body] = {
    "unknown fields without a key": ("/api/session", b"{" + b",".join(NUMBERED) + b"}", 413, None),
    "a long key": ("/api/session", json.dumps({"key": "k" * 5_000}).encode(), 413, None),
    "nested keys": ("/api/session", b'{"key":' * 500, 400, "key"),
    "a long question": ("/api/solves", b'{"question":"' + b"x" * 2_000_000 + b'"}', 413, None),
    "malformed messages": chat(413, None, b'"messages":[', b'{"role":1,"x":2},', 1_200_000, b"]}"),
    "fewer": chat(400, "messages[0].role", b'"messages":[', b'{"role":1,"x":2},', 400_000, b"]}"),
    "parts": chat(400, "messages", USER + b"[", PART, 200_000, PART[:-1] + b"]}]}"),
    "messages": chat(400, "messages", b'"messages":[', b'{"role":"user"},', 400_000, b'{"role":"user"}]}'),
    "parts of many messages": chat(
        400, "messages", b'"messages":[', b'{"role":"user","content":[' + PART * 9 + PART[:-1] + b"]},", 500,
        b'{"role":"user"}]}',
    ),
    "fields": chat(400, "k0000000", b"", b",".join(NUMBERED[:600_000]), 1, b"}"),
    "a long name": chat(400, "k" * 99 + "…", b'"', b"k", 7_000_000, b'":1}'),
    "depth": chat(400, None, b'"metadata":', b"[", 7_000_000, b"}"),
    "depth in a message": chat(400, "messages[0].role", b'"messages":[{"role":', b'{"a":', 1_000_000, b""),
    "a huge number": chat(400, "n", b'"n":', b"9", 7_000_000, b"}"),
    "a huge fraction": chat(400, "messages", b'"temperature":0.', b"1", 7_000_000, b"e-999999999}"),
    "tools": chat(400, "n", b'"tools":[', b"{},", 2_000_000, b'{}],"n":99}'),
    "stops": chat(400, "stop", b'"stop":[', b'"a",', 1_500_000, b'"a"]}'),
    "escapes": chat(400, "messages", USER + b'"', b"\\u0041", 1_100_000, b'"}]}'),
    "halves of characters": chat(400, "messages", USER + b'"', b"\\ud83d", 1_100_000, b'"}]}'),
    "spaces": chat(400, None, b"", b" ", 7_500_000, b"}"),
    "texts like images": chat(
        413, None, b'"messages":[', b'{"role":"user","content":"data:image"},', 300_000, b"]}"
    ),
    "fields twice": chat(400, "n", b"", b'"n":1,', 1_200_000, b'"n":99}'),
}  # fmt: skip


@pytest.fixture(scope="module")
def shared() -> Any:
    from tests.scripted import Scripted
    from tests.serve.running import running
    from vtc_r1 import Solver

    with running(
        Solver(backend=Scripted(lambda _: "<think>It is.</think><answer>1</answer>"), preset="vtc-r1")
    ) as server:
        yield server


@pytest.mark.parametrize("name", BODIES)
def test_a_body_is_refused_by_its_size_or_its_first_error(shared: Running, name: str) -> None:
    path, body, status, param = BODIES[name]
    reply = shared.ask("POST", path, body)
    assert (reply.status, reply.error["param"]) == (status, param), reply.error
    assert len(reply.raw) < 2_000
    healthy(shared)


def test_parsing_stops_at_the_first_error(shared: Running) -> None:
    for body, param in (
        (b'{"model":"scripted","unknown":1, here ends all JSON', "unknown"),
        (b'{"model":"scripted","messages":[{"role":7} and no more', "messages[0].role"),
        (b'{"model":1 ...', "model"),
    ):
        assert shared.ask("POST", CHAT, body).error["param"] == param


def test_as_much_as_is_allowed_is_answered(shared: Running) -> None:
    parts = [{"type": "text", "text": "a"}] * MOST_PARTS
    assert shared.chat(messages=[{"role": "user", "content": parts}]).status == 200
    assert shared.chat(messages=[{"role": "user", "content": "\U0001f600" * 600_000}]).status == 200
    assert shared.chat(messages=[*QUESTION[:1] * 1_999, *QUESTION]).status == 200


async def test_a_large_body_is_parsed_on_a_thread_and_a_small_one_at_once() -> None:
    threads = []

    class Kind(msgspec.Struct):
        text: str

        def __post_init__(self) -> None:
            threads.append(threading.current_thread())

    for size in (10, 100_000):
        body = json.dumps({"text": "x" * size}).encode()

        async def receive(body: bytes = body) -> dict[str, Any]:
            return {"type": "http.request", "body": body}

        scope = {"type": "http", "headers": [(b"content-type", b"application/json")]}
        assert len((await read_body(Request(scope, receive), Kind, 200_000)).text) == size
    assert threads[0] is threading.current_thread() and threads[1] is not threads[0]


@pytest.mark.parametrize("length", ["Content-Length: 30000000", "Transfer-Encoding: chunked"])
def test_others_are_answered_while_a_body_is_on_its_way(shared: Running, length: str) -> None:
    """And nothing is kept of a body that never ends: it is cut where it is too large."""
    slow = shared.raw()
    slow.sendall(HEAD.format(path="/api/session", length=f"{length}\r\n").encode())
    slow.sendall(b'1000\r\n{"key":"' if "chunked" in length else b'{"key":"')
    healthy(shared)
    assert shared.chat().status == 200
    slow.sendall(b"x" * 4_088 + (b"\r\n1000\r\n" if "chunked" in length else b"") + b"x" * 4_096)
    assert b" 413 " in slow.recv(4_096).split(b"\r\n")[0]
    healthy(shared)


def test_bodies_share_a_room(start: Start) -> None:
    server = start(body_bytes=70_000_000)
    half = b'{"model":"' + b"x" * 5_000_000
    waiting = []
    for _ in range(30):
        connection = server.raw()
        head = HEAD.format(path=CHAT, length="Content-Length: 60000000\r\n")
        connection.sendall(head.encode() + half)
        waiting.append(connection)
    refused = server.ask("POST", CHAT, b'{"model":"' + b"x" * 30_000_000)
    assert (refused.status, refused.error["code"]) == (429, "rate_limit_exceeded")
    assert int(refused.headers["retry-after"]) >= 1
    assert server.chat().status == 200  # a small one always has room
    for connection in waiting:
        connection.close()
