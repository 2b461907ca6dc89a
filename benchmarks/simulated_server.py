"""A server that speaks SGLang's protocol with the latencies of the simulated replica.

    python benchmarks/simulated_server.py --port 30000 --speed 10

Simulated seconds pass `--speed` times as fast as real ones. A question that says `Problem 17` is
answered with the segments of problem 17 of the workload, the last of which gives 17 as its answer.
Pages are counted by the sizes in their PNG headers. It prints its address when it listens.
"""

import argparse
import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import wire
from replica import Parameters, Replica, Request
from workload import Problem, Workload

STRIDE = 1.0
"""Simulated seconds after which what was generated is streamed on."""


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
        number = wire.problem_named(body)
        if number is None or number >= len(self.problems):
            raise ValueError("the question names no problem of the workload")
        at = min(self.at[number], len(self.problems[number]) - 1)
        whole = self.problems[number][at]
        tokens = min(whole, body.get("max_tokens") or whole)
        last = at == len(self.problems[number]) - 1 and tokens == whole
        images, question = sum(wire.page_tokens(body)), self.parameters.question
        request = Request(number, question + images, question, self.parameters.tail, tokens)
        return Job(
            request, wire.segment_text(number, at, tokens, last=last), "stop" if last else "length", images
        )

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
        request = job.request
        prompt = request.shared + request.tail
        return wire.usage_record(prompt, request.tokens, images=job.images, cached=request.hit)

    async def connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer the requests of one connection until it closes."""
        try:
            while True:
                head = wire.head_of(await reader.readuntil(b"\r\n\r\n"))
                body = await reader.readexactly(head.length)
                await self.answer(head.path, body, reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def answer(
        self, path: str, raw: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        """Answer one request."""
        if path != wire.COMPLETIONS:
            known = path == wire.MODELS
            await _send(writer, wire.models() if known else wire.refusal(404, "Not Found"))
            return
        body = json.loads(raw)
        try:
            job = self.job(body)
        except ValueError as error:
            await _send(writer, wire.refusal(400, str(error)))
            return
        if body.get("stream"):
            await self._stream(job, reader, writer)
            return
        text = "".join([piece async for piece in self.pieces(job, reader)])
        await _send(writer, wire.whole(text, job.reason, self.usage(job)))

    async def _stream(self, job: Job, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(wire.STREAM_HEAD)
        async for piece in self.pieces(job, reader):
            await _send(writer, wire.event(wire.chunk(piece)))
        usage = wire.record("chat.completion.chunk", [], self.usage(job))
        ending = [wire.event(part) for part in (wire.chunk("", job.reason), usage, "[DONE]")]
        await _send(writer, b"".join(ending) + wire.STREAM_END)


async def _send(writer: asyncio.StreamWriter, data: bytes) -> None:
    writer.write(data)
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
