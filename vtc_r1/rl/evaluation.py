"""Evaluation during a run: held-out problems, solved greedily."""

import time
from collections.abc import Sequence

from vtc_r1.eval.runner import answer_text
from vtc_r1.rl.problems import Problems
from vtc_r1.rl.progress import Evaluated, Score
from vtc_r1.rl.rollouts import Rollouts, solve
from vtc_r1.trace import Trace


def evaluate(rollouts: Rollouts, sets: Sequence[Problems], step: int) -> Evaluated:
    """Solve the problems of the sets with the current weights; a failed solve counts as wrong."""
    start = time.monotonic()
    scores = tuple(_score(rollouts, problem_set, step) for problem_set in sets)
    return Evaluated(step, scores, round(time.monotonic() - start, 2))


def _score(rollouts: Rollouts, problem_set: Problems, step: int) -> Score:
    traces, batch_size = list[Trace](), 2 * rollouts.recipe.rows
    questions = [problem.question for problem in problem_set.problems]
    for start in range(0, len(questions), batch_size):
        batch = questions[start : start + batch_size]
        with rollouts.solver(greedy=True, revision=f"step {step}") as solver:
            traces += solve(solver, batch, [0] * len(batch))
    correct = sum(
        problem_set.grader.grade(problem, trace.answer, answer_text(trace)).correct
        for problem, trace in zip(problem_set.problems, traces, strict=True)
    )
    iterations = sum(len(trace.iterations) for trace in traces) / len(traces)
    return Score(problem_set.name, len(traces), correct, round(iterations, 4))
