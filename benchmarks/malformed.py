"""Bodies that no client should send: drawn from a seed, so that each can be sent again."""

import json
import random
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPException
from typing import Any

_ODD: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 1.5, 1e308, -1e308, 2**63, 2**200, "", " ", "a", "\x00", "\ud800", "é" * 200,
    "null", "1", "data:image/png;base64,AAAA", "file:///etc/passwd", [], {}, [[]], [None], [{}], {"": {}},
    {"type": "text"}, {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo="}},
    {"role": "user"}, {"role": []}, {"__proto__": 1}, "x" * 5_000, ["x"] * 500,
)  # fmt: skip
_FIELDS = (
    "model", "messages", "max_tokens", "max_completion_tokens", "n", "stop", "temperature", "top_p", "top_k",
    "presence_penalty", "frequency_penalty", "seed", "stream", "stream_options", "tools", "tool_choice",
    "response_format", "logit_bias", "logprobs", "user", "metadata", "unknown",
)  # fmt: skip


def bodies(seed: int, model: str) -> Iterator[bytes]:
    """Draw bodies for ever: sound ones with something wrong in them, and bytes that are no JSON."""
    rng = random.Random(seed)
    while True:
        body: Any = {"model": model, "messages": [{"role": "user", "content": "1+2"}], "max_tokens": 64}
        for _ in range(rng.randint(1, 4)):
            body = _spoiled(rng, body)
        raw = json.dumps(body).encode()
        yield _torn(rng, raw) if rng.random() < 0.25 else raw


def answered(port: int, body: bytes, rng: random.Random) -> tuple[int, bytes]:
    """Send a body, sometimes with an odd head; returns status and answer, 0 where the connection closed."""
    kind = "application/json" if rng.random() < 0.95 else rng.choice(("", "text/plain", "a/b; charset=\x80"))
    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request("POST", "/v1/chat/completions", body, {"Content-Type": kind})
        answer = connection.getresponse()
        return answer.status, answer.read()
    except (HTTPException, ConnectionError):
        return 0, b""
    finally:
        connection.close()


def complaint(status: int, answer: bytes) -> str | None:
    """Say what is wrong with an answer to a malformed body; None where nothing is."""
    if status == 0:
        return "the connection was closed without an answer"
    if status >= 500:
        return f"status {status}"
    if status >= 400:
        try:
            error = json.loads(answer)["error"]
            if not error["message"] or set(error) != {"message", "type", "param", "code"}:
                return f"status {status} in another shape"
        except (ValueError, KeyError, TypeError):
            return f"status {status} without an error's shape"
    return None


def _spoiled(rng: random.Random, body: Any) -> Any:
    """Change something, at any depth."""
    if isinstance(body, dict) and body and rng.random() < 0.9:
        name = rng.choice(list(body)) if rng.random() < 0.6 else rng.choice(_FIELDS)
        if rng.random() < 0.15:
            return {key: value for key, value in body.items() if key != name}
        deeper = name in body and rng.random() < 0.5
        return {**body, name: _spoiled(rng, body[name]) if deeper else _odd(rng)}
    if isinstance(body, list) and body and rng.random() < 0.8:
        at = rng.randrange(len(body))
        return [*body[:at], _spoiled(rng, body[at]), *body[at + rng.randint(0, 1) :]]
    return _odd(rng)


def _odd(rng: random.Random) -> Any:
    value = rng.choice(_ODD)
    return {rng.choice(_FIELDS): value} if rng.random() < 0.1 else value


def _torn(rng: random.Random, raw: bytes) -> bytes:
    kind = rng.randrange(6)
    at = rng.randrange(len(raw) + 1)
    if kind == 0:
        return raw[:at]
    if kind == 1:
        return raw[:at] + rng.randbytes(rng.randint(1, 20)) + raw[at:]
    if kind == 2:
        return rng.randbytes(rng.randint(0, 200))
    if kind == 3:
        return rng.choice((b"[", b'{"a":', b"[{")) * rng.choice((10, 1_000, 100_000))
    if kind == 4:
        return b"\xef\xbb\xbf" + raw
    return raw.replace(b'"', b"'")
