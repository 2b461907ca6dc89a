"""The arithmetic benchmark of the embedded model: fresh expressions, one row a memory policy.

python -m vtc_r1.eval.arithmetic --n 500 --memory optical,text,hybrid,forget,blank
"""

import argparse
import random
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from vtc_r1.arithmetic import OPERATIONS, draw
from vtc_r1.eval.problem import Problem
from vtc_r1.memory import POLICIES
from vtc_r1.solver import Solver
from vtc_r1.trace import Trace


@dataclass(frozen=True)
class Score:
    """Right answers by the iterations that the problems need: `{needed: (right, problems)}`."""

    memory: str
    by_iterations: dict[int, tuple[int, int]]
    seconds: float
    """Mean seconds of a solve."""

    def accuracy(self, least: int = 1) -> float:
        """Share of right answers among the problems that need at least `least` iterations."""
        counted = [pair for needed, pair in self.by_iterations.items() if needed >= least]
        return sum(right for right, _ in counted) / sum(problems for _, problems in counted)


def problems(n: int, seed: int) -> list[Problem]:
    """Draw `n` problems, as many of each number of operations, their level; no training run uses these seeds."""
    rng = random.Random(f"eval:{seed}")
    drawn = []
    for at in range(n):
        operations = OPERATIONS[at % len(OPERATIONS)]
        expression = draw(rng, operations)
        drawn.append(
            Problem(
                id=str(at),
                question=str(expression),
                answer=str(expression.value),
                level=str(operations),
                subject="arithmetic",
            )
        )
    return drawn


def score(solver: Solver, memory: str, wanted: Sequence[Problem]) -> Score:
    """Solve every problem and count the right answers."""
    by_iterations = {iterations(problem): (0, 0) for problem in wanted}
    seconds = 0.0
    for trace in solver.map((problem.question for problem in wanted), concurrency=1):
        problem = wanted[trace.index or 0]
        right, total = by_iterations[iterations(problem)]
        by_iterations[iterations(problem)] = (right + is_right(trace, problem), total + 1)
        seconds += trace.seconds
        done = sum(total for _, total in by_iterations.values())
        print(f"\r{memory} {done}/{len(wanted)}", end="", file=sys.stderr)
    print(file=sys.stderr)
    return Score(memory, dict(sorted(by_iterations.items())), seconds / len(wanted))


def iterations(problem: Problem) -> int:
    """Return how many iterations the embedded model takes: it does two operations in one segment."""
    return int(problem.level or 0) // 2


def is_right(trace: Trace, problem: Problem) -> bool:
    """Grade by equality: every answer is one integer."""
    return trace.answer == problem.answer


def table(scores: Sequence[Score]) -> str:
    """Format scores as a Markdown table."""
    needs = sorted({needed for row in scores for needed in row.by_iterations})
    counts = {needed: scores[0].by_iterations[needed][1] for needed in needs}
    head = [
        "memory",
        "all",
        *(f"need {needed} ({counts[needed]})" for needed in needs),
        "need ≥ 2",
        "s a solve",
    ]
    lines = ["| " + " | ".join(head) + " |", "|---" * len(head) + "|"]
    for row in scores:
        shares = [right / total for right, total in (row.by_iterations[needed] for needed in needs)]
        cells = [row.accuracy(), *shares, row.accuracy(2)]
        percents = [f"{100 * cell:.1f} %" for cell in cells]
        lines.append("| " + " | ".join([row.memory, *percents, f"{row.seconds:.2f}"]) + " |")
    return "\n".join(lines)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--n", type=int, default=500, help="problems")
    parser.add_argument("--seed", type=int, default=0, help="of the problems")
    parser.add_argument("--memory", default="optical", help=f"any of {', '.join(POLICIES)}, with commas")
    arguments = parser.parse_args()
    drawn = problems(arguments.n, arguments.seed)
    scores = []
    for memory in arguments.memory.split(","):
        with Solver(memory=memory) as solver:
            scores.append(score(solver, memory, drawn))
    print(table(scores))


if __name__ == "__main__":
    main()
