"""Evaluation during a run: held-out problems, solved greedily."""

import time
from collections.abc import Sequence

from vtc_r1.eval.runner import answer_text
from vtc_r1.rl.problems import Problems
from vtc_r1.rl.progress import Evaluated, Score
from vtc_r1.rl.rollouts import Rollouts, solve
from vtc_r1.trace import Trace


def evaluate(rollouts: Rollouts, sets: Sequence[Problems], step: int) -> Evaluated:
    """Solve the problems of sets with the network as it is; a failed solve counts as wrong."""
    began = time.monotonic()
    scores = tuple(_score(rollouts, one, step) for one in sets)
    return Evaluated(step, scores, round(time.monotonic() - began, 2))


def _score(rollouts: Rollouts, one: Problems, step: int) -> Score:
    traces, most = list[Trace](), 2 * rollouts.recipe.rows
    questions = [problem.question for problem in one.problems]
    for at in range(0, len(questions), most):
        asked = questions[at : at + most]
        with rollouts.solver(greedy=True, state=f"step {step}") as solver:
            traces += solve(solver, asked, [0] * len(asked))
    right = sum(
        one.grader.grade(problem, trace.answer, answer_text(trace)).correct
        for problem, trace in zip(one.problems, traces, strict=True)
    )
    iterations = sum(len(trace.iterations) for trace in traces) / len(traces)
    return Score(one.name, len(traces), right, round(iterations, 4))
