"""Traces for tests, without a model."""

from vtc_r1.configuration import Budget, ModelRecord, Named, Sampling
from vtc_r1.eval.problem import Problem
from vtc_r1.iteration import Iteration
from vtc_r1.rl.rewards import Solved
from vtc_r1.trace import Trace

PROBLEM = Problem(id="0/7", question="1+1", answer="2")


def solved(
    *, iterations: int = 1, correct: bool = True, status: str = "answered", reason: str = "stop"
) -> Solved:
    """A solve with so many iterations."""
    return Solved(PROBLEM, trace(iterations, "2" if correct else "3", status, reason), correct)


def trace(iterations: int, answer: str, status: str = "answered", reason: str = "stop") -> Trace:
    """The record of a solve with so many iterations."""
    return Trace(
        question=PROBLEM.question,
        status=status,
        answer=answer,
        model=ModelRecord(name="m", backend="b", preset="unknown"),
        prompts=Named(name="nano", sha256=""),
        profile=Named(name="nano", sha256=""),
        sampling=Sampling(),
        budget=Budget(),
        iterations=[
            Iteration(index=at, text=f"</think><answer>{answer}</answer>", finish_reason=reason)
            for at in range(iterations)
        ],
    )
