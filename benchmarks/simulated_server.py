"""A server that speaks SGLang's protocol with the latencies of the simulated replica.

    python benchmarks/simulated_server.py --port 30000 --speed 10

Simulated seconds pass `--speed` times as fast as real ones. A question that says `Problem 17` is
answered with the segments of problem 17 of the workload, the last of which gives 17 as its answer.
Pages are counted by the sizes in their PNG headers. It prints its address when it listens.
"""

import argparse
import asyncio
import base64
import contextlib
import itertools
import json
import re
import struct
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

from replica import Parameters, Replica, Request
from workload import Problem, Workload

from vtc_r1.estimates import CHARACTERS_PER_TOKEN

MODEL = "Qwen/Qwen3-VL-8B-Instruct"
STRIDE = 1.0
"""Simulated seconds after which what was generated is streamed on."""


def segment_text(problem: int, at: int, tokens: int, *, last: bool) -> str:
    """Return a segment of about `tokens` tokens; the last one carries the answer."""
    answer = rf"So the answer is \boxed{{{problem}}}." if last else ""
    parts, length = [], len(answer)
    for step in itertools.count():
        if length >= tokens * CHARACTERS_PER_TOKEN:
            return "".join(parts) + answer
        value = (problem * 7_919 + at * 104_729 + step * 1_299_709) % 99_991
        parts.append(f"Step {step} of part {at}: from the last line we get x_{step} = {value}. ")
        length += len(parts[-1])
    raise AssertionError


def vision_tokens(body: dict[str, Any]) -> int:
    """Count the pages of a request, 32×32 px a token and two around each page."""
    total = 0
    for message in body["messages"]:
        for part in message["content"] if isinstance(message["content"], list) else ():
            if part["type"] == "image_url":
                head = base64.b64decode(part["image_url"]["url"].partition(",")[2][:48])
                width, height = struct.unpack(">II", head[16:24])
                total += -(-width // 32) * -(-height // 32) + 2
    return total


@dataclass(eq=False)
class Job:
    """One request and where it stands; `moved` is set whenever there is more of it."""

    request: Request
    text: str
    reason: str
    images: int
    moved: asyncio.Event = field(default_factory=asyncio.Event)
    done: bool = False


class Simulated:
    """The replica behind the protocol; its clock follows the event loop's, `speed` times as fast."""

    def __init__(self, problems: list[Problem], parameters: Parameters, speed: float) -> None:
        self.problems, self.parameters, self.speed = problems, parameters, speed
        self.replica = Replica(parameters)
        self.at = [0] * len(problems)
        self.jobs: dict[Request, Job] = {}
        self.arrived = asyncio.Event()

    async def pump(self) -> None:
        """Let the replica work, never ahead of the clock by more than one stride."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        while True:
            if not self.replica.busy:
                self.arrived.clear()
                await self.arrived.wait()
                now = (loop.time() - began) * self.speed
                self.replica.wait(max(now, self.replica.clock))
            finished = self.replica.step(self.replica.clock + STRIDE)
            now = (loop.time() - began) * self.speed
            await asyncio.sleep(max(0.0, (self.replica.clock - now) / self.speed))
            for request in finished:
                if job := self.jobs.pop(request, None):
                    self.at[request.problem] += 1
                    job.done = True
                    job.moved.set()
            for job in self.jobs.values():
                job.moved.set()

    def job(self, body: dict[str, Any]) -> Job:
        """Make the job of a request; raises ValueError for one that belongs to no problem."""
        said = re.findall(r"Problem (\d+)", json.dumps(body["messages"], ensure_ascii=False)[:100_000])
        if not said or not int(said[0]) < len(self.problems):
            raise ValueError("the question names no problem of the workload")
        number = int(said[0])
        at = min(self.at[number], len(self.problems[number]) - 1)
        whole = self.problems[number][at]
        tokens = min(whole, body.get("max_tokens") or whole)
        last = at == len(self.problems[number]) - 1 and tokens == whole
        images, question = vision_tokens(body), self.parameters.question
        request = Request(number, question + images, question, self.parameters.tail, tokens)
        return Job(request, segment_text(number, at, tokens, last=last), "stop" if last else "length", images)

    async def pieces(self, job: Job, reader: asyncio.StreamReader) -> AsyncIterator[str]:
        """Yield text as it is generated; a client that leaves aborts its request."""
        self.replica.submit(job.request)
        self.jobs[job.request] = job
        self.arrived.set()
        sent = 0
        try:
            while not job.done:
                await job.moved.wait()
                job.moved.clear()
                if reader.at_eof():
                    return
                share = self.replica.generated(job.request) / job.request.tokens
                ready = len(job.text) if job.done else int(share * len(job.text))
                if ready > sent:
                    yield job.text[sent:ready]
                    sent = ready
        finally:
            if self.jobs.pop(job.request, None):
                self.replica.abort(job.request)

    def usage(self, job: Job) -> dict[str, Any]:
        """Return the usage record of a finished job."""
        prompt = job.request.shared + job.request.tail
        details = {"cached_tokens": job.request.hit, "image_tokens": job.images}
        tokens = job.request.tokens
        return {
            "prompt_tokens": prompt,
            "completion_tokens": tokens,
            "total_tokens": prompt + tokens,
            "prompt_tokens_details": details,
        }

    async def connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer the requests of one connection until it closes."""
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
                found = re.search(r"content-length: *(\d+)", head, re.IGNORECASE)
                body = await reader.readexactly(int(found[1])) if found else b""
                await self.answer(head.split(" ", 2)[1], body, reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def answer(
        self, path: str, raw: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        """Answer one request."""
        if path == "/v1/models":
            listed = {"id": MODEL, "object": "model", "max_model_len": 262_144}
            await _send(writer, 200, {"object": "list", "data": [listed]})
            return
        if path != "/v1/chat/completions":
            await _send(writer, 404, {"detail": "Not Found"})
            return
        body = json.loads(raw)
        try:
            job = self.job(body)
        except ValueError as error:
            await _send(writer, 400, {"object": "error", "message": str(error), "code": 400})
            return
        if body.get("stream"):
            await self._stream(job, reader, writer)
            return
        text = "".join([piece async for piece in self.pieces(job, reader)])
        choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": job.reason}
        await _send(writer, 200, _record("chat.completion", [choice], self.usage(job)))

    async def _stream(self, job: Job, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(
            b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
        )
        async for piece in self.pieces(job, reader):
            await _event(writer, _chunk({"content": piece}, None))
        await _event(writer, _chunk({}, job.reason))
        await _event(writer, _record("chat.completion.chunk", [], self.usage(job)))
        await _event(writer, "[DONE]")
        writer.write(b"0\r\n\r\n")
        await writer.drain()


def _record(kind: str, choices: list[Any], usage: dict[str, Any] | None = None) -> dict[str, Any]:
    found = {"id": "reply", "object": kind, "created": 0, "model": MODEL, "choices": choices}
    return found if usage is None else {**found, "usage": usage}


def _chunk(delta: dict[str, str], reason: str | None) -> dict[str, Any]:
    return _record("chat.completion.chunk", [{"index": 0, "delta": delta, "finish_reason": reason}])


async def _event(writer: asyncio.StreamWriter, data: Any) -> None:
    line = f"data: {data if isinstance(data, str) else json.dumps(data)}\n\n".encode()
    writer.write(b"%x\r\n%s\r\n" % (len(line), line))
    await writer.drain()


async def _send(writer: asyncio.StreamWriter, status: int, body: Any) -> None:
    data = json.dumps(body).encode()
    head = f"HTTP/1.1 {status} -\r\nContent-Type: application/json\r\nContent-Length: {len(data)}\r\n\r\n"
    writer.write(head.encode() + data)
    await writer.drain()


async def serve(simulated: Simulated, port: int) -> None:
    """Serve until cancelled."""
    server = await asyncio.start_server(simulated.connection, "127.0.0.1", port)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1", flush=True)
    async with server:
        await simulated.pump()


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--speed", type=float, default=10.0, help="simulated seconds a second")
    parser.add_argument("--slots", type=int, default=64, help="most running requests")
    parser.add_argument("--problems", type=int, default=500)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    problems = Workload(problems=arguments.problems, seed=arguments.seed).draw()
    simulated = Simulated(problems, Parameters(slots=arguments.slots), arguments.speed)
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(serve(simulated, arguments.port))


if __name__ == "__main__":
    main()
