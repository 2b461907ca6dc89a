"""What servers that misbehave cost: python benchmarks/faults.py.

Solves the same problems twice over loopback sockets: on calm servers, then on servers that refuse,
break and hang by a seed, one of which is killed and comes back. Compares answers, requests and
seconds, and exits with 1 where a bar is missed.
"""

import argparse
import asyncio
import json
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from served import Served, serving
from verdict import REQUESTS_BAR, SAME_BAR, Verdict, judge
from wire import MODEL, question

from vtc_r1 import Solver, Trace
from vtc_r1.backends.openai import OpenAIBackend

RATES = {"refused": 0.10, "broken": 0.05, "hung": 0.02}


class CountingLoop(asyncio.SelectorEventLoop):
    """An event loop that counts the connections that nobody took."""

    refused = 0

    async def create_connection(self, *arguments: Any, **named: Any) -> Any:
        """Connect as ever."""
        try:
            return await super().create_connection(*arguments, **named)
        except ConnectionError:
            self.refused += 1
            raise


@dataclass(frozen=True)
class Run:
    """What one run left.

    Attributes:
        traces: in the order in which they came.
        seconds: from the first request to the last trace.
        fates: requests by what befell them, over all servers, killed ones included.
        refused_connections: connections that no server took.
    """

    traces: list[Trace]
    seconds: float
    fates: Counter[str]
    refused_connections: int

    @property
    def requests(self) -> int:
        """Requests that reached a server."""
        return self.fates.total()


async def solve(servers: Sequence[Served], arguments: argparse.Namespace, *, kill: bool) -> list[Trace]:
    """Solve all problems; the first server goes down once a third of them is done, and comes back."""
    addresses = ",".join(server.address for server in servers)
    backend = OpenAIBackend(addresses, MODEL, timeout=arguments.deadline)
    questions = [question(number) for number in range(arguments.problems)]
    traces, down = [], None
    async with AsyncExitStack() as stack:
        solver = await stack.enter_async_context(Solver(backend=backend))
        async for trace in solver.amap(questions, concurrency=arguments.concurrency):
            traces.append(trace)
            if kill and down is None and 3 * len(traces) >= arguments.problems:
                down = asyncio.create_task(_restart(servers[0], arguments.down))
        if down is not None:
            await down
    return traces


async def _restart(server: Served, seconds: float) -> None:
    server.kill()
    await asyncio.sleep(seconds)
    await asyncio.to_thread(server.start, "--mishap-seed", 1_000_000)


def run(arguments: argparse.Namespace, rates: dict[str, float], *, kill: bool) -> Run:
    """Solve all problems on servers of their own."""
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "requests.txt"
        words = ["--problems", arguments.problems, "--tokens", arguments.tokens, "--pace", arguments.pace]
        words += ["--seed", arguments.seed, "--log", log]
        for kind, rate in rates.items():
            words += [f"--{kind}", rate]
        seeds = [("--mishap-seed", 10 * arguments.seed + at) for at in range(arguments.replicas)]
        with serving("loopback_server.py", *words, each=seeds) as servers:
            loop = CountingLoop()
            began = time.monotonic()
            with asyncio.Runner(loop_factory=lambda: loop) as runner:
                traces = runner.run(solve(servers, arguments, kill=kill))
                seconds = time.monotonic() - began
        lines = log.read_text().splitlines() if log.exists() else []
    return Run(traces, seconds, Counter(line.split()[2] for line in lines), loop.refused)


def compare(calm: Run, rough: Run) -> Verdict:
    return judge(
        {trace.index: trace for trace in calm.traces if trace.index is not None},
        rough.traces,
        requests=rough.requests,
        refused_connections=rough.refused_connections,
        calm_requests=calm.requests,
    )


def table(calm: Run, rough: Run, verdict: Verdict) -> Table:
    shown = Table("", "measured", "bar", title="Misbehaving servers against calm ones")
    most = f"at most {REQUESTS_BAR}×"
    lines = {
        "same answers": (
            f"{verdict.same:,} of {verdict.problems:,}, {verdict.share_same:.2%}",
            f"{SAME_BAR:.1%}",
        ),
        "failed, saying why": (sum(verdict.failed.values()), ""),
        "ended otherwise": (len(verdict.dishonest), "0"),
        "lost, twice": (f"{len(verdict.lost)}, {len(verdict.twice)}", "0, 0"),
        "requests": (
            f"{verdict.requests:,} for {verdict.calm_requests:,}, {verdict.requests_ratio:.2f}×",
            most,
        ),
        "connections that no server took": (verdict.refused_connections, "counted above"),
        "refused, broken, hung": (", ".join(str(rough.fates[kind]) for kind in RATES), ""),
        "seconds": (f"{rough.seconds:.0f} for {calm.seconds:.0f}", ""),
    }
    for name, (measured, bar) in lines.items():
        shown.add_row(name, str(measured), bar)
    return shown


def parse_arguments(words: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--problems", type=int, default=1_000)
    parser.add_argument("--concurrency", type=int, default=64)
    parser.add_argument("--seed", type=int, default=0, help="of the problems and of the mishaps")
    parser.add_argument("--replicas", type=int, default=2, help="servers; the first one is killed")
    parser.add_argument("--tokens", type=int, default=500, help="of a segment")
    parser.add_argument("--pace", type=float, default=0.3, help="seconds that a segment takes")
    parser.add_argument("--deadline", type=float, default=5.0, help="seconds after which silence is given up")
    parser.add_argument("--down", type=float, default=3.0, help="seconds that the killed server stays away")
    parser.add_argument("--no-kill", action="store_true", help="kill no server")
    for kind, rate in RATES.items():
        parser.add_argument(f"--{kind}", type=float, default=rate, help="share of the requests")
    parser.add_argument("--json", action="store_true")
    return parser.parse_args(words)


def report(arguments: argparse.Namespace) -> tuple[Run, Run, Verdict]:
    rates = {kind: getattr(arguments, kind) for kind in RATES}
    calm = run(arguments, {}, kill=False)
    rough = run(arguments, rates, kill=not arguments.no_kill)
    return calm, rough, compare(calm, rough)


def main() -> int:
    arguments = parse_arguments()
    calm, rough, verdict = report(arguments)
    missed = verdict.misses()
    missed += [
        f"{trace.index} on calm servers: {trace.status}, answer {trace.answer}"
        for trace in calm.traces
        if trace.answer != str(trace.index)
    ][:1]
    if arguments.json:
        found = {**asdict(verdict), "share_same": verdict.share_same, "ratio": verdict.requests_ratio}
        found |= {"seconds": rough.seconds, "calm_seconds": calm.seconds, "fates": rough.fates}
        print(json.dumps(found, indent=2))
    else:
        console = Console() if sys.stdout.isatty() else Console(width=120)
        console.print(table(calm, rough, verdict))
        for message, count in verdict.failed.items():
            print(f"{count:6} {message}")
    for line in missed:
        print(f"missed: {line}", file=sys.stderr)
    return 1 if missed else 0


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        raise SystemExit(main())
    raise SystemExit(130)
