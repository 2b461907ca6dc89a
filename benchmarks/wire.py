"""SGLang's protocol as bytes: responses, the events of a stream, and what a request's body asks."""

import base64
import itertools
import json
import re
import struct
from dataclasses import dataclass
from typing import Any

from vtc_r1.estimates import REASONING

MODEL = "Qwen/Qwen3-VL-8B-Instruct"
MODELS, COMPLETIONS = "/v1/models", "/v1/chat/completions"
CONTEXT = 262_144
STREAM_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
STREAM_END = b"0\r\n\r\n"


@dataclass(frozen=True)
class Head:
    """What the lines before a request's body say."""

    path: str
    length: int


def head_of(raw: bytes) -> Head:
    """Read the lines before a body; `raw` ends with the empty line."""
    text = raw.decode("latin-1")
    found = re.search(r"content-length: *(\d+)", text, re.IGNORECASE)
    return Head(text.split(" ", 2)[1], int(found[1]) if found else 0)


def response(status: int, body: Any, **headers: str) -> bytes:
    """A whole response with a JSON body; `Retry_After="1"` gives the header Retry-After."""
    data = json.dumps(body).encode()
    more = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    head = (
        f"HTTP/1.1 {status} -\r\nContent-Type: application/json\r\nContent-Length: {len(data)}\r\n{more}\r\n"
    )
    return head.encode() + data


def refusal(status: int, message: str, **headers: str) -> bytes:
    """An error response in the shape that SGLang gives it."""
    body = {"object": "error", "message": message, "type": "Error", "param": None, "code": status}
    return response(status, body, **headers)


def models() -> bytes:
    """The response that lists the one model."""
    card = {"id": MODEL, "object": "model", "owned_by": "sglang", "root": MODEL, "max_model_len": CONTEXT}
    return response(200, {"object": "list", "data": [card]})


def record(kind: str, choices: list[Any], usage: dict[str, Any] | None = None) -> dict[str, Any]:
    name = "7d3f0c52b9e84a6fa1c0d5e6f7081923"
    return {"id": name, "object": kind, "created": 0, "model": MODEL, "choices": choices, "usage": usage}


def chunk(content: str, reason: str | None = None) -> dict[str, Any]:
    """One piece of a streamed segment."""
    delta = {"role": None, "content": content, "reasoning_content": None}
    choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": reason, "matched_stop": None}
    return record("chat.completion.chunk", [choice])


def whole(text: str, reason: str, usage: dict[str, Any]) -> bytes:
    """The response that carries a segment at once."""
    message = {"role": "assistant", "content": text}
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": reason}
    return response(200, record("chat.completion", [choice], usage))


def event(data: Any) -> bytes:
    """One event, as a chunk of HTTP's chunked transfer."""
    line = f"data: {data if isinstance(data, str) else json.dumps(data, separators=(',', ':'))}\n\n".encode()
    return b"%x\r\n%s\r\n" % (len(line), line)


def usage_record(prompt: int, completion: int, *, images: int, cached: int) -> dict[str, Any]:
    """Token counts; `prompt` includes `images`."""
    return {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
        "prompt_tokens_details": {"cached_tokens": cached, "image_tokens": images},
        "reasoning_tokens": 0,
    }


def question(problem: int) -> str:
    """A question that names its problem."""
    return f"Problem {problem}: what is its number?"


def parts(body: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    """The parts of a request's user content that are `text` or `image_url`, in order."""
    users = [message["content"] for message in body["messages"] if message["role"] == "user"]
    listed = [[{"type": "text", "text": said}] if isinstance(said, str) else said for said in users]
    return [part for content in listed for part in content if part["type"] == kind]


def problem_named(body: dict[str, Any]) -> int | None:
    """The 17 of a request whose question says `Problem 17`; None where none is named."""
    said = next(
        filter(None, (re.search(r"Problem (\d+)", part["text"]) for part in parts(body, "text"))), None
    )
    return int(said[1]) if said else None


def page_tokens(body: dict[str, Any]) -> list[int]:
    """Vision tokens of each page of a request, 32×32 px a token and two around each page."""
    found = []
    for part in parts(body, "image_url"):
        head = base64.b64decode(part["image_url"]["url"].partition(",")[2][:48])
        width, height = struct.unpack(">II", head[16:24])
        found.append(-(-width // 32) * -(-height // 32) + 2)
    return found


def remark(body: dict[str, Any]) -> bytes:
    """The response to a request that is about no problem, such as what a preflight asks of a page."""
    images = sum(page_tokens(body))
    return whole("6 * 7 = 42", "stop", usage_record(20 + images, 5, images=images, cached=0))


def segment_text(problem: int, at: int, tokens: int, *, last: bool) -> str:
    """A segment of about `tokens` tokens; the last one carries the answer."""
    answer = rf"So the answer is \boxed{{{problem}}}." if last else ""
    parts, length = [], len(answer)
    for step in itertools.count():
        if length >= tokens * REASONING.characters:
            return "".join(parts) + answer
        value = (problem * 7_919 + at * 104_729 + step * 1_299_709) % 99_991
        parts.append(f"Step {step} of part {at}: from the last line we get x_{step} = {value}. ")
        length += len(parts[-1])
    raise AssertionError
