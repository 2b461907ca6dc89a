"""How much faster is the embedded model when solves share a batch? The same expressions at each concurrency.

    python benchmarks/in_process.py
    python benchmarks/in_process.py --problems 200 --concurrency 1,8,32 --threads 1,2

`sequential` asks one problem after the other; its answers are those that the others must give. Every line
has a solver of its own, warmed by another problem, so that none profits from what another one kept.
"""

import argparse
import os
import time

from vtc_r1 import Solver
from vtc_r1.eval.drawn import problems


def solve_all(questions: list[str], concurrency: int | None, threads: int) -> tuple[float, list[str | None]]:
    """Seconds that all problems took, and their answers; one after the other without a concurrency."""
    with Solver() as solver:
        solver.backend.threads = threads
        solver.solve("1 + 2 + 3")
        began = time.perf_counter()
        if concurrency is None:
            answers = [solver.solve(question).answer for question in questions]
        else:
            traces = solver.map(questions, concurrency=concurrency)
            answers = [trace.answer for trace in sorted(traces, key=lambda trace: trace.index or 0)]
        return time.perf_counter() - began, answers


def numbers(text: str) -> list[int]:
    return [int(part) for part in text.split(",")]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--problems", type=int, default=200, help="how many expressions (200)")
    parser.add_argument("--seed", type=int, default=11, help="of the expressions (11)")
    parser.add_argument("--concurrency", type=numbers, default=[1, 8, 32], help="solves at once (1,8,32)")
    parser.add_argument("--threads", type=numbers, default=[1], help="CPU threads of the model (1)")
    arguments = parser.parse_args()
    drawn = problems(arguments.problems, arguments.seed)
    questions = [problem.question for problem in drawn]
    print(f"{len(questions)} problems, {os.cpu_count()} CPUs")
    print(f"{'threads':>7} {'concurrency':>12} {'problems/s':>11} {'ratio':>6} {'equal':>6} {'right':>6}")
    alone: tuple[float, list[str | None]] | None = None
    for threads in arguments.threads:
        for concurrency in (None, *arguments.concurrency):
            seconds, answers = solve_all(questions, concurrency, threads)
            alone = alone or (seconds, answers)
            equal = sum(ours == theirs for ours, theirs in zip(answers, alone[1], strict=True))
            right = sum(ours == problem.answer for ours, problem in zip(answers, drawn, strict=True))
            print(
                f"{threads:>7} {concurrency or 'sequential':>12} {len(questions) / seconds:>11.1f} "
                f"{alone[0] / seconds:>6.2f} {equal:>6} {right:>6}",
                flush=True,
            )


if __name__ == "__main__":
    main()
