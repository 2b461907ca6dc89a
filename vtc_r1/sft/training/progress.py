"""What a training run tells of itself."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class TrainingProgress:
    """State of a training run, reported every few steps."""

    step: int
    steps: int
    loss: float | None  #: mean since the one before; None where it is not due yet, but long nothing was told
    seconds: float  #: wall time of this run since it started or resumed
    done_here: int  #: steps done in this run since it started or resumed


@dataclass(frozen=True)
class Evaluated:
    """Held-out problems solved by the loop at one step."""

    step: int
    problems: int
    right: int
    iterations: float  #: mean iterations of a solve
    seconds: float
    failed: int = 0  #: solves that failed; they count as wrong
    error: str = ""  #: why the first of them did


@dataclass(frozen=True)
class Began:
    """What a run is about to do."""

    steps: int
    examples: int
    left_out: int  #: examples over the cutoff
    trained: int
    """Weights that are trained."""
    weights: int
    resumed_from: int  #: step of the save that the run goes on from, 0 for none


Report = Callable[[Began | TrainingProgress | Evaluated], None]
