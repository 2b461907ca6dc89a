"""Whether the real client keeps what loop.py promises: python benchmarks/loop_sockets.py.

Starts simulated_server.py in a process of its own and solves its problems over real sockets with
`Solver.amap`: real prompts, pages, streams and parsing. Prints the throughput in simulated seconds
beside that of the simulated client at the compression ratio that the pages really had.
"""

import argparse
import asyncio
import json
import time
from dataclasses import dataclass

from replica import Parameters
from schedules import run
from served import serving
from wire import MODEL, question
from workload import Workload

from vtc_r1 import Solver, Trace


@dataclass(frozen=True)
class Solved:
    """What the real client did; seconds are real ones.

    Attributes:
        traces: one a problem.
        seconds: from the first request to the last answer.
        cpu: processor seconds of the client, drawing included.
    """

    traces: list[Trace]
    seconds: float
    cpu: float


async def solve(address: str, problems: int, concurrency: int) -> Solved:
    questions = [question(number) for number in range(problems)]
    async with Solver(base_url=address, model=MODEL) as solver:
        began, cpu = time.monotonic(), time.process_time()
        traces = [trace async for trace in solver.amap(questions, concurrency=concurrency)]
        return Solved(traces, time.monotonic() - began, time.process_time() - cpu)


def compression(traces: list[Trace]) -> float:
    """Text tokens of the kept segments over the vision tokens of their pages."""
    kept = [iteration for trace in traces for iteration in trace.iterations if iteration.pages]
    pages = sum(page.vision_tokens for iteration in kept for page in iteration.pages)
    return sum(iteration.usage.completion_tokens for iteration in kept) / pages if pages else 1.0


def report(problems: int, concurrency: int, speed: float) -> dict[str, float]:
    words = ("--problems", problems, "--slots", concurrency, "--speed", speed)
    with serving("simulated_server.py", *words) as (server,):
        solved = asyncio.run(solve(server.address, problems, concurrency))
    traces = solved.traces
    right = sum(trace.answer == str(trace.index) for trace in traces)
    iterations = sum(len(trace.iterations) for trace in traces)
    ratio = compression(traces)
    drawn = Workload(problems=problems).draw()
    expected = run("continuous", drawn, Parameters(slots=concurrency, compression=ratio))
    measured = problems / (solved.seconds * speed)
    return {
        "problems": problems,
        "concurrency": concurrency,
        "speed": speed,
        "right": right,
        "iterations": iterations,
        "iterations_expected": sum(map(len, drawn)),
        "problems_a_second": measured,
        "problems_a_second_simulated": problems / expected.seconds,
        "kept": measured * expected.seconds / problems,
        "compression": ratio,
        "cpu_ms_an_iteration": 1e3 * solved.cpu / iterations,
    }


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--problems", type=int, default=200)
    parser.add_argument("--concurrency", type=int, default=64)
    parser.add_argument("--speed", type=float, default=10.0, help="simulated seconds a second")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    found = report(arguments.problems, arguments.concurrency, arguments.speed)
    if arguments.json:
        print(json.dumps(found, indent=2))
    else:
        for key, value in found.items():
            print(f"{key:28} {value:,.3f}".rstrip("0").rstrip("."))
    return 0 if found["right"] == arguments.problems else 1


if __name__ == "__main__":
    raise SystemExit(main())
