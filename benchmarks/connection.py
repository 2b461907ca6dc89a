"""Connections to the loopback server: requests counted, answered from the script, and befallen by mishaps."""

import asyncio
import json
import time
from dataclasses import asdict, dataclass, replace
from typing import IO, Any

import wire
from canned import Canned, Script
from mishaps import Mishap, Mishaps

TALLIES = "/tallies"
_TICK = 0.005
"""Fewest seconds between two writes to one stream; what falls due between them is written together."""


@dataclass
class Tallies:
    """Counts since the start; `left` are clients gone before their stream ended, hung ones not counted."""

    requests: int = 0
    running: int = 0
    most_running: int = 0
    refused: int = 0
    broken: int = 0
    hung: int = 0
    left: int = 0
    events: int = 0
    writes: int = 0


class Service:
    """What the connections share.

    Args:
        script: what is said.
        mishaps: what goes wrong.
        pace: seconds over which a segment is streamed; 0 sends all of it at once.
        log: takes a line `problem at fate` as soon as a request is in.
    """

    def __init__(self, script: Script, mishaps: Mishaps, pace: float, log: IO[bytes] | None) -> None:
        self.script, self.mishaps, self.pace, self.log = script, mishaps, pace, log
        self.tallies = Tallies()

    def take(self, segment: Canned) -> Mishap | None:
        """Count a request and draw what befalls it."""
        count = self.tallies
        mishap = self.mishaps.draw(count.requests)
        count.requests += 1
        count.running += 1
        count.most_running = max(count.most_running, count.running)
        if mishap is not None:
            setattr(count, mishap.kind, getattr(count, mishap.kind) + 1)
        if self.log is not None:
            self.log.write(b"%d %d %s\n" % (segment.problem, segment.at, _fate(mishap)))
        return mishap


def _fate(mishap: Mishap | None) -> bytes:
    return mishap.kind.encode() if mishap else b"served"


class Connection(asyncio.Protocol):
    """One client's connection: a request at a time."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.received = bytearray()
        self.running = self.hung = False
        self.timer: asyncio.Handle | None = None

    def connection_made(self, transport: Any) -> None:
        """Note where answers go."""
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        """Take what came in; answer it once it is whole."""
        self.received += data
        if not self.running:
            self._next()

    def connection_lost(self, exc: Exception | None) -> None:
        """End the request of a client that has left."""
        if self.timer is not None:
            self.timer.cancel()
        if self.running:
            self.service.tallies.left += not self.hung
            self._end()

    def _next(self) -> None:
        """Answer the request that has come in whole, if there is one."""
        start = self.received.find(b"\r\n\r\n") + 4
        if start < 4:
            return
        head = wire.head_of(self.received[:start])
        end = start + head.length
        if len(self.received) < end:
            return
        raw = bytes(self.received[start:end])
        del self.received[:end]
        if head.path == wire.COMPLETIONS:
            self._complete(json.loads(raw))
        else:
            self.transport.write(self._plain(head.path))

    def _plain(self, path: str) -> bytes:
        if path == TALLIES:
            return wire.response(200, asdict(self.service.tallies) | {"cpu_seconds": time.process_time()})
        return wire.models() if path == wire.MODELS else wire.refusal(404, "Not Found")

    def _complete(self, body: dict[str, Any]) -> None:
        if wire.problem_named(body) is None:
            self.transport.write(wire.remark(body))
            return
        try:
            segment = self.service.script.segment(body)
        except ValueError as error:
            self.transport.write(wire.refusal(400, str(error)))
            return
        self.running, mishap = True, self.service.take(segment)
        if mishap and mishap.kind == "refused":
            wait = {} if mishap.wait is None else {"Retry_After": str(mishap.wait)}
            self._finish(wire.refusal(mishap.status, f"it is down for {segment.problem}", **wait))
        elif mishap and mishap.share is None:
            self.hung = True
        elif body.get("stream"):
            self.transport.write(wire.STREAM_HEAD)
            step = self.service.pace / len(segment.events)
            self._advance(_hit(segment, mishap), mishap, 0, _loop().time(), step)
        elif mishap is None:
            answer = wire.whole(segment.text, segment.reason, segment.usage)
            self.timer = _loop().call_later(self.service.pace, self._finish, answer)
        else:
            self._fail(mishap)

    def _advance(self, segment: Canned, mishap: Mishap | None, sent: int, began: float, step: float) -> None:
        """Write what has fallen due since the stream began, and come again for the rest."""
        total = len(segment.events)
        due = min(total, int((_loop().time() - began) / step) + 1) if step else total
        self.transport.write(b"".join(segment.events[sent:due]))
        self.service.tallies.events += due - sent
        self.service.tallies.writes += 1
        if due < total:
            again = max(began + due * step, _loop().time() + _TICK)
            self.timer = _loop().call_at(again, self._advance, segment, mishap, due, began, step)
        elif mishap is None:
            self._finish(b"")
        else:
            self._fail(mishap)

    def _fail(self, mishap: Mishap) -> None:
        """Cut the connection, or say nothing more."""
        self.hung = mishap.kind == "hung"
        if not self.hung:
            self._end()
            self.transport.close()

    def _finish(self, last: bytes) -> None:
        self.transport.write(last)
        self._end()
        self._next()

    def _end(self) -> None:
        self.running = False
        self.service.tallies.running -= 1


def _hit(segment: Canned, mishap: Mishap | None) -> Canned:
    """The part of a stream that is sent before its mishap; a cut falls within an event."""
    if mishap is None or mishap.share is None:
        return segment
    kept = int(len(segment.events) * mishap.share)
    torn = segment.events[kept][: len(segment.events[kept]) // 2] if mishap.kind == "broken" else b""
    return replace(segment, events=(*segment.events[:kept], torn))


def _loop() -> asyncio.AbstractEventLoop:
    return asyncio.get_running_loop()
