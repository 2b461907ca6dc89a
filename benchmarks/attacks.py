"""What one client can do to the others: python benchmarks/attacks.py [--only WORD] [--json].

Attacks, each from a process of its own, on `vtc-r1 serve` in front of a model server that answers at once. Of
each: the slowest `/health` meanwhile, by how much the server's memory grew at its peak, the seconds that it
took, and what was answered. The bars are 0.5 s and 300 MB.
"""

import argparse
import base64
import contextlib
import io
import json
import multiprocessing
import random
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from http.client import HTTPConnection

from facade import Facade, facade
from PIL import Image
from serve_backend import MODEL
from served import serving

SLOWEST_BAR, GROWTH_BAR = 0.5, 300.0
CHAT = "/v1/chat/completions"
_EVERY, _SETTLE = 0.02, 0.3
_TYPE = {"Content-Type": "application/json"}


def posted(port: int, path: str, body: bytes) -> str:
    """Send a body; returns the status and the error's code."""
    connection = HTTPConnection("127.0.0.1", port, timeout=180)
    try:
        connection.request("POST", path, body, _TYPE)
        answer = connection.getresponse()
        error = json.loads(answer.read()).get("error") or {}
        return f"{answer.status} {error.get('code') or ''}".strip()
    except OSError as error:
        return type(error).__name__
    finally:
        connection.close()


def many(times: int, attack: Callable[[int], str]) -> Callable[[int], str]:
    """The same from many clients at once."""

    def run(port: int) -> str:
        found: list[str] = []
        threads = [threading.Thread(target=lambda: found.append(attack(port))) for _ in range(times)]
        for one in threads:
            one.start()
        for one in threads:
            one.join()
        return ", ".join(f"{found.count(one)} × {one}" for one in sorted(set(found)))

    return run


def body(path: str, start: bytes, filling: bytes, times: int, end: bytes) -> Callable[[int], str]:
    return lambda port: posted(port, path, start + filling * times + end)


def chat(start: bytes, filling: bytes, times: int, end: bytes) -> Callable[[int], str]:
    return body(CHAT, b'{"model":"%s",' % MODEL.encode() + start, filling, times, end)


def fields(path: str, count: int) -> Callable[[int], str]:
    """Unknown fields, each with a name of its own."""
    return lambda port: posted(port, path, b"{" + b",".join(b'"k%07d":1' % at for at in range(count)) + b"}")


def chunked(path: str, chunk: bytes, times: int, pause: float = 0.0) -> Callable[[int], str]:
    """A body without a length, in chunks."""

    def run(port: int) -> str:
        piece = b"%x\r\n%s\r\n" % (len(chunk), chunk)
        with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
            head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            connection.sendall(head.encode() + b"Transfer-Encoding: chunked\r\n\r\n")
            with contextlib.suppress(OSError):
                sent, each = 0, max(1, 65_536 // len(piece)) if not pause else 1
                while sent < times:
                    connection.sendall(piece * each)
                    sent += each
                    time.sleep(pause)
            with contextlib.suppress(OSError):
                return connection.recv(4_096).split(b"\r\n")[0].partition(b" ")[2].decode()
            return "closed"

    return run


def pictures(count: int, side: int, *, alike: bool, kind: str = "PNG") -> Callable[[int], str]:
    """A question with images."""

    def run(port: int) -> str:
        rng = random.Random(side)
        uris = []
        for at in range(1 if alike else count):
            image = Image.new("RGB" if kind == "JPEG" else "RGBA", (side, side), (at, 0, 0))
            if kind == "JPEG":
                image = Image.frombytes("RGB", (side, side), rng.randbytes(side * side * 3))
            file = io.BytesIO()
            image.save(file, kind)
            uris.append(f"data:image/{kind.lower()};base64,{base64.b64encode(file.getvalue()).decode()}")
        parts = [{"type": "image_url", "image_url": {"url": uris[at % len(uris)]}} for at in range(count)]
        messages = [{"role": "user", "content": [*parts, {"type": "text", "text": "What is 6?"}]}]
        return posted(port, CHAT, json.dumps({"model": MODEL, "messages": messages}).encode())

    return run


_USER, _PART = b'"messages":[{"role":"user","content":', b'{"type":"text","text":"a"},'
ATTACKS: dict[str, Callable[[int], str]] = {
    "31 MB of unknown fields, no key": fields("/api/session", 2_400_000),
    "the same, 8 clients": many(8, fields("/api/session", 2_400_000)),
    "7.8 MB of unknown fields": fields(CHAT, 600_000),
    "20 MB of malformed messages": chat(b'"messages":[', b'{"role":1,"x":2},', 1_200_000, b"]}"),
    "7.5 MB of malformed messages, 8 clients": many(
        8, chat(b'"messages":[', b'{"role":1,"x":2},', 440_000, b"]}")
    ),
    "200,000 valid parts": chat(_USER + b"[", _PART, 200_000, _PART[:-1] + b"]}]}"),
    "200,000 valid parts, 8 clients": many(8, chat(_USER + b"[", _PART, 200_000, _PART[:-1] + b"]}]}")),
    "480,000 valid messages": chat(b'"messages":[', b'{"role":"user"},', 480_000, b'{"role":"user"}]}'),
    "31 MB of valid messages": chat(b'"messages":[', b'{"role":"user"},', 1_900_000, b'{"role":"user"}]}'),
    "nested 7 million deep": chat(b'"metadata":', b"[", 7_000_000, b"}"),
    "nested in an image": chat(b'"messages":"data:image', b"[", 30_000_000, b'"}'),
    "a number of 7 million digits": chat(b'"n":', b"9", 7_000_000, b"}"),
    "a name of 7 MB": chat(b'"', b"k", 7_000_000, b'":1}'),
    "a name of 31 MB": chat(b'"', b"k", 31_000_000, b'":1}'),
    "tools: 2.5 million objects": chat(_USER + b'"a"}],"tools":[', b"{},", 2_500_000, b"{}]}"),
    "1.2 million escapes": chat(_USER + b'"', b"\\u0041", 1_200_000, b'"}]}'),
    "1.2 million halves of characters": chat(_USER + b'"', b"\\ud83d", 1_200_000, b'"}]}'),
    "a million formulas asked": chat(_USER + b'"', b"$x$ ", 249_000, b'"}]}'),
    "a million brackets asked": chat(_USER + b'"', b"\\\\frac{1}{", 90_000, b'"}]}'),
    "a million characters earlier": chat(
        _USER + b'"a"},{"role":"assistant","content":"', b"$\\\\frac{1}{2}$ ", 62_000,
        b'"},{"role":"user","content":"What is 6?"}]}',
    ),
    "chunks of one byte": chunked(CHAT, b" ", 4_000_000),
    "chunks of one byte, 8 clients, no key": many(8, chunked("/api/session", b" ", 500_000)),
    "a chunk each 50 ms": many(20, chunked(CHAT, b" " * 1_000_000, 32, 0.05)),
    "16 equal images of 4096²": pictures(16, 4_096, alike=True),
    "the same, 3 clients": many(3, pictures(16, 4_096, alike=True)),
    "16 different images of 4096²": pictures(16, 4_096, alike=False),
    "8 noisy photographs of 1400²": pictures(8, 1_400, alike=False, kind="JPEG"),
    "the same, 6 clients": many(6, pictures(8, 1_400, alike=False, kind="JPEG")),
}  # fmt: skip


@dataclass(frozen=True)
class Outcome:
    """What an attack did."""

    name: str
    answer: str
    seconds: float
    slowest: float
    growth: float


def attacked(server: Facade, name: str) -> Outcome:
    """Attack, and look at the others' answers and at the memory meanwhile."""
    before = server.resident_mb()
    answers = multiprocessing.get_context("spawn").Queue()
    attacker = multiprocessing.get_context("spawn").Process(target=_attack, args=(name, server.port, answers))
    attacker.start()
    slowest = peak = 0.0
    for took, memory in _looks(server, attacker):
        slowest, peak = max(slowest, took), max(peak, memory)
    answer, seconds = answers.get()
    return Outcome(name, answer, round(seconds, 2), round(slowest, 3), round(peak - before, 1))


def _attack(name: str, port: int, answers: "multiprocessing.Queue[tuple[str, float]]") -> None:
    began = time.monotonic()
    answer = ATTACKS[name](port)
    answers.put((answer, time.monotonic() - began))


def _looks(server: Facade, attacker: multiprocessing.Process) -> Iterator[tuple[float, float]]:
    end = None
    while end is None or time.monotonic() < end:
        began = time.monotonic()
        connection = HTTPConnection("127.0.0.1", server.port, timeout=180)
        connection.request("GET", "/health")
        assert connection.getresponse().status == 200
        connection.close()
        yield time.monotonic() - began, server.resident_mb()
        time.sleep(_EVERY)
        if end is None and not attacker.is_alive():
            end = time.monotonic() + _SETTLE


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", default="", help="attacks whose name has this word")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    found = []
    for name in (name for name in ATTACKS if arguments.only in name):
        # A fresh server for each: what one attack left behind would hide the growth of the next.
        with serving("serve_backend.py", "--pieces", 3) as (backend,), facade(backend.address) as server:
            posted(server.port, CHAT, json.dumps(_QUESTION).encode())
            found.append(attacked(server, name))
        if not arguments.json:
            one = found[-1]
            figures = f"{one.slowest:7.3f} s {one.growth:7.0f} MB {one.seconds:7.2f} s"
            print(f"{one.name:42}{figures}  {one.answer}", flush=True)
    if arguments.json:
        print(json.dumps([asdict(one) for one in found], indent=2))
    missed = [one.name for one in found if one.slowest > SLOWEST_BAR or one.growth > GROWTH_BAR]
    for name in missed:
        print(f"missed: {name}", file=sys.stderr)
    return bool(missed)


_QUESTION = {"model": MODEL, "messages": [{"role": "user", "content": "What is 6?"}]}

if __name__ == "__main__":
    sys.exit(main())
