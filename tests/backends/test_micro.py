"""The shipped checkpoint whose pages hold several steps."""

import random

import pytest

pytest.importorskip("torch", reason="the checkpoint needs the extra local")

from vtc_r1 import Solver
from vtc_r1.backends.embedded import checkpoint
from vtc_r1.exercises import NAMED

pytestmark = pytest.mark.model
MICRO = checkpoint().parent / "micro"
PROBLEMS = 4


def right(memory: str) -> int:
    """How many chains of 18 steps, five segments, are solved."""
    rng = random.Random("micro")
    drawn = [NAMED["chain"].draw(rng, 18) for _ in range(PROBLEMS)]
    with Solver(model=str(MICRO), memory=memory) as solver:
        traces = list(solver.map([each.question for each in drawn], concurrency=PROBLEMS))
    return sum(trace.answer == drawn[trace.index or 0].answer for trace in traces)


def test_half_the_memory_costs_answers_unless_the_first_page_is_kept() -> None:
    assert right("optical") >= PROBLEMS - 1
    assert right("decay:budget=24,first=1") >= PROBLEMS - 1
    assert right("optical:budget=24") <= PROBLEMS // 2
