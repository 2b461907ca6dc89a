"""Whether the client's memory stays flat over many solves: python benchmarks/soak.py --minutes 10.

Solves on a server, each question with a document in a script of its own, random words and formulas, so that
nothing that is drawn was drawn before. Memory is judged once the caches have had their time to fill: by the
growth from the middle third of the time to the last one. Exits with 1 where it is over the bar, or a solve
failed.

    python benchmarks/soak.py --minutes 10                    # on a loopback server
    python benchmarks/soak.py --minutes 10 --base-url http://127.0.0.1:30000/v1 --model NAME
"""

import argparse
import asyncio
import contextlib
import json
import random
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from served import serving
from wire import MODEL, question

from vtc_r1 import Solver
from vtc_r1.documents import Document

BAR = 8.0
"""Most growth in MB."""
_STATUS = Path("/proc/self/status")
_LETTERS = (
    "0041-007A 00C0-024F 0370-03FF 0400-04FF 0531-058F 05D0-05EA 0620-064A 0905-0939 0E01-0E3A 10A0-10FF "
    "1100-11FF 1E00-1EFF 2200-22FF 3041-3096 30A1-30FA 4E00-9FFF AC00-D7A3 13000-1342E 1D400-1D7FF "
    "20000-2A6DF"
)
SCRIPTS = [tuple(int(end, 16) for end in each.split("-")) for each in _LETTERS.split()]
"""First and last character of some scripts, letters or not."""


@dataclass
class Soaked:
    """What was measured; memory in MB, `growth` from the middle third of the time to the last."""

    solves: int = 0
    statuses: Counter[str] = field(default_factory=Counter)
    causes: Counter[str] = field(default_factory=Counter)
    pages: int = 0
    minutes: float = 0.0
    first: float = 0.0
    peak: float = 0.0
    growth: float = 0.0


def document(chance: random.Random) -> Document:
    """A short text that no other is like."""
    first, last = chance.choice(SCRIPTS)
    words = (
        "".join(chr(chance.randint(first, last)) for _ in range(chance.randint(1, 9))) for _ in range(30)
    )
    formula = rf"$\frac{{{chance.getrandbits(30)}}}{{x_{{{chance.getrandbits(20)}}}^2}}$"
    return Document.of_text(f"{formula} {' '.join(words)}", f"{chance.getrandbits(40)}.txt")


async def soak(solver: Solver, arguments: argparse.Namespace) -> Soaked:
    """Solve until the time is up."""
    found, chance, began = Soaked(), random.Random(arguments.seed), time.monotonic()
    until, samples = began + 60 * arguments.minutes, list[tuple[float, float]]()

    async def solves() -> None:
        while (now := time.monotonic()) < until:
            trace = await solver.asolve(question(chance.randrange(500)), document(chance))
            found.solves += 1
            found.statuses[trace.status] += 1
            found.causes.update([trace.cause] if trace.cause else [])
            found.pages += len(trace.pages)
            samples.append((now - began, resident()))

    await asyncio.gather(*(solves() for _ in range(arguments.concurrency)))
    third = (time.monotonic() - began) / 3
    middle = median(memory for at, memory in samples if third <= at < 2 * third)
    late = median(memory for at, memory in samples if at >= 2 * third)
    found.minutes = round(3 * third / 60, 2)
    found.first, found.peak = samples[0][1], max(memory for _, memory in samples)
    found.growth = round(late - middle, 1)
    return found


def resident() -> float:
    """Resident memory in MB."""
    line = next(line for line in _STATUS.read_text().splitlines() if line.startswith("VmRSS"))
    return round(int(line.split()[1]) / 1024, 1)


@contextlib.contextmanager
def server(arguments: argparse.Namespace) -> Iterator[str]:
    """The address of the server that is named, or of one that says canned segments."""
    if arguments.base_url:
        yield arguments.base_url
        return
    with serving("loopback_server.py", "--tokens", 200, "--segments", 2, "--pace", 0.05) as (running,):
        yield running.address


async def measure(arguments: argparse.Namespace) -> Soaked:
    """Run the solves on a server."""
    with server(arguments) as address:
        options = {"preset": "qwen3-vl-instruct", "max_iterations": 2, "server_wait": arguments.server_wait}
        limits = {"segment_tokens": arguments.segment_tokens}
        async with Solver(base_url=address, model=arguments.model, **options, **limits) as solver:
            return await soak(solver, arguments)


def parse_arguments(words: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--concurrency", type=int, default=8)
    parser.add_argument("--base-url", help="/v1 address of a server; a loopback server without it")
    parser.add_argument("--model", default=MODEL)
    parser.add_argument("--segment-tokens", type=int, default=8_192)
    parser.add_argument("--server-wait", type=float, default=180.0, help="seconds to wait for the server")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    return parser.parse_args(words)


def main() -> int:
    arguments = parse_arguments()
    found = asyncio.run(measure(arguments))
    if arguments.json:
        print(json.dumps(vars(found)))
    else:
        named = ", ".join(f"{count} {status}" for status, count in found.statuses.items())
        print(f"{found.solves} solves ({named}), {found.pages} pages, {found.minutes:g} minutes")
        print(
            f"memory {found.first} MB at first, {found.peak} at most; grew by {found.growth} MB (bar {BAR:g})"
        )
    return int(found.growth > BAR or found.statuses["failed"] > 0)


if __name__ == "__main__":
    sys.exit(main())
