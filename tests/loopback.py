"""A small server on the loopback interface that speaks OpenAI's protocol, with scripted replies."""

import contextlib
import json
import select
import socket
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

from vtc_r1.sglang.pages import LOOK

MODEL = "Qwen/Qwen3-VL-8B-Instruct"


@dataclass(frozen=True)
class Reply:
    """How one request is answered.

    Attributes:
        text: what the model writes.
        reasoning: what a reasoning parser takes out of it.
        finish_reason: why the segment ends; None where the stream ends without a word about it.
        usage: token counts; None where the server sends none.
        piece: characters in one piece of a stream.
        pause: seconds before every piece.
        status: HTTP status; anything but 200 answers `body` and nothing else.
        body: JSON (or, as a str, raw text) to answer instead of a completion.
        headers: headers of an answer that is no completion.
        events: events of a stream to answer as they are, instead of a completion: bytes, or JSON.
        cut_after: pieces of a stream after which the connection is cut.
        error_after: pieces of a stream after which an error arrives in it.
        error: that error.
        hang: say nothing, until the client leaves.
        hang_after: pieces of a stream after which nothing more comes, until the client leaves.
    """

    text: str = ""
    reasoning: str | None = None
    finish_reason: str | None = "stop"
    usage: dict[str, Any] | None = field(
        default_factory=lambda: {"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120}
    )
    piece: int = 7
    pause: float = 0.0
    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    events: Sequence[Any] | None = None
    cut_after: int | None = None
    error_after: int | None = None
    error: Any = field(default_factory=lambda: {"message": "the scheduler died", "code": 500})
    hang: bool = False
    hang_after: int | None = None

    def pieces(self) -> list[dict[str, str]]:
        """The deltas of a stream."""
        cut = [("reasoning_content", self.reasoning or ""), ("content", self.text)]
        return [
            {name: text[at : at + self.piece]} for name, text in cut for at in range(0, len(text), self.piece)
        ]


@dataclass(frozen=True)
class Recorded:
    """One request as it came in; the names of headers are in lower case."""

    path: str
    headers: dict[str, str]
    body: dict[str, Any]

    @property
    def content(self) -> list[dict[str, Any]]:
        """The user's content."""
        parts = self.body["messages"][-1]["content"]
        assert isinstance(parts, list)
        return parts

    @property
    def images(self) -> list[str]:
        """The image URLs, in order."""
        return [part["image_url"]["url"] for part in self.content if part["type"] == "image_url"]


Script = Sequence[Reply | str] | Callable[[dict[str, Any]], Reply | str]


def refusal(message: str, status: int = 400, headers: dict[str, str] | None = None) -> Reply:
    """An error in the shape that SGLang gives it."""
    body = {"object": "error", "message": message, "type": "BadRequestError", "param": None, "code": status}
    return Reply(status=status, body=body, headers=headers or {})


class _Server(ThreadingHTTPServer):
    request_queue_size = 128  # as servers have it: connections that come at once are not reset


class Loopback:
    """The server; a script that has run out refuses.

    Args:
        script: replies in order, or a function from the parsed request to its reply.
        models: names that it lists, None where it cannot list any; anything else it answers as it is.
        key: API key that it demands.
        port: where it listens; any free port unless given.
        context: context length that it lists, None where it says nothing of it.
        sees: it is a vision model. What is asked of pages before many solves is answered aside from the
            script: it is not recorded, and pages cost tokens where it sees. None: by the script.
        workers: gives what it lists at `/workers`, as a router does.
    """

    def __init__(
        self,
        script: Script,
        *,
        models: Any = (MODEL,),
        key: str | None = None,
        port: int = 0,
        context: int | None = 32_768,
        sees: bool | None = True,
        workers: Callable[[], list[dict[str, Any]]] | None = None,
    ) -> None:
        self.sees, self.workers = sees, workers
        self.script, self.models, self.key, self.context = script, models, key, context
        self.requests: list[Recorded] = []
        self.active = self.most_active = 0
        self.stopping = threading.Event()
        self.connections: set[socket.socket] = set()
        self._changed = threading.Condition()
        self._http = _Server(("127.0.0.1", port), type("Bound", (_Handler,), {"owner": self}))
        threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True).start()

    @property
    def base_url(self) -> str:
        """The `/v1` address."""
        return f"http://127.0.0.1:{self._http.server_address[1]}/v1"

    def next_reply(self, request: Recorded) -> Reply:
        """Record a request and choose its reply."""
        chat = request.path.endswith("/chat/completions")
        if chat and self.sees is not None and request.content[-1].get("text") == LOOK:
            images = 64 * len(request.images) * self.sees
            usage = {"prompt_tokens": 20 + images, "completion_tokens": 1, "total_tokens": 21 + images}
            return Reply("6", usage=usage)
        with self._changed:
            at = len(self.requests)
            self.requests.append(request)
            self._changed.notify_all()
        if callable(self.script):
            reply = self.script(request.body)
        else:
            reply = self.script[at] if at < len(self.script) else refusal("the script has run out")
        return Reply(reply) if isinstance(reply, str) else reply

    def count(self, change: int) -> None:
        """Note that a request began or ended."""
        with self._changed:
            self.active += change
            self.most_active = max(self.active, self.most_active)
            self._changed.notify_all()

    def wait_for(self, true: Callable[[Self], bool], seconds: float = 5.0) -> bool:
        """Wait until something holds of the server; False where it does not come to that."""
        with self._changed:
            return self._changed.wait_for(lambda: true(self), seconds)

    def kill(self) -> None:
        """Stop serving and cut every connection, as a process that ends does."""
        self.close()
        for connection in list(self.connections):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Stop serving."""
        if self.stopping.is_set():
            return
        self.stopping.set()
        self._http.shutdown()
        self._http.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    owner: Loopback

    def setup(self) -> None:
        super().setup()
        self.owner.connections.add(self.connection)

    def finish(self) -> None:
        self.owner.connections.discard(self.connection)
        super().finish()

    def log_message(self, *_: Any) -> None:
        pass

    def do_GET(self) -> None:
        if self._refused():
            return
        if self.path == "/workers" and self.owner.workers is not None:
            found = self.owner.workers()
            self._send(200, {"workers": found, "total": len(found)})
            return
        if self.path != "/v1/models" or self.owner.models is None:
            self._send(404, {"detail": "Not Found"})
            return
        if isinstance(self.owner.models, tuple):
            context = {} if self.owner.context is None else {"max_model_len": self.owner.context}
            models = [{"id": name, "object": "model", **context} for name in self.owner.models]
            self._send(200, {"object": "list", "data": models})
            return
        self._send(200, self.owner.models)

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.owner.count(+1)
        try:
            reply = self.owner.next_reply(Recorded(self.path, headers, body))
            if not self._refused():
                self._reply(reply, body)
        except (ConnectionError, TimeoutError):
            self.close_connection = True
        finally:
            self.owner.count(-1)

    def _refused(self) -> bool:
        key = self.owner.key
        if key is None or self.headers["Authorization"] == f"Bearer {key}":
            return False
        self._send(401, {"error": {"message": "Unauthorized"}})
        return True

    def _reply(self, reply: Reply, body: dict[str, Any]) -> None:
        if reply.hang:
            self._wait_until_left()
        elif reply.status != 200 or reply.body is not None:
            self._send(reply.status, reply.body, reply.headers)
        elif reply.events is not None:
            self._as_they_are(reply.events)
        elif body.get("stream"):
            self._stream(reply, body)
        else:
            self._whole(reply)

    def _send(self, status: int, body: Any, headers: dict[str, str] | None = None) -> None:
        raw = isinstance(body, str)
        data = body.encode() if raw else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/html" if raw else "application/json")
        self.send_header("Content-Length", str(len(data)))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    def _whole(self, reply: Reply) -> None:
        time.sleep(reply.pause)
        message: dict[str, Any] = {"role": "assistant", "content": reply.text or None}
        if reply.reasoning is not None:
            message["reasoning_content"] = reply.reasoning
        choice = {"index": 0, "message": message, "finish_reason": reply.finish_reason}
        self._send(200, {**_envelope("chat.completion"), "choices": [choice], "usage": reply.usage})

    def _stream(self, reply: Reply, body: dict[str, Any]) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for at, delta in enumerate(reply.pieces()):
            if at == reply.cut_after:
                self._cut()
                return
            if at == reply.hang_after:
                self._wait_until_left()
                return
            if at == reply.error_after:
                self._event({"error": reply.error})
                break
            self._pause(reply.pause)
            self._event(_chunk(delta, None))
        else:
            self._finish(reply, body)
        self.wfile.write(b"0\r\n\r\n")

    def _as_they_are(self, events: Sequence[Any]) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream; charset=utf-8")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for event in events:
            if isinstance(event, bytes):
                self.wfile.write(b"%x\r\n%s\r\n" % (len(event), event))
            else:
                self._event(event)
        self.wfile.write(b"0\r\n\r\n")

    def _finish(self, reply: Reply, body: dict[str, Any]) -> None:
        if reply.finish_reason is None:
            return
        self._event(_chunk({}, reply.finish_reason))
        if reply.usage is not None and body.get("stream_options", {}).get("include_usage"):
            self._event({**_envelope("chat.completion.chunk"), "choices": [], "usage": reply.usage})
        self._event("[DONE]")

    def _event(self, data: Any) -> None:
        line = f"data: {data if isinstance(data, str) else json.dumps(data)}\n\n".encode()
        self.wfile.write(b"%x\r\n%s\r\n" % (len(line), line))
        self.wfile.flush()

    def _cut(self) -> None:
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)

    def _pause(self, seconds: float) -> None:
        if seconds and self._left_within(seconds):
            raise ConnectionResetError("the client left")

    def _wait_until_left(self) -> None:
        while not self._left_within(0.02) and not self.owner.stopping.is_set():
            pass
        self.close_connection = True

    def _left_within(self, seconds: float) -> bool:
        """Tell whether the client closes the connection before `seconds` are over."""
        readable, _, _ = select.select([self.connection], [], [], seconds)
        return bool(readable) and self.connection.recv(1, socket.MSG_PEEK) == b""


def _envelope(kind: str) -> dict[str, Any]:
    return {"id": "reply", "object": kind, "created": 0, "model": MODEL}


def _chunk(delta: dict[str, str], reason: str | None) -> dict[str, Any]:
    choice = {"index": 0, "delta": delta, "finish_reason": reason}
    return {**_envelope("chat.completion.chunk"), "choices": [choice]}
