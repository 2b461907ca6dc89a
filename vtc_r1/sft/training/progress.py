"""What a training run tells of itself."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class TrainingProgress:
    """State of a training run, reported every few steps."""

    step: int
    steps: int
    loss: float | None
    """Mean since the one before; None if it is not due yet, but long nothing was told."""
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
    """Why the first of them did."""


@dataclass(frozen=True)
class TrainingStarted:
    """What a run is about to do."""

    steps: int
    examples: int
    left_out: int
    """Examples over the cutoff."""
    trained: int
    """Weights that are trained."""
    weights: int
    resumed_from: int
    """Step of the save that the run goes on from, 0 for none."""


Report = Callable[[TrainingStarted | TrainingProgress | EvaluationFinished], None]
