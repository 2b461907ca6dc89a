"""A small benchmark, and a model in this process that knows it."""

import hashlib
from pathlib import Path
from typing import Any

from tests.scripted import Scripted, Segment
from vtc_r1.eval.benchmark import Benchmark
from vtc_r1.eval.load import LoadedBenchmark
from vtc_r1.eval.problem import Problem
from vtc_r1.eval.setup import EVERYTHING, RunRequest, Selection, Setup
from vtc_r1.settings import Settings
from vtc_r1.solver import Solver

NAMES = ("one", "two", "three", "four", "five", "six")
PROBLEMS = tuple(
    Problem(id=name, question=f"{name} as a digit?", answer=str(at), level="easy" if at < 4 else "hard")
    for at, name in enumerate(NAMES, 1)
)
WRONG = "two"
"""The problem that the model gets wrong."""
GREEDY = {"temperature": 0}
OPEN: list[Solver] = []
"""Solvers made here, which are closed behind each test."""


def loaded(**changes: Any) -> LoadedBenchmark:
    """The benchmark."""
    chosen = Benchmark(**{"name": "digits", "title": "Digits", "grader": "integer", **changes})
    asked = repr((chosen.grader, chosen.rules, PROBLEMS)).encode()
    return LoadedBenchmark(chosen, PROBLEMS, "seed 0", hashlib.sha256(asked).hexdigest())


def reply(request: Any) -> Segment:
    """Work first, then answer; what the sampler's seed is goes into the work."""
    name = str(request.prompt.content[0]).split()[0]
    if len(request.prompt.content) < 3:
        return f"Let me count to {name}, seed {request.sampling.seed}.\n"
    return f"\\boxed{{{0 if name == WRONG else NAMES.index(name) + 1}}}"


def setups(
    out: Path,
    *,
    backend: Scripted | None = None,
    benchmark: LoadedBenchmark | None = None,
    samples: int | None = None,
    selection: Selection = EVERYTHING,
    budget: int | None = None,
    **settings: Any,
) -> list[Setup]:
    """The runs of the benchmark, as a command would set them up."""
    wanted = RunRequest(Settings(**settings), out, selection, samples, budget)
    model = backend or Scripted(reply)
    model.revision = "loaded"
    made = list(wanted.setups([benchmark or loaded()], model))
    OPEN.extend(one.solver for one in made)
    return made


def setup(out: Path, **options: Any) -> Setup:
    """The only run."""
    (only,) = setups(out, **options)
    return only
