"""What `vtc-r1 serve` adds, holds and withstands: python benchmarks/serve.py.

A model server that says when it says it (serve_backend.py) stands behind it, each in a process of its own.

- Delay: from the first token of the model server to the first reasoning text at the client, p95 and most.
- Soak: streaming clients at once, for a minute: errors, memory of the server, and how long the page takes.
- Malformed: bodies that no client should send (malformed.py): answers of 500, closed connections, hangs.

    python benchmarks/serve.py --seconds 5 --warm 1 --clients 20 --bodies 300      # the short form
"""

import argparse
import asyncio
import json
import random
import statistics
import sys
from dataclasses import dataclass

from facade import Facade, facade, looks, streams
from malformed import answered, bodies, complaint
from serve_backend import MODEL
from served import serving

DELAY_BAR, GROWTH_BAR = 0.050, 1.25
"""Seconds at p95; memory at the end of the soak over that at its half."""


def p95(values: list[float]) -> float:
    return statistics.quantiles(values, n=20)[-1] if len(values) > 1 else values[0]


@dataclass(frozen=True)
class Delay:
    """Seconds from the model server's first token to the client."""

    streams: int
    at_once: int
    median: float
    p95: float
    most: float
    errors: int


def delay(server: Facade, each: int, at_once: int) -> Delay:
    """Measure it over streams that are read by so many clients at once."""
    asyncio.run(streams(server.url, 1, each=2))
    read = asyncio.run(streams(server.url, at_once, each=each))
    found = read.delays
    return Delay(read.done, at_once, statistics.median(found), p95(found), max(found), len(read.errors))


@dataclass(frozen=True)
class Soak:
    """Many streaming clients; memory in MB after each quarter of the time, the page's time in seconds."""

    clients: int
    seconds: float
    streams: int
    errors: list[str]
    delay_p95: float
    memory: list[float]
    page_p95: float
    page_most: float
    cpu_share: float


def soak(server: Facade, clients: int, seconds: float, warm: float) -> Soak:
    """Let them read for so long, after the drawn pages and finished solves that are kept have filled up."""

    async def run() -> Soak:
        await streams(server.url, clients, seconds=warm)
        before = server.cpu_seconds()
        looking = asyncio.create_task(looks(server, "/", 0.2))
        read = await streams(server.url, clients, seconds=seconds)
        looking.cancel()
        took, memory = await looking
        return Soak(
            clients,
            seconds,
            read.done,
            read.errors[:5],
            p95(read.delays),
            [round(memory[len(memory) * quarter // 4 - 1], 1) for quarter in range(1, 5)],
            p95(took),
            max(took),
            (server.cpu_seconds() - before) / seconds,
        )

    return asyncio.run(run())


def malformed(server: Facade, count: int, seed: int) -> list[str]:
    """Send bodies; returns what was wrong with their answers."""
    rng, drawn = random.Random(seed), bodies(seed, MODEL)
    found = []
    for at in range(count):
        body = next(drawn)
        wrong = complaint(*answered(server.port, body, rng))
        if wrong is not None:
            found.append(f"body {at} of seed {seed}: {wrong}: {body[:120]!r}")
    return found


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--delays", type=int, default=100, help="streams whose delay is measured")
    parser.add_argument("--clients", type=int, default=200, help="of the soak")
    parser.add_argument("--seconds", type=float, default=60.0, help="of the soak")
    parser.add_argument("--warm", type=float, default=60.0, help="seconds before it")
    parser.add_argument("--bodies", type=int, default=5_000, help="malformed ones")
    parser.add_argument("--interval", type=float, default=0.25, help="seconds between two pieces of a stream")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", action="store_true")
    return parser.parse_args()


def misses(delays: list[Delay], soaked: Soak | None, wrong: list[str]) -> list[str]:
    """The bars that were missed."""
    found = [f"{one.p95 * 1e3:.0f} ms to the first text" for one in delays if one.p95 > DELAY_BAR]
    found += [f"{one.errors} streams failed" for one in delays if one.errors]
    if soaked is not None:
        found += [f"soak: {error}" for error in soaked.errors]
        if soaked.memory[-1] > GROWTH_BAR * soaked.memory[1]:
            found.append(f"memory grew in the second half: {soaked.memory} MB")
    return found + wrong


def main() -> int:
    arguments = parse_arguments()
    delays: list[Delay] = []
    soaked = None
    with (
        serving("serve_backend.py", "--pieces", 10, "--interval", 0.01) as (backend,),
        facade(backend.address, "--concurrency", 16, "--queue", 16) as server,
    ):
        if arguments.delays:
            delays = [delay(server, arguments.delays, 1), delay(server, arguments.delays // 8, 8)]
        wrong = malformed(server, arguments.bodies, arguments.seed)
    if arguments.clients:
        words = ("--concurrency", arguments.clients, "--queue", arguments.clients)
        with (
            serving("serve_backend.py", "--pieces", 20, "--interval", arguments.interval) as (backend,),
            facade(backend.address, *words) as server,
        ):
            soaked = soak(server, arguments.clients, arguments.seconds, arguments.warm)
    figures = {
        "delay": [one.__dict__ for one in delays],
        "malformed": {"bodies": arguments.bodies, "wrong": wrong[:20]},
        "soak": soaked and soaked.__dict__,
    }
    print(json.dumps(figures, indent=2))
    missed = misses(delays, soaked, wrong)
    for line in missed:
        print(f"missed: {line}", file=sys.stderr)
    return 1 if missed else 0


if __name__ == "__main__":
    raise SystemExit(main())
