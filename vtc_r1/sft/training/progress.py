"""Progress events of a training run."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class TrainingProgress:
    """State of a training run, reported every few steps."""

    step: int
    steps: int
    loss: float | None
    """Mean since the last report; None if it is not due, but nothing was reported for long."""
    seconds: float
    """Wall time of this run since it started or resumed."""
    done_here: int
    """Steps done in this run since it started or resumed."""


@dataclass(frozen=True)
class EvaluationFinished:
    """Held-out problems solved by the loop at one step."""

    step: int
    problems: int
    right: int
    iterations: float
    """Mean iterations of a solve."""
    seconds: float
    failed: int = 0
    """Solves that failed; they count as wrong."""
    error: str = ""
    """Error of the first of them."""


@dataclass(frozen=True)
class TrainingStarted:
    """A run starts."""

    steps: int
    examples: int
    left_out: int
    """Examples over the cutoff."""
    trained: int
    """Number of trained weights."""
    weights: int
    resumed_from: int
    """Step of the save from which the run resumes, 0 for none."""


Report = Callable[[TrainingStarted | TrainingProgress | EvaluationFinished], None]
