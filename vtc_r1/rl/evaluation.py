"""Evaluation during a run: held-out problems, solved greedily."""

import time
from collections.abc import Sequence

from vtc_r1.rl.problems import Problems
from vtc_r1.rl.progress import Evaluated, Score
from vtc_r1.rl.rollouts import Rollouts


def evaluate(rollouts: Rollouts, sets: Sequence[Problems], step: int) -> Evaluated:
    """Solve the problems of the sets with the current weights; a failed solve counts as wrong."""
    start = time.monotonic()
    scores = tuple(_score(rollouts, problem_set, step) for problem_set in sets)
    return Evaluated(step, scores, round(time.monotonic() - start, 2))


def _score(rollouts: Rollouts, problem_set: Problems, step: int) -> Score:
    questions = [problem.question for problem in problem_set.problems]
    solves = rollouts.solve_all(questions, [0] * len(questions), greedy=True, revision=f"step {step}")
    traces = [trace for trace, _ in solves]
    correct = sum(map(problem_set.is_correct, problem_set.problems, traces))
    iterations = sum(len(trace.iterations) for trace in traces) / len(traces)
    return Score(problem_set.name, len(traces), correct, round(iterations, 4))
